# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed since the run before. Figures are compared only over the hosts that both runs could measure: otherwise turning on a log
would look like a change of the mail."""

from __future__ import annotations

from dataclasses import dataclass
from collections.abc import Callable, Iterable

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, rounded, sum_shares
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.run_figures import HostFigures, RunFigures, RunSummary
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import SEVERITY

BETTER, WORSE, OTHER = "better", "worse", "other"


@dataclass(frozen=True)
class FigureChange:
    """A figure before and after over the same hosts; None where no host allows the comparison."""

    before: float | None
    after: float | None
    hosts: int

    @property
    def delta(self) -> float | None:
        """After minus before."""
        return None if self.before is None or self.after is None else rounded(self.after - self.before)


@dataclass(frozen=True)
class HostChange:
    """One server whose status is another one now. Per day: external TLS messages without working antivirus."""

    host: str
    before: str
    after: str
    unscanned_before: float | None
    unscanned_after: float | None

    @property
    def direction(self) -> str:
        """better, worse, or other where one side was not audited: then nothing is known to have changed."""
        if "not_audited" in (self.before, self.after):
            return OTHER
        return WORSE if SEVERITY[self.after] > SEVERITY[self.before] else BETTER


@dataclass(frozen=True)
class Changes:
    """All that differs between the previous run and this one."""

    previous: RunFigures
    hosts: list[HostChange]
    added: list[str]
    removed: list[str]
    # External TLS share in per cent, over the hosts measured in both runs.
    tls_percent: FigureChange
    # External TLS messages a day without working antivirus, over the hosts for which both runs know it.
    unscanned_per_day: FigureChange
    # Servers with working antivirus, of those whose antivirus both runs saw.
    antivirus_working: FigureChange
    # Servers with complete TLS logs, of those that are in both runs.
    coverage: FigureChange
    # Per host measured in both: change of its external TLS share in percentage points.
    points: dict[str, float]

    def of(self, direction: str) -> list[HostChange]:
        """The changed servers of one direction."""
        return [change for change in self.hosts if change.direction == direction]


_Pairs = list[tuple[HostFigures, HostFigures]]


def compare(previous: RunSummary, now: Iterable[HostFigures]) -> Changes:
    """The changes from the previous run to the hosts as they are now."""
    current = {host.host: host for host in now}
    pairs = [(previous.hosts[name], host) for name, host in current.items() if name in previous.hosts]
    measured = [pair for pair in pairs if all(host.measured and host.external_tls.part is not None for host in pair)]
    changed = [
        HostChange(after.host, before.status, after.status, before.unscanned_per_day, after.unscanned_per_day)
        for before, after in pairs if before.status != after.status
    ]
    order = (WORSE, BETTER, OTHER)
    changed.sort(key=lambda change: (
        order.index(change.direction), -max(change.unscanned_before or 0, change.unscanned_after or 0), change.host,
    ))
    return Changes(
        previous.figures, changed,
        sorted(set(current) - set(previous.hosts)), sorted(set(previous.hosts) - set(current)),
        tls_percent=_percent(measured),
        unscanned_per_day=_summed(pairs, lambda host: host.unscanned_per_day),
        antivirus_working=_summed(pairs, lambda host: None if host.antivirus == "unknown" else float(host.antivirus == "working")),
        coverage=_summed(pairs, lambda host: float(host.measured and host.tls_visibility == "complete")),
        points=_points(measured),
    )


def _summed(pairs: _Pairs, value: Callable[[HostFigures], float | None]) -> FigureChange:
    known = [(value(before), value(after)) for before, after in pairs]
    both = [(before, after) for before, after in known if before is not None and after is not None]
    if not both:
        return FigureChange(None, None, 0)
    # Sorted, so that the same hosts in another order give the same last digit.
    return FigureChange(
        rounded(sum(sorted(before for before, _after in both))), rounded(sum(sorted(after for _before, after in both))), len(both),
    )


def _percent(measured: _Pairs) -> FigureChange:
    before = sum_shares(before.external_tls for before, _after in measured)
    after = sum_shares(after.external_tls for _before, after in measured)
    return FigureChange(rounded(before.percent), rounded(after.percent), len(measured))


def _points(measured: _Pairs) -> dict[str, float]:
    points = {}
    for before, after in measured:
        old, new = (Share(host.external_tls.part, host.external_tls.whole).percent for host in (before, after))
        if old is not None and new is not None:
            points[after.host] = rounded(new - old) or 0.0
    return points
