# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part's calendar as plain data, and back. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime


def dump(calendar):
    """Return the days of an unsettled calendar as data."""
    files, dates = calendar.content()
    number = dict((id(file), position) for position, file in enumerate(files))
    return {
        'files': [{
            'limit': _iso(file.limit), 'continues': file.continues, 'turns': file.turns, 'year': file.year, 'month': file.month, 'day': file.day,
            'first': file.first, 'last': file.last, 'first_absolute': _iso(file.first_absolute), 'ends_absolute': file.ends_absolute,
        } for file in files],
        'dates': [date.isoformat() if isinstance(date, datetime.date) else [number[id(date[0])]] + list(date[1:]) for date in dates],
    }


def load(data, calendar):
    """Fill a new calendar with what was dumped of one."""
    for row in data['files']:
        calendar.begin_file(_date(row['limit']), row['continues'])
        file = calendar.content()[0][-1]
        file.turns = list(row['turns'])
        file.year, file.month, file.day = row['year'], row['month'], row['day']
        file.first, file.last = [tuple(key) if key else None for key in (row['first'], row['last'])]
        file.first_absolute, file.ends_absolute = _date(row['first_absolute']), row['ends_absolute']
    for date in data['dates']:
        if isinstance(date, list):
            calendar.restore(calendar.content()[0][date[0]], tuple(date[1:]))
        else:
            calendar.restore(None, _date(date))


def _iso(date):
    return None if date is None else date.isoformat()


def _date(text):
    return None if text is None else datetime.date(*[int(number) for number in text.split('-')])
