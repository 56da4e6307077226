# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A known mix of sessions, and what an audit has to count of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root

from .fleet import ADDRESSES, USER, Fleet

CLIENT = """
import sys
sys.path.insert(0, 'collections')
from ansible_collections.mailfleet.tls_audit.tests.generators.scenarios.smtp_client import Session
source, server, to = sys.argv[1:4]
plaintext, tls, failed, unknown = (int(word) for word in sys.argv[4:])
def session():
    return Session('mix', source, server, 25).greet()
for _ in range(plaintext):
    with session() as open:
        assert open.mail(to), open.record
        open.quit()
for _ in range(tls):
    with session() as open:
        assert open.starttls() and open.mail(to), open.record
        open.quit()
for _ in range(failed):
    with session() as open:
        assert not open.starttls(verify=True), open.record
for _ in range(unknown):
    with session() as open:
        assert not open.mail('nobody.' + to), open.record
        open.quit()
"""


@dataclass(frozen=True)
class Mix:
    """How many sessions of each kind. Each of the first two brings one message; one with an unknown user is plaintext, too."""

    plaintext: int
    tls: int
    failed: int
    unknown_user: int

    def send(self, fleet: Fleet, where: str, source: str, host: str) -> None:
        """Send it to a server from a network."""
        words = (source, ADDRESSES[host], f"{USER}@{host}.example.org", self.plaintext, self.tls, self.failed, self.unknown_user)
        subprocess.run([*fleet.at(where), sys.executable, "-c", CLIENT, *map(str, words)], cwd=debian_root.ROOT, check=True, timeout=120)

    def counts(self) -> dict[str, Any]:
        """What an audit says of a scope in which nothing else happened."""
        plaintext = self.plaintext + self.unknown_user
        return {
            "sessions": {"total": plaintext + self.tls + self.failed, "tls": self.tls, "plaintext": plaintext, "tls_failed": self.failed, "unknown": 0},
            "messages": {"total": self.plaintext + self.tls, "tls": self.tls, "plaintext": self.plaintext, "unknown": 0},
            "rejected": {"total": self.unknown_user, "tls": 0, "plaintext": self.unknown_user, "unknown": 0, "unknown_user": self.unknown_user},
        }


def added(one: Mix, other: Mix) -> Mix:
    """Both together."""
    return Mix(one.plaintext + other.plaintext, one.tls + other.tls, one.failed + other.failed, one.unknown_user + other.unknown_user)
