# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole logs in time: which day a session belongs to, whatever was done to the files and the clock."""

from __future__ import annotations

import bz2
import datetime
import gzip
import lzma
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

CLIENT = "x[192.0.2.1]"
TLS = f"Anonymous TLS connection established from {CLIENT}: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
PLAIN_END = f"disconnect from {CLIENT} ehlo=1 quit=1 commands=2"


def bsd(moment: datetime.datetime) -> str:
    return moment.strftime("%b ") + f"{moment.day:2} {moment:%H:%M:%S}"


def line(moment: datetime.datetime | str, message: str, process: int = 7, program: str = "postfix/smtpd") -> str:
    return f"{moment if isinstance(moment, str) else bsd(moment)} mx1 {program}[{process}]: {message}\n"


def session(moment: datetime.datetime | str, process: int = 7, tls: bool = False, counters: bool = True) -> str:
    end = PLAIN_END if counters else f"disconnect from {CLIENT}"
    return "".join(line(moment, message, process) for message in [f"connect from {CLIENT}", *([TLS] if tls else []), end])


def put(path: Path, text: str | bytes, modified: str) -> None:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    seconds = datetime.datetime.fromisoformat(modified + "+00:00").timestamp()
    os.utime(path, (seconds, seconds))


def audit(folder: Path, zone: str = "UTC", **options: Any) -> dict[str, Any]:
    facts: dict[str, Any] = audit_logs([str(folder / "maillog*")], timezone=zone, **options)
    return facts


def days(facts: dict[str, Any]) -> dict[str, int]:
    return {day["date"]: day["total"]["sessions"]["total"] for day in facts["daily"]}


def classes(facts: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {day["date"]: tuple(day["total"]["sessions"][kind] for kind in ("tls", "plaintext", "unknown")) for day in facts["daily"]}


def notices(facts: dict[str, Any]) -> dict[str, int]:
    return {notice["kind"]: notice["count"] for notice in facts["coverage"]["notices"]}


def noon(year: int, month: int, day: int) -> datetime.datetime:
    return datetime.datetime(year, month, day, 12)


def months(year: int, month: int, count: int) -> list[tuple[int, int]]:
    return [((year * 12 + month - 1 + step) // 12, (year * 12 + month - 1 + step) % 12 + 1) for step in range(count)]


@pytest.mark.parametrize("scheme", ["numbered", "dated", "copied", "weekly"])
def test_twenty_months_of_rotations_without_a_year(scheme: str, tmp_path: Path) -> None:
    """Every fifth day a session, the last on 10 December 2017; `copied`: all files have the same modification time."""
    first, last = datetime.date(2016, 4, 20), datetime.date(2017, 12, 10)
    dates = [first + datetime.timedelta(days=5 * step) for step in range((last - first).days // 5 + 1)]
    per_file = 2 if scheme == "weekly" else 6
    parts = [dates[start:start + per_file] for start in range(0, len(dates), per_file)]
    for number, part in enumerate(reversed(parts)):
        ends = part[-1]
        rotated = ends + datetime.timedelta(days=1)
        name = "maillog" if number == 0 else f"maillog-{rotated:%Y%m%d}" if scheme == "dated" else f"maillog.{number}"
        text = "".join(session(noon(date.year, date.month, date.day)) for date in part)
        stamp = f"{last if scheme == 'copied' else rotated}T03:10:00"
        if number > 1:
            put(tmp_path / f"{name}.gz", gzip.compress(text.encode()), stamp)
        else:
            put(tmp_path / name, text, stamp)
    facts = audit(tmp_path, max_days=1000)
    assert days(facts) == {date.isoformat(): 1 for date in dates}
    assert facts["inbound"]["total"]["sessions"]["total"] == len(dates)
    assert facts["period"]["first"] == "2016-04-20T12:00:00+00:00"
    assert facts["period"]["last"] == f"{dates[-1]}T12:00:00+00:00"
    assert facts["period"]["days_with_logs"] == len(dates)


def test_december_to_january_within_a_file_and_across_a_rotation(tmp_path: Path) -> None:
    put(tmp_path / "maillog.1", session(noon(2017, 12, 30)) + session(noon(2017, 12, 31)), "2018-01-01T00:00:01")
    put(tmp_path / "maillog", session(noon(2018, 1, 1)) + session(noon(2018, 1, 2)), "2018-01-02T13:00:00")
    expected = {"2017-12-30": 1, "2017-12-31": 1, "2018-01-01": 1, "2018-01-02": 1}
    assert days(audit(tmp_path)) == expected
    text = (tmp_path / "maillog.1").read_text() + (tmp_path / "maillog").read_text()
    (tmp_path / "maillog.1").unlink()
    put(tmp_path / "maillog", text, "2018-01-02T13:00:00")
    assert days(audit(tmp_path)) == expected


def test_a_session_over_new_year_belongs_to_the_old_one(tmp_path: Path) -> None:
    put(tmp_path / "maillog.1", line("Dec 31 23:59:59", f"connect from {CLIENT}"), "2018-01-01T00:00:00")
    put(tmp_path / "maillog", line("Jan  1 00:00:01", PLAIN_END), "2018-01-01T00:05:00")
    assert days(audit(tmp_path)) == {"2017-12-31": 1}


@pytest.mark.parametrize(("modified", "year"), [("2024-03-05", 2024), ("2025-03-05", 2024), ("2027-12-31", 2024), ("2028-03-01", 2028), ("2028-02-29", 2028)])
def test_29_february_decides_the_year(modified: str, year: int, tmp_path: Path) -> None:
    put(tmp_path / "maillog", session("Feb 28 12:00:00") + session("Feb 29 12:00:00"), f"{modified}T23:00:00")
    assert days(audit(tmp_path)) == {f"{year}-02-28": 1, f"{year}-02-29": 1}


def test_29_february_in_a_rotation_dates_its_neighbours(tmp_path: Path) -> None:
    for name, text in (("maillog.2", session("Feb 28 12:00:00")), ("maillog.1", session("Feb 29 12:00:00")), ("maillog", session("Mar  1 12:00:00"))):
        put(tmp_path / name, text, "2028-03-01T13:00:00")
    assert days(audit(tmp_path)) == {"2028-02-28": 1, "2028-02-29": 1, "2028-03-01": 1}


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """25 October 2026 in Berlin: 02:00 to 03:00 twice."""
    put(tmp_path / "maillog", session("Oct 25 02:59:50", 1) + session("Oct 25 02:00:10", 2) + session("Oct 25 03:00:00", 3), "2026-10-25T03:00:00")
    facts = audit(tmp_path, "Europe/Berlin")
    assert days(facts) == {"2026-10-25": 3}
    assert "clock_jump" not in notices(facts)
    iso = "".join(session(stamp, process) for process, stamp in enumerate(
        ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T23:30:00+01:00", "2026-10-25T23:00:00Z")))
    put(tmp_path / "maillog", iso, "2026-10-26T03:00:00")
    assert days(audit(tmp_path, "Europe/Berlin")) == {"2026-10-25": 4, "2026-10-26": 1}


def test_the_hour_that_never_comes(tmp_path: Path) -> None:
    """29 March 2026 in Berlin: 02:00 to 03:00 is left out; a stamp in it is a wrong clock's, and still that day's."""
    put(tmp_path / "maillog", session("Mar 28 23:59:59", 1) + session("Mar 29 01:59:59", 2) + session("Mar 29 02:30:00", 3) + session("Mar 29 03:00:00", 4),
        "2026-03-29T03:00:00")
    facts = audit(tmp_path, "Europe/Berlin")
    assert days(facts) == {"2026-03-28": 1, "2026-03-29": 3}
    assert facts["period"]["first"] == "2026-03-28T23:59:59+01:00"
    assert facts["period"]["last"] == "2026-03-29T03:00:00+02:00"


@pytest.mark.parametrize(("stamps", "expected", "jumps"), [
    # Set back by four days, and forward again.
    (["Nov 24 10:00:00", "Nov 20 10:00:00", "Nov 24 11:00:00"], {"2026-11-20": 1, "2026-11-24": 2}, True),
    # Set forward by three days: no line tells it from three quiet days.
    (["Nov 20 10:00:00", "Nov 23 10:00:00"], {"2026-11-20": 1, "2026-11-23": 1}, False),
    # A boot without a clock: 1 January, then the true time.
    (["Nov 23 10:00:00", "Jan  1 00:00:05", "Nov 24 10:00:00"], {"2026-11-23": 1, "2026-11-24": 1}, True),
    # Back over New Year and forward again.
    (["Jan  2 10:00:00", "Dec 31 10:00:00", "Jan  2 11:00:00"], {}, True),
    # RFC 3339 has its year: nothing is inferred from an order that is odd.
    (["2026-11-24T10:00:00Z", "1970-01-01T00:00:05Z", "2026-11-24T10:01:00Z"], {"1970-01-01": 1, "2026-11-24": 2}, False),
])
def test_clocks_that_jump(stamps: list[str], expected: dict[str, int], jumps: bool, tmp_path: Path) -> None:
    put(tmp_path / "maillog", "".join(session(stamp, process) for process, stamp in enumerate(stamps)),
        "2026-11-24T12:00:00" if expected else "2026-01-02T12:00:00")
    facts = audit(tmp_path)
    assert expected.items() <= days(facts).items()
    assert sum(days(facts).values()) == len(stamps)
    assert ("clock_jump" in notices(facts)) is jumps
    sessions = facts["inbound"]["total"]["sessions"]
    assert sessions["total"] == sessions["plaintext"] == len(stamps)


def test_a_clock_that_jumps_within_a_session(tmp_path: Path) -> None:
    put(tmp_path / "maillog", line("Nov 24 10:00:00", f"connect from {CLIENT}") + line("Nov 21 09:00:00", TLS) + line("Nov 24 10:00:02", PLAIN_END),
        "2026-11-24T12:00:00")
    facts = audit(tmp_path)
    assert classes(facts)["2026-11-24"] == (1, 0, 0)
    assert facts["inbound"]["total"]["sessions"]["total"] == 1


@pytest.mark.parametrize("names", [
    ["maillog.3.gz", "maillog.2", "maillog.1", "maillog"],
    ["maillog-20261121", "maillog-20261122.xz", "maillog-20261123", "maillog"],
    ["maillog-20261121.bz2", "maillog.2", "maillog.1", "maillog"],  # the scheme was changed, from dates to numbers
])
def test_formats_that_change_across_rotations(names: list[str], tmp_path: Path) -> None:
    """BSD, RFC 3339 with an offset, RFC 5424, RFC 3339 in UTC; one session goes over each rotation."""
    stamps = [("Nov 20 12:00:00", "Nov 20 23:59:59"), ("2026-11-21T00:00:00+09:00", "2026-11-21T23:59:59+09:00"),
              ("<22>1 2026-11-22T00:00:00+09:00", "<22>1 2026-11-22T23:59:59+09:00"), ("2026-11-22T15:00:00Z", "2026-11-23T03:00:00Z")]
    texts, process = [], 100
    for number, (begin, end) in enumerate(stamps):
        text = session(begin, process=1)
        if number:
            text = line(begin, PLAIN_END, process) + text
            process += 1
        if number < len(stamps) - 1:
            text += line(end, f"connect from {CLIENT}", process)
        texts.append(text)
    # RFC 5424 has no tag with a pid: name, pid, id, data.
    texts[2] = texts[2].replace("postfix/smtpd[", "postfix/smtpd ").replace("]: ", " - - ")
    for number, (name, text) in enumerate(zip(names, texts)):
        data = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}.get(name.rpartition(".")[2], bytes)(text.encode())
        put(tmp_path / name, data, f"2026-11-{20 + number}T15:00:00")
    facts = audit(tmp_path, "Asia/Tokyo")
    assert days(facts) == {"2026-11-20": 2, "2026-11-21": 2, "2026-11-22": 2, "2026-11-23": 1}
    assert facts["inbound"]["total"]["sessions"] == {"total": 7, "tls": 0, "plaintext": 7, "tls_failed": 0, "unknown": 0}
    assert "orphan_disconnect" not in notices(facts)
    assert "open_session" not in notices(facts)


@pytest.mark.parametrize("names", [
    ["maillog.12.gz", "maillog.11.gz", "maillog.2", "maillog.1", "maillog"],
    ["maillog-20261031.gz", "maillog-20261107.gz", "maillog-20261114", "maillog-20261121", "maillog"],
    ["maillog.2026-10-31", "maillog.2026-11-07", "maillog.2026-11-14", "maillog.2026-11-21", "maillog"],
])
def test_names_give_the_order_and_sessions_cross_files(names: list[str], tmp_path: Path) -> None:
    """A session of one process begins in each file and ends in the next one; in any other order they would not match."""
    moments = [datetime.datetime(2026, 10, 30, 12) + datetime.timedelta(days=7 * number) for number in range(len(names))]
    for number, (name, moment) in enumerate(zip(names, moments)):
        text = (line(moment, TLS, 9) + line(moment, PLAIN_END, 9) if number else "") + line(moment, f"connect from {CLIENT}", 9)
        data = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        put(tmp_path / name, data, (moment + datetime.timedelta(hours=20)).isoformat())
    facts = audit(tmp_path)
    assert facts["inbound"]["total"]["sessions"] == {"total": 5, "tls": 4, "plaintext": 0, "tls_failed": 0, "unknown": 1}
    assert days(facts) == {moment.date().isoformat(): 1 for moment in moments}
    assert notices(facts).get("open_session") == 1


def test_copytruncate_while_a_line_was_written(tmp_path: Path) -> None:
    """The copy ends within a line, of which the rest was cut off with the original; one session lost its end so."""
    whole = session("Nov 23 10:00:00", 1) + line("Nov 23 23:59:59", f"connect from {CLIENT}", 2)
    put(tmp_path / "maillog.1", whole + line("Nov 24 00:00:00", PLAIN_END, 2)[:40], "2026-11-24T00:00:00")
    put(tmp_path / "maillog", "=2\n" + session("Nov 24 10:00:00", 3), "2026-11-24T12:00:00")
    facts = audit(tmp_path)
    assert classes(facts) == {"2026-11-23": (0, 1, 1), "2026-11-24": (0, 1, 0)}
    assert facts["coverage"]["lines"]["malformed"] == 1


def test_copytruncate_that_copied_and_did_not_truncate(tmp_path: Path) -> None:
    text = session("Nov 23 10:00:00", 1)
    put(tmp_path / "maillog.1", text, "2026-11-24T00:00:00")
    put(tmp_path / "maillog", text + session("Nov 24 10:00:00", 3), "2026-11-24T12:00:00")
    facts = audit(tmp_path)
    assert days(facts) == {"2026-11-23": 1, "2026-11-24": 1}
    assert notices(facts)["duplicate_source"] == 1


@pytest.mark.parametrize("second", ["maillog.1.gz", "maillog.1.bz2", "maillog.1.xz", "maillog.2", "maillog-20261124"])
def test_the_same_data_twice(second: str, tmp_path: Path) -> None:
    text = session("Nov 23 10:00:00", 1) + session("Nov 23 11:00:00", 2)
    compress = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}.get(second.rpartition(".")[2], bytes)
    put(tmp_path / "maillog.1", text, "2026-11-24T00:00:00")
    put(tmp_path / second, compress(text.encode()), "2026-11-24T00:00:00")
    put(tmp_path / "maillog", session("Nov 24 10:00:00", 3), "2026-11-24T12:00:00")
    facts = audit(tmp_path)
    assert days(facts) == {"2026-11-23": 2, "2026-11-24": 1}
    assert notices(facts)["duplicate_source"] == 1
    assert sorted(row["status"] for row in facts["sources"]) == ["duplicate", "read", "read"]


def test_an_archive_that_was_cut_while_it_was_written_beside_its_original(tmp_path: Path) -> None:
    text = "".join(session(datetime.datetime(2026, 11, 23, 10) + datetime.timedelta(seconds=number), number) for number in range(2000))
    put(tmp_path / "maillog.1", text, "2026-11-24T00:00:00")
    put(tmp_path / "maillog.1.gz", gzip.compress(text.encode())[:4000], "2026-11-24T00:00:01")
    assert days(audit(tmp_path)) == {"2026-11-23": 2000}


def test_a_process_number_that_is_used_again(tmp_path: Path) -> None:
    text = (session("Nov 23 10:00:00", 5) + line("Nov 23 11:00:00", f"connect from {CLIENT}", 5) + session("Nov 24 11:00:00", 5, tls=True)
            + line("Nov 24 12:00:00", f"connect from {CLIENT}", 5, "postfix/smtps/smtpd") + session("Nov 24 12:00:01", 5)
            + line("Nov 24 12:00:02", f"disconnect from {CLIENT} quit=1 commands=1", 5, "postfix/smtps/smtpd"))
    put(tmp_path / "maillog", text, "2026-11-24T13:00:00")
    facts = audit(tmp_path)
    # The session of 11:00 never ended; TLS was not seen to be logged before the 24th.
    assert classes(facts) == {"2026-11-23": (0, 1, 1), "2026-11-24": (1, 1, 1)}
    assert notices(facts)["missing_disconnect"] == 1


def test_a_killed_smtpd(tmp_path: Path) -> None:
    text = session("Nov 24 09:00:00", 4, tls=True) + "".join(line("Nov 24 10:00:00", f"connect from {CLIENT}", process) for process in (5, 6, 7))
    text += line("Nov 24 10:00:01", TLS, 6)
    text += line("Nov 24 10:00:05", "warning: process /usr/lib/postfix/sbin/smtpd pid 5 killed by signal 9", 1, "postfix/master")
    text += line("Nov 24 10:00:05", "warning: process /usr/lib/postfix/sbin/smtpd pid 6 exit status 1", 1, "postfix/master")
    text += line("Nov 24 10:00:06", "terminating on signal 15", 1, "postfix/master")
    put(tmp_path / "maillog", text, "2026-11-24T13:00:00")
    facts = audit(tmp_path)
    assert notices(facts)["killed_session"] == 3
    # TLS logging is on: those without a line of TLS had none when they ended.
    assert classes(facts) == {"2026-11-24": (2, 2, 0)}


@pytest.mark.parametrize("counters", [True, False])
def test_tls_logging_switched_on_midway(counters: bool, tmp_path: Path) -> None:
    """Postfix before 3.0 has no counters: what it logged before its TLS logging was on is unknown, and those days are not visible."""
    text = "".join(session(noon(2026, 11, day), day, counters=counters) for day in range(10, 15))
    text += "".join(session(noon(2026, 11, day), day, counters=counters)
                    + session(noon(2026, 11, day), 100 + day, tls=True, counters=counters) for day in range(15, 18))
    put(tmp_path / "maillog", text, "2026-11-17T13:00:00")
    facts = audit(tmp_path)
    before = (0, 1, 0) if counters else (0, 0, 1)
    assert classes(facts) == {f"2026-11-{day}": before if day < 15 else (1, 1, 0) for day in range(10, 18)}
    assert facts["coverage"]["tls_visible_days"] == (8 if counters else 3)
    assert facts["coverage"]["tls_visibility"] == ("complete" if counters else "partial")


def test_tls_logging_switched_off_midway(tmp_path: Path) -> None:
    text = session(noon(2026, 11, 1), 1, tls=True, counters=False)
    text += "".join(session(noon(2026, 11, day), day, counters=False) for day in range(2, 21))
    put(tmp_path / "maillog", text, "2026-11-20T13:00:00")
    facts = audit(tmp_path)
    shown = {date: unknown == 0 for date, (_tls, _plain, unknown) in classes(facts).items()}
    assert shown == {f"2026-11-{day:02}": day <= 8 for day in range(1, 21)}
    assert facts["coverage"]["tls_visible_days"] == 8


@pytest.mark.parametrize("clock", ["50:00:20", "10:99:00", "99:99:99"])
def test_a_time_that_no_clock_shows_hides_no_line_of_its_day(tmp_path: Path, clock: str) -> None:
    forged = line(f"2026-11-24T{clock}+00:00", "statistics: max connection rate 1/60s", program="postfix/anvil")
    put(tmp_path / "maillog", forged + session("2026-11-24T10:00:00+00:00") + session(f"2026-11-24T{clock}+00:00", process=8), "2026-11-24")
    assert days(audit(tmp_path)) == {"2026-11-24": 2}
