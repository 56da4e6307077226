# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Days of log lines, and the years that BSD timestamps leave out. PRIVATE to the collection.

RFC 3164 times carry neither year nor zone. While a file is read each line gets a year relative to the file's first line; once all
files of a rotation are read, the years are fixed backwards from the newest file: a file ends no later than the day it was
last written (its modification time, or the date in its name) and no later than the next file begins.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar as gregorian
import datetime
import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone

MONTHS = dict((name, number) for number, name in enumerate(
    (b'Jan', b'Feb', b'Mar', b'Apr', b'May', b'Jun', b'Jul', b'Aug', b'Sep', b'Oct', b'Nov', b'Dec'), 1))

# With a blank in the place of the T, and another before the offset: Exim's own log.
_ISO = re.compile(br'(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)? ?(?:(Z)|([+-])(\d\d):?(\d\d))?')
_EPOCH = datetime.datetime(1970, 1, 1)
_ONE_DAY = datetime.timedelta(days=1)
# A drop of this many months is New Year; less is a clock that was set back.
_NEW_YEAR_DROP = 6
# Whoever can write a log can write any date. No file reaches over more New Years than this, no log has a year out of this range (a clock
# that lost its time says 1970), and no more days than this are told apart.
MAX_NEW_YEARS = 30
_FIRST_YEAR, _LAST_YEAR = 1970, 2099
MAX_DATES = 20000
MAX_TURNS = 1000


class Stamp:
    """One line's time: a day's number in its calendar, and the time of that day. Ordered only once the calendar is settled."""

    __slots__ = ('day', 'time')

    def __init__(self, day, time):
        self.day = day
        self.time = time


class _File:
    """What one file's year-less times say, and what limits them.

    Years are relative to the file's first year-less line. In a part that begins within a file (`continues`) nobody knows yet which year that
    part begins in: there the `year` is the number of the turn of the year, and `turns` has all of them, to be counted again when merged.
    """

    def __init__(self, limit, continues=False):
        self.limit = limit          # a date: no line of the file is later (but for a day's grace)
        self.continues = continues
        self.turns = []
        self.year = 0
        self.month = None
        self.day = None
        self.days = {}              # (relative year, month, day) -> day number
        self.first = None           # relative (year, month, day)
        self.last = None
        self.first_absolute = None  # a date
        self.ends_absolute = False

    def turn(self, turn):
        """Take a turn of the year."""
        if self.continues:
            self.turns.append(turn)
            self.year = len(self.turns)
        else:
            self.year = min(_turned(self.year, turn), MAX_NEW_YEARS)


# Turns of the year: New Year, back from a wrong clock's New Year, back over a true one.
_FORWARD, _BACK, _BACK_A_DAY = 1, 0, -1


def _turned(year, turn):
    """Return the relative year behind a turn. A log that goes back had gone ahead by a wrong clock; it never gets behind its first line."""
    return year + 1 if turn == _FORWARD else year - 1 if turn == _BACK_A_DAY or year > 0 else year


class Calendar:
    """Numbers the days of log lines, file by file in true order.

    Day numbers are small integers, good as keys; `settle()` turns them into dates.
    """

    def __init__(self, notices):
        self._notices = notices
        self._files = []
        self._file = None
        self._dates = []            # day number -> date, or (file, relative year, month, day) until settled
        self._absolute = {}         # date -> day number
        self._iso_cache = {}
        self.too_many_days = False  # which ones were taken depends on the order in which they came

    def begin_file(self, limit, continues=False):
        """Begin the next file in order. limit: the date that the file was last written, or None. continues: what follows is not its beginning."""
        self._file = _File(limit, continues)
        self._files.append(self._file)

    def limit_file(self, limit):
        """Set the date that the file being read was last written."""
        self._file.limit = limit

    def day(self, stamp):
        """Return the day number of a stamp of either form, or None when it is no time."""
        return self.iso_day(stamp) if stamp[:1].isdigit() else self.bsd_day(stamp)

    def bsd_day(self, stamp):
        """Return the day number of an RFC 3164 stamp (`Nov  4 10:31:47`, at least its first 6 bytes), or None."""
        month_day = _month_day(stamp)
        if month_day is None:
            return None
        this = self._file
        if month_day != (this.month, this.day):
            self._turn_page(this, *month_day)
        key = (this.year,) + month_day
        if key not in this.days and len(self._dates) - len(self._absolute) >= MAX_DATES:
            self._note_too_many()
            return None
        number = self._number(this, key)
        if this.first is None:
            this.first = key
        this.last = key
        this.ends_absolute = False
        return number

    def _number(self, this, key):
        number = this.days.get(key)
        if number is None:
            number = this.days[key] = len(self._dates)
            self._dates.append((this,) + key)
        return number

    def _turn_page(self, this, month, day):
        """Move to another day of the same file; tell New Year from a clock that was set."""
        if this.month is not None:
            if month <= this.month - _NEW_YEAR_DROP:
                this.turn(_FORWARD)
            elif month >= this.month + _NEW_YEAR_DROP:
                self._notices.add('clock_jump', 'the log goes from month %d to month %d' % (this.month, month))
                # Either what looked like New Year was a wrong clock, or lines around midnight of New Year are out of order.
                this.turn(_BACK_A_DAY if (this.month, this.day, month, day) == (1, 1, 12, 31) else _BACK)
            elif (month - this.month) * 31 + day - this.day < -1:
                self._notices.add('clock_jump', 'the log goes back from %d-%d to %d-%d (month-day)' % (this.month, this.day, month, day))
        this.month, this.day = month, day

    def iso_day(self, stamp):
        """Return the day number, in the zone in force, of an RFC 3339 stamp, or None."""
        key = (stamp[:16], stamp[-6:])
        number = self._iso_cache.get(key)
        if number is None:
            local = _iso_local(stamp)
            if local is None:
                return None
            if len(self._iso_cache) > 20000:
                self._iso_cache.clear()
            number = self._date_number(local.date())
            if number is None:
                return None
            self._iso_cache[key] = number
        this = self._file
        if not this.ends_absolute:
            this.ends_absolute = True
            if this.first_absolute is None:
                this.first_absolute = self._dates[number]
        return number

    @staticmethod
    def is_one_day(first, last):
        """Tell whether two RFC 3339 stamps are of the same day in the zone in force."""
        first, last = _iso_local(first), _iso_local(last)
        return first is not None and last is not None and first.date() == last.date()

    def _date_number(self, date, limit=MAX_DATES):
        number = self._absolute.get(date)
        if number is None:
            if len(self._absolute) >= limit:
                self._note_too_many()
                return None
            number = self._absolute[date] = len(self._dates)
            self._dates.append(date)
        return number

    def _note_too_many(self):
        self.too_many_days = True
        self._notices.add('too_many_days', 'lines of more than %d different days; those of further days are not counted' % MAX_DATES)

    def stamp(self, stamp):
        """Return the Stamp of a line's time given as bytes, or None when it is no time."""
        if stamp[:1].isdigit():
            local = _iso_local(stamp)
            return None if local is None else Stamp(self.iso_day(stamp), local.time())
        day = self.bsd_day(stamp)
        return None if day is None else Stamp(day, _clock(stamp))

    def end_file(self, first, last):
        """Return the Stamps of a file's first and last line, given as bytes or None, once all that matters in it was read.

        They may be any program's lines: they limit the file's days but turn no page.
        """
        this = self._file
        stamps = []
        for stamp, known, forward in ((first, this.first, False), (last, this.last, True)):
            month_day = _month_day(stamp) if stamp and not stamp[:1].isdigit() else None
            if month_day is not None and known is not None:
                key = ((_year_behind if forward else _year_before)(known, month_day[0]),) + month_day
                self._number(this, key)
                if forward:
                    this.last, this.ends_absolute = key, False
                else:
                    this.first = key
                stamps.append(Stamp(this.days[key], _clock(stamp)))
            else:
                stamps.append(self.stamp(stamp) if stamp else None)
        return stamps

    def settle(self):
        """Fix the years of all files begun since the last call, newest first."""
        bound = None
        for this in reversed(self._files):
            if this.last is not None:
                base = _base_year(this, bound)
                for (year, month, day), number in this.days.items():
                    self._dates[number] = _date(base + year, month, day)
                bound = _date(base + this.first[0], this.first[1], this.first[2])
            if this.first_absolute is not None and (bound is None or this.first_absolute < bound):
                bound = this.first_absolute
        self._files = []

    def date(self, number):
        """Return the date of a day number; only after settle()."""
        return self._dates[number]

    def local(self, stamp):
        """Return a Stamp as naive local time; only after settle()."""
        return datetime.datetime.combine(self._dates[stamp.day], stamp.time)

    def merge(self, later):
        """Take in the days of the part that follows. Return the day numbers here, by the numbers there."""
        days = {}
        for number, date in enumerate(later._dates):
            if isinstance(date, datetime.date):
                days[number] = self._date_number(date, 2 * MAX_DATES)
        for position, file in enumerate(later._files):
            if position == 0 and file.continues:
                self._go_on(self._file, file, days)
                continue
            self._files.append(file)
            for key, number in sorted(file.days.items(), key=lambda item: item[1]):
                file.days[key] = days[number] = len(self._dates)
                self._dates.append((file,) + key)
            self._file = file
        if max(len(self._absolute), len(self._dates) - len(self._absolute)) > MAX_DATES or later.too_many_days:
            self.too_many_days = True
        return days

    def content(self):
        """Return the files that are not settled yet and all dates by number, to be dumped."""
        return self._files, self._dates

    def restore(self, file, date):
        """Number the next day as it was dumped: a date, or (relative year, month, day) of a file."""
        number = len(self._dates)
        if file is None:
            self._absolute[date] = number
            self._dates.append(date)
        else:
            file.days[date] = number
            self._dates.append((file,) + date)

    def _go_on(self, this, later, days):
        """Go on within a file with the part of it that follows."""
        if later.first is not None:
            self._turn_page(this, later.first[1], later.first[2])
            years = [this.year]
            for turn in later.turns:
                this.turn(turn)
                years.append(this.year)
            for (year, month, day), number in sorted(later.days.items(), key=lambda item: item[1]):
                days[number] = self._number(this, (years[year], month, day))
            this.month, this.day = later.month, later.day
            this.first = this.first or (years[later.first[0]],) + later.first[1:]
            this.last = (years[later.last[0]],) + later.last[1:]
        this.first_absolute = this.first_absolute or later.first_absolute
        if later.last is not None or later.first_absolute is not None:
            this.ends_absolute = later.ends_absolute

    @property
    def continues(self):
        """Tell whether a part begins within a file."""
        return self._files[0].continues

    @property
    def overflowed(self):
        """Tell whether a part turns the year too often to be merged: a log of forged times."""
        return any(len(file.turns) > MAX_TURNS for file in self._files)


def _month_day(stamp):
    """Return (month, day) of an RFC 3164 stamp, or None."""
    month = MONTHS.get(stamp[:3])
    try:
        day = int(stamp[4:6])
    except ValueError:
        return None
    return None if month is None or not 1 <= day <= 31 else (month, day)


def _clock(stamp):
    """Return the time of day of an RFC 3164 stamp; midnight when it is none."""
    try:
        return datetime.time(int(stamp[7:9]), int(stamp[10:12]), min(59, int(stamp[13:15])))
    except ValueError:
        return datetime.time(0)


def _year_before(known, month):
    """Return the relative year of a month that comes right before a known (year, month, day)."""
    return known[0] - 1 if known[1] <= month - _NEW_YEAR_DROP else known[0]


def _year_behind(known, month):
    """Return the relative year of a month that comes right behind a known (year, month, day)."""
    if month <= known[1] - _NEW_YEAR_DROP:
        return _turned(known[0], _FORWARD)
    return _turned(known[0], _BACK) if month >= known[1] + _NEW_YEAR_DROP else known[0]


def _base_year(this, bound):
    """Return the year of the file's relative year 0."""
    limits = [limit for limit in (this.limit, bound) if limit is not None]
    if this.ends_absolute and this.first_absolute is not None:
        limits = [this.first_absolute]
    limit = min(limits + [datetime.date(_LAST_YEAR, 12, 30)]) + _ONE_DAY
    year, month, day = this.last
    last_year = limit.year if (month, day) <= (limit.month, limit.day) else limit.year - 1
    base = last_year - year
    leap_years = [key[0] for key in this.days if key[1:] == (2, 29)]
    for back in range(9):
        if all(gregorian.isleap(base - back + leap) for leap in leap_years):
            return base - back
    return base


def _date(year, month, day):
    """Return a date; 30 February and the like, which only a forged line holds, is the month's last day."""
    year = max(_FIRST_YEAR, min(year, _LAST_YEAR))
    return datetime.date(year, month, min(day, gregorian.monthrange(year, month)[1]))


def _iso_local(stamp):
    """Return an RFC 3339 stamp as naive local time in the zone in force; one without offset is local already."""
    match = _ISO.match(stamp)
    if match is None:
        return None
    try:
        if not _FIRST_YEAR <= int(match.group(1)) <= _LAST_YEAR:
            return None
        # A leap second, or a time that no clock shows: the date still says when it was, and whoever writes such a line must not hide others of that day.
        hour, minute, second = (min(most, int(part or 0)) for most, part in zip((23, 59, 59), match.group(4, 5, 6)))
        written = datetime.datetime(int(match.group(1)), int(match.group(2)), int(match.group(3)), hour, minute, second)
        if match.group(7):
            offset = 0
        elif match.group(8):
            offset = int(match.group(9)) * 3600 + int(match.group(10)) * 60
            offset = -offset if match.group(8) == b'-' else offset
        else:
            return written
        since_epoch = written - _EPOCH
        return Zone.local(since_epoch.days * 86400 + since_epoch.seconds - offset)
    except (ValueError, OverflowError, OSError):
        return None
