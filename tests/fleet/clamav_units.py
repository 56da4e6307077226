# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of ClamAV's units run on a server, or would when it boots, and whether Postfix has mail scanned by it."""

from __future__ import annotations

import time

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_host

from .fleet import Fleet

OFF: list[str] = []
# Not clamav-clamonacc, which nobody starts.
_ASK = """
for unit in clamav-freshclam clamav-milter clamav-daemon clamav-daemon.socket mailfleet-undo.timer; do
  systemctl --quiet is-active $unit && echo $unit runs
  systemctl --quiet is-enabled $unit 2> /dev/null && echo $unit boots
done
"""


def units(server: debian_host.Server) -> list[str]:
    """OFF where there are none."""
    return server.run(_ASK, check=False).stdout.splitlines()


def until(fleet: Fleet, host: str, wanted: bool, seconds: float) -> None:
    """Wait until Postfix's configuration has ClamAV in it, or has it no more."""
    deadline = time.monotonic() + seconds
    look = f"for unused in $(seq 100); do {'' if wanted else '!'} grep -q '^smtpd_milters.*clamav' /etc/postfix/main.cf && exit 0; sleep 0.2; done; exit 1"
    while fleet.hosts[host].run(look, check=False).returncode:
        assert time.monotonic() < deadline, f"{host}: smtpd_milters {'lacks' if wanted else 'still has'} ClamAV after {seconds} s"
