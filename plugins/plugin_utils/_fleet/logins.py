# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins to mail boxes (Dovecot), added up over the fleet: the same question as for SMTP, on the clients' side."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, sum_known
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host


@dataclass(frozen=True)
class Logins:
    """Logins by one protocol. Those from the server itself are apart; ``unknown`` could not be told apart."""

    protocol: str
    hosts: int
    tls: int | None
    plaintext: int | None
    local: int | None
    unknown: int | None

    @property
    def share(self) -> Share:
        """TLS among logins over TLS and in plaintext."""
        if self.tls is None or self.plaintext is None:
            return Share(None, None, self.unknown or 0)
        return Share(self.tls, self.tls + self.plaintext, self.unknown or 0)


def fleet_logins(hosts: list[Host]) -> list[Logins]:
    """One entry per protocol that any host's log names, in the order of their names."""
    seen = [host.logins for host in hosts]
    names = sorted({name for logins in seen for name in logins})
    return [
        Logins(name, sum(name in logins for logins in seen), *(
            sum_known(logins[name].get(part) for logins in seen if name in logins)
            for part in ("tls", "plaintext", "local", "unknown")
        ))
        for name in names
    ]
