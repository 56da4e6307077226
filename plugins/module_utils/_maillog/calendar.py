# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Days of log lines. PRIVATE to the collection.

A day gets a number when it is met. Which date a number stands for is known once all files of a rotation are read (years.py).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import stamps, years

# Whoever can write a log can write any date: no more days than this are told apart.
MAX_DATES = 20000
MAX_TURNS = 1000


class Stamp:
    """One line's time: a day's number in its calendar, and the time of that day. Ordered only once the calendar is settled."""

    __slots__ = ('day', 'time')

    def __init__(self, day, time):
        self.day = day
        self.time = time


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
        self._file = years.FileYears(limit, continues)
        self._files.append(self._file)

    def limit_file(self, limit):
        """Set the date that the file being read was last written."""
        self._file.limit = limit

    def day(self, stamp):
        """Return the day number of a stamp of either form, or None when it is no time."""
        return self.iso_day(stamp) if stamp[:1].isdigit() else self.bsd_day(stamp)

    def bsd_day(self, stamp):
        """Return the day number of an RFC 3164 stamp (`Nov  4 10:31:47`, at least its first 6 bytes), or None."""
        month_day = stamps.month_day(stamp)
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
            if month <= this.month - years.NEW_YEAR_DROP:
                this.turn(years.FORWARD)
            elif month >= this.month + years.NEW_YEAR_DROP:
                self._notices.add('clock_jump', 'the log goes from month %d to month %d' % (this.month, month))
                # Either what looked like New Year was a wrong clock, or lines around midnight of New Year are out of order.
                this.turn(years.BACK_A_DAY if (this.month, this.day, month, day) == (1, 1, 12, 31) else years.BACK)
            elif (month - this.month) * 31 + day - this.day < -1:
                self._notices.add('clock_jump', 'the log goes back from %d-%d to %d-%d (month-day)' % (this.month, this.day, month, day))
        this.month, this.day = month, day

    def iso_day(self, stamp):
        """Return the day number, in the zone in force, of an RFC 3339 stamp, or None."""
        key = (stamp[:16], stamp[-6:])
        number = self._iso_cache.get(key)
        if number is None:
            local = stamps.iso_local(stamp)
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
            local = stamps.iso_local(stamp)
            return None if local is None else Stamp(self.iso_day(stamp), local.time())
        day = self.bsd_day(stamp)
        return None if day is None else Stamp(day, stamps.clock(stamp))

    def end_file(self, first, last):
        """Return the Stamps of a file's first and last line, given as bytes or None, once all that matters in it was read.

        They may be any program's lines: they limit the file's days but turn no page.
        """
        this = self._file
        ends = []
        for stamp, known, forward in ((first, this.first, False), (last, this.last, True)):
            month_day = stamps.month_day(stamp) if stamp and not stamp[:1].isdigit() else None
            if month_day is not None and known is not None:
                key = ((years.year_behind if forward else years.year_before)(known, month_day[0]),) + month_day
                self._number(this, key)
                if forward:
                    this.last, this.ends_absolute = key, False
                else:
                    this.first = key
                ends.append(Stamp(this.days[key], stamps.clock(stamp)))
            else:
                ends.append(self.stamp(stamp) if stamp else None)
        return ends

    def settle(self):
        """Fix the years of all files begun since the last call, newest first."""
        bound = None
        for this in reversed(self._files):
            if this.last is not None:
                base = years.base_year(this, bound)
                for (year, month, day), number in this.days.items():
                    self._dates[number] = years.date_of(base + year, month, day)
                bound = years.date_of(base + this.first[0], this.first[1], this.first[2])
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
            turned = [this.year]
            for turn in later.turns:
                this.turn(turn)
                turned.append(this.year)
            for (year, month, day), number in sorted(later.days.items(), key=lambda item: item[1]):
                days[number] = self._number(this, (turned[year], month, day))
            this.month, this.day = later.month, later.day
            this.first = this.first or (turned[later.first[0]],) + later.first[1:]
            this.last = (turned[later.last[0]],) + later.last[1:]
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
