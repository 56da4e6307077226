# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs with exactly the sessions of the published table give exactly the published table, by the audit and by hand."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.tests.generators.centos6_log import SERVERS, generate


def by_hand(folder: pathlib.Path, message: str) -> int:
    """Count as the administrator did, who had no compressed logs; zcat -f passes plain files on."""
    command = f"zcat -f {folder}/maillog* | fgrep 'postfix/smtpd[' | grep '{message}' | wc -l"
    return int(subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("name", ["A", "C"])
def test_published_figures(name: str, tmp_path: pathlib.Path) -> None:
    server = SERVERS[name]
    generate(name, tmp_path)
    facts = audit_logs([str(tmp_path / "maillog*")], internal_networks=["10.0.0.0/8"], timezone="UTC")
    total, external = (facts["inbound"][scope]["sessions"] for scope in ("total", "external"))
    assert (total["total"], total["tls"], external["total"], external["tls"]) == (server.total, server.tls, server.external, server.external_tls)
    assert (total["unknown"], total["tls_failed"]) == (0, 0)
    assert (round(100 * total["tls"] / total["total"]), round(100 * external["tls"] / external["total"])) == (server.percent, server.external_percent)
    assert (facts["period"]["first"][:10], facts["period"]["last"][:10]) == (server.first.isoformat(), server.last.isoformat())
    assert facts["period"]["days_with_logs"] == (server.last - server.first).days + 1
    assert facts["coverage"]["tls_visibility"] == "complete"
    assert facts["coverage"]["notices"] == [] or {notice["kind"] for notice in facts["coverage"]["notices"]} == {"shortened"}
    assert by_hand(tmp_path, ": disconnect from") == server.total
    assert by_hand(tmp_path, ": setting up TLS") == server.tls
