# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stamp of a line says: day and time. PRIVATE to the collection.

RFC 3164 times carry neither year nor zone; RFC 3339 times carry both, or no zone where they are local.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime
import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone

MONTHS = dict((name, number) for number, name in enumerate(
    (b'Jan', b'Feb', b'Mar', b'Apr', b'May', b'Jun', b'Jul', b'Aug', b'Sep', b'Oct', b'Nov', b'Dec'), 1))

# With a blank in the place of the T, and another before the offset: Exim's own log.
_ISO = re.compile(br'(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)? ?(?:(Z)|([+-])(\d\d):?(\d\d))?')
_EPOCH = datetime.datetime(1970, 1, 1)
# No log has a year out of this range; a clock that lost its time says 1970.
FIRST_YEAR, LAST_YEAR = 1970, 2099


def month_day(stamp):
    """Return (month, day) of an RFC 3164 stamp, or None."""
    month = MONTHS.get(stamp[:3])
    try:
        day = int(stamp[4:6])
    except ValueError:
        return None
    return None if month is None or not 1 <= day <= 31 else (month, day)


def clock(stamp):
    """Return the time of day of an RFC 3164 stamp; midnight when it is none."""
    try:
        return datetime.time(int(stamp[7:9]), int(stamp[10:12]), min(59, int(stamp[13:15])))
    except ValueError:
        return datetime.time(0)


def is_one_day(first, last):
    """Tell whether two RFC 3339 stamps are of the same day in the zone in force."""
    first, last = iso_local(first), iso_local(last)
    return first is not None and last is not None and first.date() == last.date()


def iso_local(stamp):
    """Return an RFC 3339 stamp as naive local time in the zone in force; one without offset is local already."""
    match = _ISO.match(stamp)
    if match is None:
        return None
    try:
        if not FIRST_YEAR <= int(match.group(1)) <= LAST_YEAR:
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
