# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.calendar import Calendar
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone

Files = list[tuple[datetime.date | None, list[str]]]


def days(files: Files, zone: str = "UTC") -> tuple[list[list[str]], Notices]:
    """Return the dates that each file's stamps get, files oldest first, each with its limit."""
    notices = Notices()
    with Zone(zone):
        calendar = Calendar(notices)
        numbers = []
        for limit, stamps in files:
            calendar.begin_file(limit or datetime.date(2030, 1, 1))
            numbers.append([calendar.iso_day(stamp.encode()) if stamp[0].isdigit() else calendar.bsd_day(stamp.encode()) for stamp in stamps])
        calendar.settle()
        return [[calendar.date(number).isoformat() for number in row if number is not None] for row in numbers], notices


def test_year_comes_from_the_modification_time() -> None:
    assert days([(datetime.date(2017, 12, 10), ["Nov 30 10:00:00", "Dec  9 10:00:00"])])[0] == [["2017-11-30", "2017-12-09"]]
    assert days([(datetime.date(2018, 1, 2), ["Dec 30 10:00:00", "Dec 31 10:00:00"])])[0] == [["2017-12-30", "2017-12-31"]]


def test_new_year_within_a_file() -> None:
    assert days([(datetime.date(2018, 1, 2), ["Dec 31 23:59:59", "Jan  1 00:00:00"])])[0] == [["2017-12-31", "2018-01-01"]]


def test_zero_padded_day_of_postlogd() -> None:
    assert days([(datetime.date(2026, 11, 5), ["Nov 04 10:33:12"])])[0] == [["2026-11-04"]]


def test_twenty_months_of_monthly_files() -> None:
    months = [(2016, month) for month in range(4, 13)] + [(2017, month) for month in range(1, 12)]
    files: Files = []
    for year, month in months:
        name = datetime.date(year, month, 1).strftime("%b")
        after = datetime.date(year + month // 12, month % 12 + 1, 1)
        files.append((after, [f"{name}  1 00:00:00", f"{name} 28 00:00:00"]))
    expected = [[f"{year}-{month:02}-01", f"{year}-{month:02}-28"] for year, month in months]
    assert days(files)[0] == expected
    # The same when all files were copied on one day: only the last file's time is a limit worth having.
    copied = datetime.date(2017, 12, 1)
    assert days([(copied, stamps) for unused, stamps in files])[0] == expected


def test_29_february_needs_a_leap_year() -> None:
    assert days([(datetime.date(2027, 3, 1), ["Feb 29 10:00:00"])])[0] == [["2024-02-29"]]
    assert days([(datetime.date(2028, 3, 1), ["Feb 28 10:00:00", "Feb 29 10:00:00", "Mar  1 00:00:00"])])[0] == [["2028-02-28", "2028-02-29", "2028-03-01"]]


def test_dates_without_a_year_before_dates_with_one() -> None:
    files: Files = [(datetime.date(2030, 1, 1), ["Nov 23 10:00:00"]), (datetime.date(2030, 1, 1), ["Nov 24 09:00:00", "2026-11-24T10:00:00+00:00"])]
    assert days(files)[0] == [["2026-11-23"], ["2026-11-24", "2026-11-24"]]


def test_offsets_are_read_in_the_zone() -> None:
    stamps = ["2026-11-23T14:59:59Z", "2026-11-23T15:00:00Z", "2026-11-24T00:00:00+09:00", "2026-11-24T00:00:00"]
    assert days([(None, stamps)], "Asia/Tokyo")[0] == [["2026-11-23", "2026-11-24", "2026-11-24", "2026-11-24"]]
    assert days([(None, stamps)], "+09:00")[0] == [["2026-11-23", "2026-11-24", "2026-11-24", "2026-11-24"]]


def test_clock_set_back_is_no_new_year() -> None:
    dates, notices = days([(datetime.date(2026, 11, 25), ["Nov 24 10:00:00", "Nov 20 10:00:00", "Nov 24 11:00:00"])])
    assert dates == [["2026-11-24", "2026-11-20", "2026-11-24"]]
    assert "clock_jump" in notices


def test_boot_with_the_clock_at_1970() -> None:
    dates, notices = days([(datetime.date(2026, 11, 25), ["Nov 23 10:00:00", "Jan  1 00:00:05", "Nov 24 10:00:00"])])
    assert dates[0][0] == "2026-11-23"
    assert dates[0][2] == "2026-11-24"
    assert "clock_jump" in notices


def test_lines_around_new_year_out_of_order() -> None:
    stamps = ["Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01"]
    assert days([(datetime.date(2027, 1, 2), stamps)])[0] == [["2026-12-31", "2027-01-01", "2026-12-31", "2027-01-01"]]


def test_forged_dates_are_dates() -> None:
    assert days([(datetime.date(2026, 3, 1), ["Feb 30 10:00:00", "Feb 31 10:00:00"])])[0] == [["2026-02-28", "2026-02-28"]]
    assert days([(None, ["2026-02-30T10:00:00Z", "Abc 10 00:00:00", "Nov 99 00:00:00"])])[0] == [[]]


@pytest.mark.parametrize("name", ["Nowhere/City", "+25:00", "../../etc/passwd", "Asia/Tokyo;x", "-"])
def test_a_bad_zone_names_option_and_value(name: str) -> None:
    with pytest.raises(AuditError, match="timezone") as error:
        Zone(name)
    assert name in str(error.value)


def test_rfc3339_has_the_offset_in_force() -> None:
    with Zone("Europe/Berlin") as zone:
        assert zone.rfc3339(datetime.datetime(2026, 7, 1, 12)) == "2026-07-01T12:00:00+02:00"
        assert zone.rfc3339(datetime.datetime(2026, 12, 1, 12)) == "2026-12-01T12:00:00+01:00"
    with Zone("America/St_Johns") as zone:
        assert zone.rfc3339(datetime.datetime(2026, 12, 1, 12)) == "2026-12-01T12:00:00-03:30"
