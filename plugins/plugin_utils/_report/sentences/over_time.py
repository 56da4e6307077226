# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of days, runs and changes."""

from __future__ import annotations

from dataclasses import dataclass
from collections.abc import Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.changes import FigureChange, HostChange
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.run_figures import RunFigures
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.words import Words

# Names of servers without a record that a sentence lists; more are counted.
_NAMED = 5


@dataclass(frozen=True)
class Refusal:
    """One line of the spam view."""

    key: str
    name: str
    share: Share
    percent: str
    counts: str
    label: str


class OverTime(Words):
    """Trend, changes, and how much was refused."""

    def days(self) -> str:
        """The daily line in words, for those who do not see it."""
        days, fmt = self.fleet.days, self.format
        known = [day for day in days if day.share.percent is not None]
        if not known:
            return self.catalogue.text("trend.empty")
        ordered = sorted(known, key=lambda day: day.share.percent or 0)
        return self.catalogue.text(
            "trend.days", days=self.in_days(len(days)), first=fmt.day(days[0].date), last=fmt.day(days[-1].date),
            lowest=fmt.percent(ordered[0].share), highest=fmt.percent(ordered[-1].share), newest=fmt.percent(known[-1].share),
            low=fmt.count(sum(day.low for day in days)),
        )

    def runs(self) -> str:
        """The runs' columns in words."""
        runs = self.fleet.runs
        values = "; ".join(
            self.catalogue.text("trend.run", day=self.run_day(run), daily=self.format.per_day(run.unscanned_per_day)) for run in runs
        )
        return self.catalogue.text("trend.runs", count=self.format.count(len(runs)), values=values)

    def run_day(self, run: RunFigures) -> str:
        """The day of a run, with its time where there was another one on that day."""
        several = sum(other.moment.date() == run.moment.date() for other in self.fleet.runs) > 1
        return self.format.moment(run.generated) if several else self.format.day(run.moment)

    def run_ticks(self, runs: Sequence[RunFigures], indexes: Sequence[int]) -> list[str]:
        """Short names on an axis that names the runs of these indexes: the day, or the time alone of a run on the day that was just named."""
        moments = [runs[index].moment for index in indexes]
        days = [None, *(moment.date() for moment in moments)]
        return [
            f"{moment:%H:%M}" if moment.date() == before else self.format.short_day(moment) for moment, before in zip(moments, days, strict=False)
        ]

    def delta(self, change: FigureChange | None, unit: str) -> str:
        """A key figure's change since the previous run, in points, messages a day or servers; empty where the runs cannot be compared."""
        if change is None or change.delta is None:
            return ""
        if change.delta == 0:
            return self.catalogue.text("changes.delta_same")
        size, fmt = abs(change.delta), self.format
        if unit == "servers":
            words = self.catalogue.plural("changes.servers", round(size), count=fmt.count(round(size)))
        else:
            words = self.catalogue.text(f"changes.{unit}", number=fmt.size(size) if unit == "points" else fmt.per_day(size))
        return self.catalogue.text("changes.delta", change=fmt.signed(words, change.delta > 0))

    def host_points(self, name: str) -> float | None:
        """A server's change of its external TLS share in percentage points; None where the runs cannot be compared."""
        changes = self.fleet.changes
        return None if changes is None else changes.points.get(name)

    def changed(self, change: HostChange) -> str:
        """Unscanned messages a day before and after."""
        return self.catalogue.text(
            "changes.from_to", before=self.format.per_day(change.unscanned_before), after=self.format.per_day(change.unscanned_after),
        )

    def compared(self) -> str:
        """What the changes are measured against; empty without an earlier run."""
        changes = self.fleet.changes
        if changes is None:
            return ""
        day, hosts = self.format.day(parse_moment(changes.previous.generated)), changes.tls_percent.hosts
        if not hosts:
            return self.catalogue.text("changes.note_none", day=day)
        return self.catalogue.plural("changes.note", hosts, day=day, count=self.format.count(hosts))

    def came_and_went(self) -> list[str]:
        """The servers that are in one of the two runs alone; none without an earlier run."""
        changes = self.fleet.changes
        if changes is None:
            return []
        return [
            self.catalogue.plural(f"changes.{key}", len(names), count=self.format.count(len(names)), names=self._names(names))
            for key, names in (("added", changes.added), ("gone", changes.removed)) if names
        ]

    def _names(self, names: list[str]) -> str:
        shown = self.catalogue.text("language.comma").join(names[:_NAMED])
        return shown + " …" if len(names) > _NAMED else shown

    def refusals(self) -> list[Refusal]:
        """How much was refused; empty when no server counts it."""
        view = self.fleet.spam
        lines = []
        for key in ("plaintext", "without_mail", "tls", "unknown_user"):
            share: Share = getattr(view, key)
            if share.part is not None and share.whole:
                name, percent = self.catalogue.text(f"spam.{key}"), self.format.percent(share)
                if key == "without_mail":
                    percent = self.catalogue.text("language.at_least", value=percent)
                part, whole = self.format.count(share.part), self.format.count(share.whole)
                lines.append(Refusal(
                    key, name, share, percent, self.catalogue.text("spam.of", part=part, whole=whole),
                    self.catalogue.text("spam.label", name=name, percent=percent, part=part, whole=whole),
                ))
        return lines
