# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Days of the fleet, added up by hand; a day that no log shows has no value."""

from __future__ import annotations

from datetime import date
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet, build_fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.trend import HostDays, last_days
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, answer, maillog, mailserver, messages, scope, sessions,
)


def host(days: dict[str, tuple[int, int, int]], logged: int, visibility: str = "complete", first: str = "", last: str = "") -> dict[str, Any]:
    """A host with (total, tls, unknown) messages from outside on each listed day, and log lines on ``logged`` days."""
    total, tls, unknown = (sum(counts[index] for counts in days.values()) for index in range(3))
    facts = maillog(
        scope(sessions(total, tls, total - tls - unknown, 0, unknown), messages(total, tls, total - tls - unknown, unknown)), logged, visibility,
    )
    names = sorted(days)
    facts["period"] = {"first": f"{first or names[0]}T00:00:01+09:00", "last": f"{last or names[-1]}T23:59:59+09:00", "days_with_logs": logged}
    for day, (all_of_it, over_tls, not_known) in days.items():
        part = {
            "sessions": sessions(all_of_it, over_tls, all_of_it - over_tls - not_known, 0, not_known),
            "messages": messages(all_of_it, over_tls, all_of_it - over_tls - not_known, not_known),
        }
        facts["daily"].append({"date": day, "external": part, "total": part})
    return answer(facts, mailserver("absent"))


def fleet(hosts: dict[str, dict[str, Any]], **limits: float) -> Fleet:
    return build_fleet(((name, build_record(name, found, RUN)) for name, found in hosts.items()), Thresholds(**limits))


def test_days_are_sums_and_gaps_stay_gaps() -> None:
    """Day 1: 6 + 1 of 10 + 10. Day 2 has no log at all. Day 3: b's TLS log is off, its 10 are not known: a's 8 of 10 alone."""
    days = fleet({
        "a": host({"2026-11-01": (10, 6, 0), "2026-11-03": (10, 8, 0)}, 2),
        "b": host({"2026-11-01": (10, 1, 0), "2026-11-03": (10, 0, 10)}, 2, "partial"),
    }).days
    assert [(day.date, day.share, day.hosts, day.expected, day.low) for day in days] == [
        (date(2026, 11, 1), Share(7, 20), 2, 2, False),
        (date(2026, 11, 2), Share(None, None), 0, 2, True),
        (date(2026, 11, 3), Share(8, 10, 10), 1, 2, True),
    ]


def test_a_quiet_day_of_a_log_without_gaps_is_covered() -> None:
    busy = host({"2026-11-01": (10, 6, 0), "2026-11-02": (10, 6, 0), "2026-11-03": (10, 8, 0)}, 3)
    quiet = host({"2026-11-01": (1, 1, 0), "2026-11-03": (1, 1, 0)}, 3)
    assert [(day.hosts, day.low) for day in fleet({"busy": busy, "quiet": quiet}).days] == [(2, False)] * 3


def test_days_that_the_facts_no_longer_list_are_not_covered() -> None:
    """The sums of a busy host count days that its list had no room for."""
    long = host({"2026-11-01": (10, 6, 0), "2026-11-02": (10, 6, 0)}, 2)
    short = host({"2026-11-02": (10, 6, 0)}, 2, first="2026-11-01")
    assert [day.hosts for day in fleet({"long": long, "short": short}).days] == [1, 2]


def test_the_limit_of_low_coverage_is_an_option() -> None:
    hosts = {"a": host({"2026-11-01": (10, 6, 0), "2026-11-02": (10, 6, 0)}, 2), "b": host({"2026-11-01": (10, 6, 0)}, 1)}
    assert [day.low for day in fleet(hosts, trend_min_coverage_percent=50).days] == [False, False]
    assert [day.low for day in fleet(hosts, trend_min_coverage_percent=51).days] == [False, True]


def test_unmeasured_hosts_are_in_no_day() -> None:
    off = host({"2026-11-01": (10, 0, 10)}, 1, "none")
    assert fleet({"off": off}).days == []
    assert fleet({}).days == []


def test_absurd_dates_do_not_stretch_the_picture() -> None:
    dates = ("0001-01-01", "2025-10-20", "2025-10-22", "2026-11-24", "9999-12-31")
    days = fleet({"a": host(dict.fromkeys(dates, (1, 1, 0)), 5)}).days
    assert (days[0].date, days[-1].date, len(days)) == (date(2025, 10, 22), date(2026, 11, 24), 399)


def test_one_host_last_days() -> None:
    one = fleet({"a": host({"2026-11-01": (10, 6, 0), "2026-11-03": (0, 0, 0)}, 2)}).hosts[0]
    assert last_days(HostDays(one), date(2026, 11, 3), 4) == [None, 60.0, None, None]
