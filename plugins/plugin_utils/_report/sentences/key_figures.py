# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four figures at the top, each with what it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.over_time import OverTime


@dataclass(frozen=True)
class KeyFigure:
    """One of the four figures at the top: its name, its value, and what it is made of."""

    key: str
    name: str
    value: str
    details: tuple[str, ...]
    alarming: bool = False
    share: Share | None = None
    change: str = ""


class KeyFigures(OverTime):
    """The key figures."""

    def key_figures(self) -> list[KeyFigure]:
        """The four figures."""
        fleet, cat, fmt = self.fleet, self.catalogue, self.format
        changes = fleet.changes
        tls, working, coverage = fleet.external_tls, fleet.antivirus_working, fleet.coverage
        tls_details: tuple[str, ...] = (cat.text("kpi.tls_none"),)
        if tls.whole:
            tls_details = (cat.plural("kpi.tls_detail", tls.whole, part=fmt.count(tls.part), whole=fmt.count(tls.whole)),)
            if tls.unknown:
                tls_details += (cat.text("kpi.tls_unknown", unknown=fmt.count(tls.unknown)),)
        unscanned_details: tuple[str, ...] = (cat.text("kpi.unscanned_detail"),)
        if fleet.unscanned is not None:
            unscanned_details += (cat.text("kpi.unscanned_total", messages=fmt.count(fleet.unscanned)),)
        antivirus_detail = cat.text("kpi.antivirus_none")
        if working.whole:
            antivirus_detail = cat.plural(
                "kpi.antivirus_detail", working.whole, part=fmt.count(working.part), count=fmt.count(working.whole),
            )
        return [
            KeyFigure("tls", cat.text("kpi.tls"), fmt.percent(tls), tls_details, share=tls,
                      change=self.delta(changes and changes.tls_percent, "points")),
            KeyFigure(
                "unscanned", cat.text("kpi.unscanned"), fmt.per_day(fleet.unscanned_per_day), unscanned_details,
                alarming=bool(fleet.unscanned), change=self.delta(changes and changes.unscanned_per_day, "per_day"),
            ),
            KeyFigure(
                "antivirus", cat.text("kpi.antivirus"), fmt.count(working.part) if working.whole else fmt.dash,
                (antivirus_detail,), share=working, change=self.delta(changes and changes.antivirus_working, "servers"),
            ),
            KeyFigure("coverage", cat.text("kpi.coverage"), fmt.percent(coverage), (cat.plural(
                "kpi.coverage_detail", coverage.whole or 0, part=fmt.count(coverage.part), count=fmt.count(coverage.whole),
            ),), share=coverage, change=self.delta(changes and changes.coverage, "servers")),
        ]
