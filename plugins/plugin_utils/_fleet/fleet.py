# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet: all hosts with the sums that the report states, each computed here and nowhere else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from collections.abc import Iterable

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import Call, usual_call
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.changes import Changes, compare
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, rounded, sum_known, sum_shares
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.inspection import Inspection, inspection_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.logins import Logins, fleet_logins
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import PROBE_STATES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.quality import (
    QualityRow, damaged_history_row, duplicate_row, file_row, host_rows,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import BrokenRecord
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.run_figures import History, HostFigures, RunFigures
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.run_scope import RunScope, run_scope
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import ANTIVIRUS_STATES, VISIBILITIES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.spam import SpamView, spam_view
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import NO_DATA, STATUS_ORDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.steps import Step, next_steps
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.trend import Day, HostDays, fleet_days

# Newest first; what RFC 8996 and its forerunners retired.
OBSOLETE_PROTOCOLS = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})


@dataclass
class Fleet:
    """Hosts sorted for the report (needing work first), and what could not be counted."""

    hosts: list[Host]
    thresholds: Thresholds
    broken: list[BrokenRecord] = field(default_factory=list)
    duplicates: list[QualityRow] = field(default_factory=list)
    history: History = field(default_factory=History)
    call: Call = field(default_factory=usual_call)

    @cached_property
    def measured(self) -> list[Host]:
        """The hosts whose external TLS messages are known."""
        return [host for host in self.hosts if host.measured]

    @cached_property
    def unmeasured_count(self) -> int:
        """Hosts that are in no TLS figure."""
        return len(self.hosts) - len(self.measured)

    @cached_property
    def newest(self) -> Host | None:
        """The host audited last; its record's time is the report's."""
        return max(self.hosts, key=lambda host: (host.audited_at, host.name), default=None)

    @cached_property
    def status_counts(self) -> dict[str, int]:
        """How many hosts have each status, in the report's order."""
        counts = Counter(host.status for host in self.hosts)
        return {status: counts.get(status, 0) for status in STATUS_ORDER}

    # Key figures

    @cached_property
    def external_tls(self) -> Share:
        """TLS among accepted external messages, over measured hosts."""
        return sum_shares(host.share("external", "messages") for host in self.measured)

    @cached_property
    def unscanned_hosts(self) -> list[Host]:
        """Hosts that accepted external TLS mail without working local antivirus."""
        return [host for host in self.hosts if host.unscanned]

    @cached_property
    def unscanned(self) -> int | None:
        """Their messages; None when no host could be measured with its antivirus."""
        return sum_known(host.unscanned for host in self.hosts)

    @cached_property
    def unscanned_per_day(self) -> float | None:
        """Sum of each host's figure per day with logs; None when none is known."""
        return _sum_float(host.unscanned_per_day for host in self.hosts)

    @cached_property
    def unchecked_hosts(self) -> list[Host]:
        """Hosts with external TLS mail and antivirus in an unknown state."""
        return [host for host in self.hosts if host.unchecked]

    @cached_property
    def unchecked_per_day(self) -> float | None:
        """Their messages a day; 0 where there is none among the measured servers, and None where nothing was measured."""
        if self.measured and not self.unchecked_hosts:
            return 0.0
        return _sum_float(host.tls_messages_per_day for host in self.unchecked_hosts)

    @cached_property
    def declared_unscanned(self) -> list[Host]:
        """Hosts in the unscanned figure that the inventory declares to be scanned elsewhere."""
        return [host for host in self.unscanned_hosts if host.declared]

    @cached_property
    def declared_per_day(self) -> float | None:
        """Their messages a day."""
        return _sum_float(host.unscanned_per_day for host in self.declared_unscanned)

    @cached_property
    def antivirus_working(self) -> Share:
        """Hosts with working antivirus among those whose set-up could be seen."""
        seen = [host for host in self.hosts if host.antivirus_state != "unknown"]
        return Share(sum(host.antivirus_state == "working" for host in seen), len(seen))

    @cached_property
    def coverage(self) -> Share:
        """Hosts measured over a log that showed TLS throughout and lost no line to a rate limit, among all hosts."""
        return Share(sum(host.measured and host.log_word == "complete" for host in self.hosts), len(self.hosts))

    @cached_property
    def inspection(self) -> Inspection:
        """Where mail from outside was inspected, over measured hosts."""
        return inspection_of(self.measured)

    @cached_property
    def protocols(self) -> list[tuple[str, int]]:
        """Inbound TLS sessions per protocol version over hosts whose log shows TLS, newest version first."""
        counts: Counter[str] = Counter()
        for host in self.hosts:
            if host.maillog and host.tls_visible:
                for name, count in host.maillog["tls"]["protocols"].items():
                    counts[name] += count or 0
        return sorted(counts.items(), key=lambda item: (item[0] != "other", item[0].startswith("TLS"), item[0]), reverse=True)

    @cached_property
    def matrix(self) -> list[tuple[str, list[int]]]:
        """Hosts by antivirus state (rows) and by what the log shows of TLS (columns: complete, partial, none, no data)."""
        counts = Counter((host.antivirus_state, host.log_word) for host in self.hosts)
        columns = (*VISIBILITIES, NO_DATA)
        return [(state, [counts.get((state, column), 0) for column in columns]) for state in ANTIVIRUS_STATES]

    @cached_property
    def spam(self) -> SpamView:
        """How much of what arrived from outside was refused."""
        return spam_view(self.measured)

    @cached_property
    def logins(self) -> list[Logins]:
        """Logins to mail boxes by protocol; empty where no server runs Dovecot."""
        return fleet_logins(self.hosts)

    @cached_property
    def probe_counts(self) -> dict[str, int]:
        """How many hosts have each probe state, in the report's order."""
        counts = Counter(host.probe.state for host in self.hosts)
        return {state: counts.get(state, 0) for state in PROBE_STATES}

    @cached_property
    def probed(self) -> bool:
        """Whether any host was probed from outside."""
        return any(host.probe.probed_at for host in self.hosts)

    # Over time

    @cached_property
    def days_of_hosts(self) -> dict[str, HostDays]:
        """The days of each measured host, by its name."""
        return {host.name: HostDays(host) for host in self.measured}

    @cached_property
    def days(self) -> list[Day]:
        """The external TLS share day by day, without gaps; empty when no log lists days."""
        if self.newest is None:
            return []
        return fleet_days(list(self.days_of_hosts.values()), self.newest.audited_at.date(), self.thresholds.trend_min_coverage_percent)

    @cached_property
    def run(self) -> RunScope | None:
        """What the newest run came to; None without records."""
        return run_scope(self.hosts, self.newest)

    @cached_property
    def figures_of_run(self) -> RunFigures | None:
        """This run as the history keeps it; None without records."""
        if self.newest is None:
            return None
        return RunFigures(
            self.newest.record["run_id"], self.newest.record["audited_at"], len(self.hosts), len(self.measured),
            self.status_counts, Share(self.external_tls.part, self.external_tls.whole), self.unscanned,
            rounded(self.unscanned_per_day), self.antivirus_working, self.coverage,
        )

    @cached_property
    def figures_of_hosts(self) -> list[HostFigures]:
        """Each host as the history keeps it, by name."""
        return [
            HostFigures(
                host.name, host.status, host.measured, host.share("external", "messages"), rounded(host.unscanned_per_day),
                host.antivirus_state, host.log_word,
            )
            for host in sorted(self.hosts, key=lambda host: host.name)
        ]

    @cached_property
    def runs(self) -> list[RunFigures]:
        """All runs that the history knows up to this one, oldest first."""
        return [*self.history.runs, *([self.figures_of_run] if self.figures_of_run else [])]

    @cached_property
    def changes(self) -> Changes | None:
        """What differs from the previous run; None without one."""
        if self.history.previous is None:
            return None
        return compare(self.history.previous, self.figures_of_hosts)

    @cached_property
    def steps(self) -> list[Step]:
        """What to do next."""
        return next_steps(self.hosts, self.call)

    @cached_property
    def quality(self) -> list[QualityRow]:
        """Every remark on the data: files first, then hosts by name."""
        rows = [file_row(broken) for broken in self.broken] + [damaged_history_row(name) for name in self.history.damaged]
        rows += self.duplicates
        newest = self.newest
        if newest is not None:
            ordered = sorted(self.hosts, key=lambda host: (host.audited, host.name))
            rows.extend(row for host in ordered for row in host_rows(host, newest))
        return rows

    @cached_property
    def period(self) -> tuple[datetime, datetime] | None:
        """From the first to the last moment in any host's log."""
        firsts, lasts = [], []
        for host in self.hosts:
            if host.maillog and host.maillog["period"]["first"] and host.maillog["period"]["last"]:
                firsts.append(parse_moment(host.maillog["period"]["first"]))
                lasts.append(parse_moment(host.maillog["period"]["last"]))
        return (min(firsts), max(lasts)) if firsts else None


def _sum_float(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    # Sorted, so that the same hosts in another order give the same last digit.
    return sum(sorted(known)) if known else None


def build_fleet(
    entries: Iterable[tuple[str, dict[str, Any] | BrokenRecord]], thresholds: Thresholds, history: History | None = None,
) -> Fleet:
    """The fleet of a stream of (file name, record): the newest record of a host counts, once."""
    newest: dict[str, tuple[tuple[datetime, str, str], dict[str, Any]]] = {}
    seen: Counter[str] = Counter()
    broken = []
    for file_name, record in entries:
        if isinstance(record, BrokenRecord):
            broken.append(record)
            continue
        name = record["host"]
        seen[name] += 1
        rank = (parse_moment(record["audited_at"]), record["run_id"], file_name)
        if name not in newest or rank > newest[name][0]:
            newest[name] = (rank, record)
    now = max((rank[0] for rank, _record in newest.values()), default=None)
    hosts = [Host(record, thresholds, now) for _rank, record in newest.values()]
    hosts.sort(key=lambda host: (
        STATUS_ORDER.index(host.status), -(host.tls_messages_per_day or 0.0), host.name.casefold(), host.name,
    ))
    duplicates = [duplicate_row(name, times - 1) for name, times in sorted(seen.items()) if times > 1]
    return Fleet(hosts, thresholds, broken, duplicates, history or History())
