# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the newest run came to: servers that it left out keep the record of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host


@dataclass(frozen=True)
class RunScope:
    """The newest run among the records. ``earlier``: hosts with a record of another run (--limit, slices of several control nodes)."""

    run_id: str
    current: list[Host]
    earlier: list[Host]

    @property
    def not_reached(self) -> list[Host]:
        """Hosts that this run came to and could not audit."""
        return [host for host in self.current if not host.audited]

    @property
    def partial(self) -> bool:
        """Whether the figures rest in part on other runs, or lack servers."""
        return bool(self.earlier or self.not_reached)


def run_scope(hosts: list[Host], newest: Host | None) -> RunScope | None:
    """The scope of the newest record's run; None without records."""
    if newest is None:
        return None
    run_id = newest.record["run_id"]
    return RunScope(
        run_id, [host for host in hosts if host.record["run_id"] == run_id],
        [host for host in hosts if host.record["run_id"] != run_id],
    )
