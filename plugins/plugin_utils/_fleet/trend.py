# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS share day by day, over the fleet and per host. A day that no log shows has no value; it is never 0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from collections.abc import Iterable

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, UNKNOWN_SHARE, sum_shares, tls_share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment

# Longer than what the audit lists day by day by default. Also bounds what one absurd date could do to everybody's picture.
MAX_DAYS = 400


@dataclass(frozen=True)
class Day:
    """One day of the fleet: accepted messages from outside, TLS among those that could be told apart."""

    date: date
    share: Share
    hosts: int
    expected: int
    low: bool

    @property
    def coverage(self) -> Share:
        """Servers whose log could show TLS on this day, among all measured servers."""
        return Share(self.hosts, self.expected)


class HostDays:
    """One host's days: the share of each, and whether its log could have shown TLS on it."""

    def __init__(self, host: Host) -> None:
        self._shares: dict[date, Share] = {}
        self._first_listed: date | None = None
        self._quiet: tuple[date, date] | None = None
        if host.maillog is None or not host.measured:
            return
        for entry in host.maillog["daily"]:
            # Checked when the record was read; of 5,000 hosts these are hundreds of thousands.
            self._shares[date.fromisoformat(entry["date"])] = tls_share(entry["external"]["messages"], True)
        if self._shares:
            self._first_listed = min(self._shares)
        first, last = host.period["first"], host.period["last"]
        if first and last:
            span = parse_moment(first).date(), parse_moment(last).date()
            # Where every day has log lines, a day without an entry is one without mail.
            if (span[1] - span[0]).days + 1 == host.days:
                self._quiet = span

    @property
    def dates(self) -> Iterable[date]:
        """The days that are listed."""
        return self._shares.keys()

    def share(self, day: date) -> Share:
        """The TLS share of a day; unknown where the log says nothing of it."""
        return self._shares.get(day, UNKNOWN_SHARE)

    def covered(self, day: date) -> bool:
        """Whether the log could have shown TLS on this day, mail or no mail."""
        share = self._shares.get(day)
        if share is None:
            return bool(
                self._quiet and self._first_listed and max(self._quiet[0], self._first_listed) <= day <= self._quiet[1]
            )
        return share.whole is not None and (share.whole > 0 or share.unknown == 0)


def fleet_days(measured: list[HostDays], newest: date, min_coverage_percent: float) -> list[Day]:
    """The days that the measured hosts' logs list, without gaps, at most 400 up to the newest record's."""
    try:
        earliest, latest = newest - timedelta(days=MAX_DAYS - 1), newest + timedelta(days=1)
    except OverflowError:
        return []
    dates = sorted({day for host in measured for day in host.dates if earliest <= day <= latest})
    days = []
    for offset in range((dates[-1] - dates[0]).days + 1 if dates else 0):
        day = dates[0] + timedelta(days=offset)
        hosts_covered = sum(host.covered(day) for host in measured)
        low = hosts_covered * 100 < min_coverage_percent * len(measured)
        days.append(Day(day, sum_shares(host.share(day) for host in measured), hosts_covered, len(measured), low))
    return days


def last_days(days: HostDays, last: date, count: int) -> list[float | None]:
    """A host's daily TLS shares in per cent, for the ``count`` days up to ``last``; None where it is not known."""
    return [days.share(last - timedelta(days=back)).percent for back in range(count - 1, -1, -1)]
