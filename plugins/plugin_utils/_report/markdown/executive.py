# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part for those who decide: verdict, key figures, where mail was inspected, what to do next."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.bars import stacked
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.section import Section
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.text import code, escape, table


class Executive(Section):
    """Up to what to do next."""

    def head(self, title: str) -> list[str]:
        """Title, verdict and what it rests on."""
        qualifiers = escape(self.t("language.sentence_gap").join(self.words.qualifiers()))
        return [f"# {escape(title)}", "", escape(self.words.period()), "", f"**{escape(self.words.headline())}**", "", qualifiers, ""]

    def key_figures(self) -> list[str]:
        """The four figures."""
        rows = (
            [escape(figure.name), f"**{escape(figure.value)}**", escape("; ".join(part for part in (*figure.details, figure.change) if part))]
            for figure in self.words.key_figures()
        )
        return [*self.heading("kpi.heading"), *table(["", "", ""], rows, 9)]

    def inspection(self) -> list[str]:
        """Where mail from outside was inspected."""
        lines = [*self.heading("inspection.heading"), self.e("inspection.note"), ""]
        if not self.fleet.inspection.total:
            return [*lines, self.e("inspection.empty"), ""]
        rows = (
            [self.e(f"inspection.{part.name}"), self.count(part.count), escape(self.f.percent(part.share))]
            for part in stacked(self.fleet.inspection.parts())
        )
        return [*lines, *table(["", "", "%"], rows, 1)]

    def steps(self) -> list[str]:
        """What to do next, with the commands that do it and show that it is done."""
        lines = self.heading("steps.heading")
        if not self.fleet.steps:
            return [*lines, escape(self.words.nothing_to_do()), ""]
        rows = (
            [
                str(number), self.e(f"steps.{step.key}"),
                escape(self.n("steps.count", len(step.hosts), count=self.count(len(step.hosts)))),
                self.e("steps.not_measured") if step.per_day is None
                else self.e("steps.per_day", daily=self.f.per_day(step.per_day)),
                "<br>".join(code(command) for command in step.commands),
            ]
            for number, step in enumerate(self.fleet.steps, 1)
        )
        header = [self.e(f"steps.{name}") for name in ("number", "what", "servers", "affected", "check")]
        notes = escape(self.t("language.sentence_gap").join(self.words.step_notes()))
        return [*lines, *table(header, rows, 9), notes, ""]
