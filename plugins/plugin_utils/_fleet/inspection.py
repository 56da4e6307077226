# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where mail from outside was, or was not, inspected."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import sum_known
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host


@dataclass(frozen=True)
class Inspection:
    """What became of accepted and refused mail from outside, on measured hosts. None: no host counts it."""

    tls_unscanned: int
    tls_unchecked: int
    tls_scanned: int
    plaintext: int
    unknown: int
    rejected_unknown_user: int
    rejected_other: int

    def parts(self) -> list[tuple[str, int]]:
        """Name and count of each part, in the order of the picture."""
        return [(name, getattr(self, name)) for name in self.__dataclass_fields__]

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(count for _name, count in self.parts())


def inspection_of(measured: list[Host]) -> Inspection:
    """The sums over the measured hosts."""
    def total(kind: str, part: str) -> int:
        return sum_known(host.counts("external", kind).get(part) for host in measured) or 0

    unknown_user = total("rejected", "unknown_user")
    return Inspection(
        tls_unscanned=sum_known(host.unscanned for host in measured) or 0,
        tls_unchecked=sum_known(host.unchecked for host in measured) or 0,
        tls_scanned=sum(host.tls_messages or 0 for host in measured if host.scanned),
        plaintext=total("messages", "plaintext"),
        unknown=total("messages", "unknown"),
        rejected_unknown_user=unknown_user,
        rejected_other=max(total("rejected", "total") - unknown_user, 0),
    )
