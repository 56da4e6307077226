# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files are a log's rotations, and which is older. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar
import datetime
import os
import re

# Compiled on first use: of a log that is named, and no glob, neither is needed.
# Behind a log's name: nothing, a generation (.1), a date (-20171105, .2017-11-05, -20171105-1509840001, or a month: Exim's %M), and a compression.
_ROTATION = (r'^(?:[._-]?(?P<date>(?:19|20)\d\d-?[01]\d(?:-?[0-3]\d)?)(?:[._T-]?\d{1,10})?|\.(?P<generation>\d{1,4}))?'
             r'(?:\.(?:gz|bz2|xz|zst|Z))?\Z')
# What editors, packagers and log shippers leave beside a log.
_LEFTOVER = r'(?:~|\.(?:tmp|swp|swo|swx|offset|pos|rpmsave|rpmnew|rpmorig|dpkg-[a-z]+|ucf-[a-z]+|bak|orig|lock|state|part|filepart))\Z'
_COMPRESSION_NAME = re.compile(r'\.(?:gz|bz2|xz|zst)\Z')


class LogName:
    """What a log's path tells: its live log, its place in the rotation, and the date in its name."""

    def __init__(self, path):
        self.path = path
        stem = _COMPRESSION_NAME.sub('', path)
        match = re.search(r'(?:[._-]?(?P<date>(?:19|20)\d\d-?[01]\d(?:-?[0-3]\d)?)(?:[._T-]?(?P<time>\d{1,10}))?|\.(?P<generation>\d{1,4}))\Z', stem)
        self.live = stem[:match.start()] if match and match.start() > len(os.path.dirname(stem)) + 1 else stem
        self.date = self.generation = None
        self._time = 0
        if match and self.live != stem:
            self.date = _as_date(match.group('date'))
            self.generation = int(match.group('generation')) if match.group('generation') else None
            self._time = int(match.group('time') or 0)

    def order(self):
        """Return a sort key, oldest first: dated files by date, then generations downwards, then the live log."""
        if self.date:
            return 1, self.date.toordinal(), self._time, self.path
        if self.generation is not None:
            return 2, -self.generation, 0, self.path
        return 3, 0, 0, self.path


def _as_date(text):
    if not text:
        return None
    digits = text.replace('-', '')
    try:
        if len(digits) == 6:
            # No line of a month's log is later than the month's last day.
            return datetime.date(int(digits[:4]), int(digits[4:]), calendar.monthrange(int(digits[:4]), int(digits[4:]))[1])
        return datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def is_log_of(pattern, path):
    """Tell whether a path that a glob matched is a log: of `NAME*` the log NAME and its rotations, of other globs, `*` among them, all but leftovers."""
    if re.search(_LEFTOVER, path):
        return False
    stem = os.path.basename(pattern)
    if len(stem) > 1 and stem.endswith('*') and not re.search(r'[*?\[]', stem[:-1]):
        return bool(re.match(_ROTATION, os.path.basename(path)[len(stem) - 1:]))
    return True
