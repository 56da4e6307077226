# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown, for a ticket or a repository. Every text goes through ``escape``; nothing in it can become a link."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.bars import stacked
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import SHOWN_ROWS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_START = re.compile(r"^(|\d+(?=[.)](?: |$)))([-+#=.)])")
# Addresses become links in most renderers, some of which look after entities are decoded: only code is left alone by all.
_LINKABLE = re.compile(r"@|://|www\.", re.IGNORECASE)


def _escape_word(word: str) -> str:
    if _LINKABLE.search(word):
        return code(word)
    word = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    return _SPECIAL.sub(r"\\\1", word)


def escape(text: str) -> str:
    """Text that Markdown and the HTML it may hold show as it stands, on one line."""
    return _START.sub(r"\1\\\2", " ".join(_escape_word(word) for word in text.split()))


def code(text: str) -> str:
    """Text as code: in it nothing is markup or a link. What could end it or its table cell is left out."""
    kept = re.sub(r"[`|\r\n]", "", text)
    return f"`{kept}`" if kept.strip() else ""


def table(header: Iterable[str], rows: Iterable[Iterable[str]], numeric_from: int) -> list[str]:
    """A table of escaped cells; columns from ``numeric_from`` on are set to the right."""
    titles = list(header)
    lines = ["| " + " | ".join(titles) + " |"]
    lines.append("|" + "|".join(" --- " if index < numeric_from else " ---: " for index in range(len(titles))) + "|")
    lines.extend("| " + " | ".join(cells) + " |" for cells in rows)
    return [*lines, ""]


class _Report:
    def __init__(self, words: Sentences) -> None:
        self.words, self.fleet = words, words.fleet
        self.t, self.n, self.f = words.catalogue.text, words.catalogue.plural, words.format

    def e(self, key: str, **parameters: str) -> str:
        """An escaped sentence."""
        return escape(self.t(key, **parameters))

    def head(self, title: str) -> list[str]:
        """Title, verdict and what it rests on."""
        qualifiers = " ".join(escape(sentence) for sentence in self.words.qualifiers())
        return [
            f"# {escape(title)}", "", escape(self.words.period()), "", f"**{escape(self.words.headline())}**", "", qualifiers, "",
        ]

    def key_figures(self) -> list[str]:
        """The four figures."""
        return [f"## {self.e('kpi.heading')}", "", *table(
            ["", "", ""],
            ([escape(k.name), f"**{escape(k.value)}**", escape("; ".join(k.details))] for k in self.words.key_figures()), 9,
        )]

    def inspection(self) -> list[str]:
        """Where mail from outside was inspected."""
        lines = [f"## {self.e('inspection.heading')}", "", self.e("inspection.note"), ""]
        if not self.fleet.inspection.total:
            return [*lines, self.e("inspection.empty"), ""]
        rows = (
            [self.e(f"inspection.{part.name}"), self.f.count(part.count), escape(self.f.percent(part.share))]
            for part in stacked(self.fleet.inspection.parts())
        )
        return [*lines, *table(["", "", "%"], rows, 1)]

    def steps(self) -> list[str]:
        """What to do next."""
        lines = [f"## {self.e('steps.heading')}", ""]
        if not self.fleet.steps:
            return [*lines, self.e("steps.none"), ""]
        rows = (
            [
                str(number), self.e(f"steps.{step.key}"),
                escape(self.n("steps.count", len(step.hosts), count=self.f.count(len(step.hosts)))),
                self.e("steps.not_measured") if step.per_day is None
                else self.e("steps.per_day", daily=self.f.per_day(step.per_day)),
                code(step.command),
            ]
            for number, step in enumerate(self.fleet.steps, 1)
        )
        header = [self.e(f"steps.{name}") for name in ("number", "what", "servers", "affected", "check")]
        return [*lines, *table(header, rows, 9), self.e("steps.note"), ""]

    def matrix(self) -> list[str]:
        """Antivirus against measurement."""
        columns = [f"{self.e('table.log')}: {self.e('visibility.' + name)}" for name in ("complete", "partial", "none", "no_data")]
        rows = ([self.e(f"antivirus.{state}"), *map(self.f.count, counts)] for state, counts in self.fleet.matrix)
        return [f"## {self.e('matrix.heading')}", "", *table([self.e("matrix.antivirus"), *columns], rows, 1)]

    def quality(self) -> list[str]:
        """What is missing or doubtful."""
        lines = [f"## {self.e('quality.heading')}", ""]
        remarks = self.fleet.quality
        if not remarks:
            return [*lines, self.e("quality.none"), ""]
        rows = []
        for row in remarks[:SHOWN_ROWS]:
            finding, effect = self.words.quality(row)
            detail = escape(" ".join(part.rstrip(".") + "." for part in (effect, row.detail, row.hint) if part))
            rows.append([escape(row.subject), escape(finding), detail])
        lines += table([self.e(f"quality.{name}") for name in ("subject", "finding", "effect")], rows, 9)
        if len(remarks) > SHOWN_ROWS:
            lines += [self.e("quality.more", count=self.f.count(len(remarks) - SHOWN_ROWS)), ""]
        return lines

    def hosts(self) -> list[str]:
        """The per-server table."""
        groups = (("total", "sessions", "all_sessions", "total"), ("external", "sessions", "external_sessions", "total"),
                  ("external", "messages", "external_messages", "accepted"))
        header = [self.e("table.server"), self.e("table.status"), self.e("table.period")]
        for _scope, _kind, group, first in groups:
            header += [f"{self.e('table.' + group)}: {self.e('table.' + name)}" for name in (first, "tls", "tls_percent")]
        header += [self.e("table.unscanned"), self.e("table.antivirus"), self.e("table.log")]
        hosts = self.fleet.hosts
        lines = [f"## {self.e('table.heading')}", "", self.e("table.note"), ""]
        if not hosts:
            return [*lines, self.e("table.empty"), ""]
        lines += table(header, (self._row(host, groups) for host in hosts[:SHOWN_ROWS]), 3)
        if len(hosts) > SHOWN_ROWS:
            lines += [escape(self.n(
                "table.print", len(hosts), shown=self.f.count(SHOWN_ROWS), count=self.f.count(len(hosts)),
            )), ""]
        return lines

    def _row(self, host: Host, groups: tuple) -> list[str]:
        period = host.period
        span = self.f.dash
        if period.get("first") and period.get("last"):
            span = f"{self.f.moment_date(period['first'])} – {self.f.moment_date(period['last'])}"
        cells = [escape(host.name), self.e(f"status.{host.status}"), span]
        for scope, kind, _group, _first in groups:
            share = host.share(scope, kind)
            percent = escape(self.f.percent(share))
            if share.unknown:
                percent += f" ({self.e('table.unknown', count=self.f.count(share.unknown))})"
            cells += [self.f.count(host.counts(scope, kind).get("total")), self.f.count(share.part), percent]
        return [
            *cells, escape(self.f.per_day(host.unscanned_per_day)), self.e(f"antivirus.{host.antivirus_state}"),
            self.e(f"visibility.{host.visibility}"),
        ]

    def footer(self, digest: str) -> list[str]:
        """Definitions and provenance."""
        lines = [f"## {self.e('footer.definitions')}", ""]
        lines += [f"- {escape(sentence)}" for sentence in self.words.definitions()]
        lines += ["", f"## {self.e('footer.statuses')}", ""]
        lines += [f"1. **{escape(word)}**: {escape(rule)}" for _key, word, rule in self.words.status_rules()]
        lines += ["", escape(self.words.thresholds()), "", f"## {self.e('footer.provenance')}", ""]
        lines += [f"- {escape(sentence)}" for sentence in (*self.words.provenance(), self.t("footer.limits"))]
        return [*lines, f"- {self.e('footer.verify')}: {code(digest)}", ""]


def render_markdown(words: Sentences, title: str, fleet_digest: str) -> bytes:
    """report.md: the page's sections in their order, without pictures and details."""
    report = _Report(words)
    lines = [
        *report.head(title), *report.key_figures(), *report.inspection(), *report.steps(), *report.matrix(),
        *report.quality(), *report.hosts(), *report.footer(fleet_digest),
    ]
    return "\n".join(lines).encode("utf-8")
