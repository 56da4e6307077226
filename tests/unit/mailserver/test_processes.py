# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of a host are all seen, however many there are."""

from __future__ import annotations

import pathlib

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host


def test_a_daemon_behind_a_thousand_others_is_seen(tmp_path: pathlib.Path) -> None:
    for number in range(1, 1001):
        (tmp_path / "proc" / str(number)).mkdir(parents=True)
        (tmp_path / "proc" / str(number) / "cmdline").write_bytes(b"")
    (tmp_path / "proc/999/cmdline").write_bytes(b"/usr/sbin/clamd\0--foreground\0")
    (tmp_path / "proc/sys").mkdir()
    host = Host(str(tmp_path))
    assert host.processes() == [["/usr/sbin/clamd", "--foreground"]]
    assert host.runs("clamd") and not host.runs("clamav-milter")


def test_a_host_without_proc_has_no_processes_to_see(tmp_path: pathlib.Path) -> None:
    assert Host(str(tmp_path)).processes() == []
