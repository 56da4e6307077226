# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trend, TLS versions, how much was refused, antivirus against measurement, and what changed since the previous run."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import OBSOLETE_PROTOCOLS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.bars import ranked
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.section import Section
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.text import escape, table
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import CHANGE_ROWS

# Runs in the table of the trend; fleet.json has all that the history gives.
_RUN_ROWS = 12


class OverTime(Section):
    """What the page draws, in words and tables."""

    def trend(self) -> list[str]:
        """Days in one sentence, runs in a table."""
        lines = [*self.heading("trend.heading"), escape(self.words.days()), "", f"### {self.e('trend.runs_heading')}", ""]
        runs = self.fleet.runs
        if len(runs) < 2:
            return [*lines, self.e("trend.first_run"), ""]
        rows = (
            [
                escape(self.words.run_day(run)), escape(self.f.percent(run.external_tls)), escape(self.f.per_day(run.unscanned_per_day)),
                self.count(run.antivirus_working.part), escape(self.f.percent(run.coverage)),
            ]
            for run in runs[-_RUN_ROWS:]
        )
        return [*lines, *table(["", *(self.e(f"kpi.{name}") for name in ("tls", "unscanned", "antivirus", "coverage"))], rows, 1)]

    def versions(self) -> list[str]:
        """TLS versions of inbound sessions."""
        lines = [*self.heading("versions.heading"), self.e("versions.note"), ""]
        parts = ranked(self.fleet.protocols)
        if not parts:
            return [*lines, self.e("versions.empty"), ""]
        rows = (
            [
                escape(part.name) + (f" ({self.e('versions.obsolete')})" if part.name in OBSOLETE_PROTOCOLS else ""),
                self.count(part.count), escape(self.f.percent(part.share)),
            ]
            for part in parts
        )
        return [*lines, *table(["", "", "%"], rows, 1)]

    def spam(self) -> list[str]:
        """How much of what arrived was refused."""
        lines = [*self.heading("spam.heading"), self.e("spam.note"), ""]
        refusals = self.words.refusals()
        if not refusals:
            return [*lines, self.e("spam.empty"), ""]
        return [*lines, *table(["", "%", ""], ([escape(line.name), escape(line.percent), escape(line.counts)] for line in refusals), 1)]

    def matrix(self) -> list[str]:
        """Antivirus against measurement."""
        columns = [f"{self.e('table.log')}: {self.e('visibility.' + name)}" for name in ("complete", "partial", "none", "no_data")]
        rows = ([self.e(f"antivirus.{state}"), *map(self.count, counts), self.count(sum(counts))] for state, counts in self.fleet.matrix)
        lines = [*self.heading("matrix.heading"), *table([self.e("matrix.antivirus"), *columns, self.e("matrix.total")], rows, 1)]
        probes = self.words.probe_counts()
        return [*lines, f"{self.e('probe.heading')}: {escape(probes)}", ""] if probes else lines

    def changes(self) -> list[str]:
        """What changed since the previous run."""
        lines = self.heading("changes.heading")
        changes = self.fleet.changes
        if changes is None:
            return [*lines, self.e("changes.first_run"), ""]
        lines += [escape(self.words.compared()), ""]
        if changes.hosts:
            rows = (
                [escape(change.host), self.e(f"status.{change.before}"), self.e(f"status.{change.after}"), escape(self.words.changed(change))]
                for change in changes.hosts[:CHANGE_ROWS]
            )
            lines += table([self.e(f"changes.{name}") for name in ("server", "before", "now", "unscanned")], rows, 3)
            if len(changes.hosts) > CHANGE_ROWS:
                more = len(changes.hosts) - CHANGE_ROWS
                lines += [escape(self.n("changes.more", more, count=self.count(more))), ""]
        else:
            lines += [self.e("changes.none"), ""]
        for sentence in self.words.came_and_went():
            lines += [escape(sentence), ""]
        return lines
