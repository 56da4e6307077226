# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the per-server table: each cell's text, which the page's script also sorts by.

Built here and not in the template, which has thousands of them to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from collections.abc import Callable, Iterator

from markupsafe import Markup

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import STATUS_ORDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.trend import last_days
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.bars import Part, host_mix
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.pieces import breakable
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.plots import spark_path
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences

SPARK_DAYS = 30


@dataclass(frozen=True)
class Cell:
    """What a cell says and what stands small below it."""

    kind: str
    text: str
    small: str
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One server."""

    number: int
    host: Host
    rank: int
    about: str
    first: str
    last: str
    name: Markup
    href: str
    cells: list[Cell]
    unscanned: str
    mix: list[Part]
    mix_label: str
    junk: str
    antivirus: str
    log: str
    spark: str
    spark_label: str
    change: str


class _Rows:
    def __init__(self, words: Sentences, details_of: Callable[[int], str]) -> None:
        self.details_of = details_of
        self.words, self.t, self.f = words, words.catalogue.text, words.format
        period = words.fleet.period
        self.last = period[1].date() if period else None

    def group(self, host: Host, scope: str) -> list[Cell]:
        """Received, TLS and TLS % of a scope: messages, and sessions below them."""
        messages, sessions = host.share(scope, "messages"), host.share(scope, "sessions")
        total, connections = (host.counts(scope, kind).get("total") for kind in ("messages", "sessions"))
        count, percent = self.f.count, self.f.percent
        unknown = self.t("table.unknown", count=count(messages.unknown)) if messages.unknown else ""
        return [
            Cell("num first", count(total), count(connections)),
            Cell("num", count(messages.part), count(sessions.part)),
            Cell("num pct", percent(messages), percent(sessions), unknown),
        ]

    def spark(self, host: Host) -> tuple[str, str]:
        """The line of the last 30 days, and what it shows in words."""
        shares = last_days(host, self.last, SPARK_DAYS) if self.last and host.measured else []
        known = [share for share in shares if share is not None]
        if not known:
            return "", ""
        label = self.t("table.spark", first=self.f.points(known[0]), last=self.f.points(known[-1]), days=self.f.count(len(known)))
        return spark_path(shares), label

    def change(self, host: Host) -> str:
        """The change of the external TLS share since the previous run, in points."""
        points = self.words.host_points(host.name)
        if points is None:
            return self.f.dash
        size = self.f.decimal(abs(points))
        return self.f.signed(size, points > 0) if abs(points) >= 0.05 else size

    def row(self, number: int, host: Host) -> Row:
        """The row of one server."""
        labels = [label for label in host.record["labels"].values() if label]
        antivirus, log = self.t("antivirus." + host.antivirus_state), self.t("visibility." + host.visibility)
        period, parts = host.period, host_mix(host)
        first, last = (self.f.moment_date(period[end]) if period["first"] and period["last"] else "" for end in ("first", "last"))
        spark, spark_label = self.spark(host)
        return Row(
            number, host, STATUS_ORDER.index(host.status),
            " · ".join(part for part in (host.software, *labels) if part),
            first, self.t("table.until", last=last) if last else "",
            breakable(host.name), self.details_of(number), self.group(host, "total") + self.group(host, "external"),
            self.f.per_day(host.unscanned_per_day),
            parts, self.words.parts(parts), self.f.percent(host.junk),
            antivirus, log, spark, spark_label, self.change(host),
        )


def server_rows(words: Sentences, details_of: Callable[[int], str]) -> Iterator[Row]:
    """All servers in the report's order, numbered from 1. ``details_of`` gives the address of a server's details."""
    rows = _Rows(words, details_of)
    for number, host in enumerate(words.fleet.hosts, 1):
        yield rows.row(number, host)
