# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the per-server table: each cell's text, which the page's script also sorts by.

Built here and not in a template, which would have thousands of them to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from markupsafe import Markup

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import STATUS_ORDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.trend import last_days
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.bars import host_mix
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.pieces import Piece, breakable, joined
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.plots import spark_path
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences

SPARK_DAYS = 30

# The first rows have the class "on": with JavaScript, the others are not laid out until they are asked for.
_ROW = Piece("""\
<tr{on} data-status="{status}">
<td data-v="{rank}">{mark}</td>
<th scope="row" class="name"><a href="{href}">{name}</a>{about}</th>
<td class="nowrap">{period}</td>
{counts}\
<td class="num first{hot}">{unscanned}</td>
<td class="mix">{mix}</td>
<td class="num">{junk}</td>
<td class="a-{antivirus_state}">{antivirus}</td>
<td class="l-{log_word}">{log}</td>
<td>{spark}</td>
<td class="num">{change}</td>
</tr>
""")
_ON, _HOT, _NOTHING = Markup(' class="on"'), Markup(" hot"), Markup()
_SMALL = Piece("<small>{text}</small>")
_PERIOD = Piece("{first}<small>{last}</small>")
# Received, TLS and TLS %: messages, and sessions below them.
_COUNTS = Piece("""\
<td class="num first">{received}<small>{sessions}</small></td>
<td class="num">{tls}<small>{sessions_tls}</small></td>
<td class="num pct">{percent}<small>{sessions_percent}</small>{note}</td>
""")
_MIX = Piece('<svg class="bar mini" width="76" height="11" role="img" aria-label="{label}">{parts}</svg>')
_PART = Piece('<rect class="p-{name}" x="{x}%" y="0.5" width="{width}%" height="10"/>')
_SPARK = Piece('<svg class="spark" width="60" height="18" viewBox="-1 0 60 18" role="img" aria-label="{label}"><path d="{path}"/></svg>')


class _Rows:
    def __init__(self, words: Sentences, details_of: Callable[[int], str], marks: Mapping[str, Markup], shown: int) -> None:
        self.details_of, self.marks, self.shown = details_of, marks, shown
        self.words, self.t, self.n, self.f = words, words.catalogue.text, words.catalogue.plural, words.format
        period = words.fleet.period
        self.last = period[1].date() if period else None

    def counts(self, host: Host, scope: str) -> Markup:
        """The cells of a scope."""
        messages, sessions = host.share(scope, "messages"), host.share(scope, "sessions")
        count, percent = self.f.count, self.f.percent
        return _COUNTS(
            received=count(host.counts(scope, "messages").get("total")), sessions=count(host.counts(scope, "sessions").get("total")),
            tls=count(messages.part), sessions_tls=count(sessions.part), percent=percent(messages), sessions_percent=percent(sessions),
            note=_SMALL(text=self.n("table.unknown_messages", messages.unknown, count=count(messages.unknown))) if messages.unknown else _NOTHING,
        )

    def mix(self, host: Host) -> str:
        """The bar of what became of the mail from outside."""
        parts = host_mix(host)
        if not parts:
            return self.f.dash
        return _MIX(label=self.words.parts(parts), parts=joined(_PART(name=part.name, x=part.x, width=part.width) for part in parts))

    def spark(self, host: Host) -> str:
        """The line of the last 30 days, and what it shows in words."""
        days = self.words.fleet.days_of_hosts.get(host.name)
        shares = last_days(days, self.last, SPARK_DAYS) if self.last and days else []
        known = [share for share in shares if share is not None]
        if not known:
            return self.f.dash
        label = self.t("table.spark", first=self.f.points(known[0]), last=self.f.points(known[-1]), days=self.words.in_days(len(known)))
        return _SPARK(label=label, path=spark_path(shares))

    def change(self, host: Host) -> str:
        """The change of the external TLS share since the previous run, in points."""
        points = self.words.host_points(host.name)
        if points is None:
            return self.f.dash
        size = self.f.size(points)
        return self.f.signed(size, points > 0) if points else size

    def period(self, host: Host) -> str:
        """From when to when its logs go."""
        first, last = host.period["first"], host.period["last"]
        if not first or not last:
            return self.f.dash
        return _PERIOD(first=self.f.moment_date(first), last=self.t("table.until", last=self.f.moment_date(last)))

    def row(self, number: int, host: Host) -> Markup:
        """The row of one server."""
        about = " · ".join(part for part in (host.software, *host.record["labels"].values()) if part)
        return _ROW(
            on=_ON if number <= self.shown else _NOTHING, status=host.status, rank=str(STATUS_ORDER.index(host.status)),
            mark=self.marks[host.status], href=self.details_of(number), name=breakable(host.name),
            about=_SMALL(text=about) if about else _NOTHING, period=self.period(host),
            counts=self.counts(host, "total") + self.counts(host, "external"),
            hot=_HOT if host.unscanned else _NOTHING, unscanned=self.f.per_day(host.unscanned_per_day), mix=self.mix(host),
            junk=self.f.percent(host.junk), antivirus_state=host.antivirus_state, antivirus=self.t("antivirus." + host.antivirus_state),
            log_word=host.log_word, log=self.words.log(host), spark=self.spark(host), change=self.change(host),
        )


def server_rows(words: Sentences, details_of: Callable[[int], str], marks: Mapping[str, Markup], shown: int) -> Iterator[Markup]:
    """All servers in the report's order, numbered from 1, the first ``shown`` laid out at once.

    ``details_of`` gives the address of a server's details, ``marks`` how a status is shown.
    """
    rows = _Rows(words, details_of, marks, shown)
    for number, host in enumerate(words.fleet.hosts, 1):
        yield rows.row(number, host)
