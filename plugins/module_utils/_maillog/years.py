# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which year the year-less times of a file are of. PRIVATE to the collection.

While a file is read each line gets a year relative to the file's first line; once all files of a rotation are read, the years are fixed backwards
from the newest file: a file ends no later than the day it was last written (its modification time, or the date in its name) and no later than the
next file begins.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar as gregorian
import datetime

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.stamps import FIRST_YEAR, LAST_YEAR

_ONE_DAY = datetime.timedelta(days=1)
# A drop of this many months is New Year; less is a clock that was set back.
NEW_YEAR_DROP = 6
# Whoever can write a log can write any date: no file reaches over more New Years than this.
MAX_NEW_YEARS = 30


class FileYears:
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
            self.year = min(turned(self.year, turn), MAX_NEW_YEARS)


# Turns of the year: New Year, back from a wrong clock's New Year, back over a true one.
FORWARD, BACK, BACK_A_DAY = 1, 0, -1


def turned(year, turn):
    """Return the relative year behind a turn. A log that goes back had gone ahead by a wrong clock; it never gets behind its first line."""
    return year + 1 if turn == FORWARD else year - 1 if turn == BACK_A_DAY or year > 0 else year


def year_before(known, month):
    """Return the relative year of a month that comes right before a known (year, month, day)."""
    return known[0] - 1 if known[1] <= month - NEW_YEAR_DROP else known[0]


def year_behind(known, month):
    """Return the relative year of a month that comes right behind a known (year, month, day)."""
    if month <= known[1] - NEW_YEAR_DROP:
        return turned(known[0], FORWARD)
    return turned(known[0], BACK) if month >= known[1] + NEW_YEAR_DROP else known[0]


def base_year(this, bound):
    """Return the year of the file's relative year 0."""
    limits = [limit for limit in (this.limit, bound) if limit is not None]
    if this.ends_absolute and this.first_absolute is not None:
        limits = [this.first_absolute]
    limit = min(limits + [datetime.date(LAST_YEAR, 12, 30)]) + _ONE_DAY
    year, month, day = this.last
    last_year = limit.year if (month, day) <= (limit.month, limit.day) else limit.year - 1
    base = last_year - year
    leap_years = [key[0] for key in this.days if key[1:] == (2, 29)]
    for back in range(9):
        if all(gregorian.isleap(base - back + leap) for leap in leap_years):
            return base - back
    return base


def date_of(year, month, day):
    """Return a date; 30 February and the like, which only a forged line holds, is the month's last day."""
    year = max(FIRST_YEAR, min(year, LAST_YEAR))
    return datetime.date(year, month, min(day, gregorian.monthrange(year, month)[1]))
