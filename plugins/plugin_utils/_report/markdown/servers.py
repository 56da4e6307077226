# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data quality and the servers one by one."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.section import Section
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.text import escape, table
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import QUALITY_ROWS, SHOWN_ROWS

_GROUPS = (
    ("total", "sessions", "all_sessions", "total"), ("external", "sessions", "external_sessions", "total"),
    ("external", "messages", "external_messages", "accepted"),
)


class Servers(Section):
    """Remarks and the table of servers."""

    def quality(self) -> list[str]:
        """What is missing or doubtful."""
        lines = self.heading("quality.heading")
        remarks = self.fleet.quality
        if not remarks:
            return [*lines, escape(self.words.no_remarks()), ""]
        rows = []
        for row in remarks[:QUALITY_ROWS]:
            finding, effect = self.words.quality(row)
            said = (effect, self.words.said(row), self.words.remedy(row))
            rows.append([escape(row.subject), escape(finding), "<br>".join(escape(part) for part in said if part)])
        lines += table([self.e(f"quality.{name}") for name in ("subject", "finding", "effect")], rows, 9)
        if len(remarks) > QUALITY_ROWS:
            more = len(remarks) - QUALITY_ROWS
            lines += [escape(self.n("quality.more", more, count=self.count(more))), ""]
        return lines

    def hosts(self) -> list[str]:
        """The per-server table, the servers that need work first."""
        header = [self.e("table.server"), self.e("table.status"), self.e("table.period")]
        for _scope, _kind, group, first in _GROUPS:
            header += [f"{self.e('table.' + group)}: {self.e('table.' + name)}" for name in (first, "tls", "tls_percent")]
        header += [self.e("table.unscanned"), self.e("table.junk"), self.e("table.antivirus"), self.e("table.log")]
        if self.fleet.probed:
            header.append(self.e("probe.heading"))
        hosts = self.fleet.hosts
        lines = [*self.heading("table.heading"), self.e("table.note_plain"), ""]
        if not hosts:
            return [*lines, self.e("table.empty"), ""]
        lines += table(header, (self._row(host) for host in hosts[:SHOWN_ROWS]), 3)
        if len(hosts) > SHOWN_ROWS:
            lines += [escape(self.n("table.print", len(hosts), shown=self.count(SHOWN_ROWS), count=self.count(len(hosts)))), ""]
        return lines

    def _row(self, host: Host) -> list[str]:
        period = host.period
        span = self.f.dash
        if period.get("first") and period.get("last"):
            span = f"{self.f.moment_date(period['first'])} – {self.f.moment_date(period['last'])}"
        cells = [escape(host.name), self.e(f"status.{host.status}"), span]
        for scope, kind, _group, _first in _GROUPS:
            share = host.share(scope, kind)
            percent = escape(self.f.percent(share))
            if share.unknown:
                percent += f" ({self.e('table.unknown', count=self.count(share.unknown))})"
            cells += [self.count(host.counts(scope, kind).get("total")), self.count(share.part), percent]
        return [
            *cells, escape(self.f.per_day(host.unscanned_per_day)), escape(self.f.percent(host.junk)),
            self.e(f"antivirus.{host.antivirus_state}"), escape(self.words.log(host)),
            *([escape(self.words.probe(host)) or self.f.dash] if self.fleet.probed else []),
        ]
