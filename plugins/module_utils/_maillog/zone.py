# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time zone that log times are read in. PRIVATE to the collection.

Python 2.7 and 3.6 have no zone database, the C library has: the zone is set through TZ for as long as logs are read.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar
import datetime
import os
import re
import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError

_OFFSET = re.compile(r'^([+-])(\d\d):?(\d\d)\Z')
_ZONE_FILES = ('/usr/share/zoneinfo', '/usr/lib/zoneinfo', '/usr/share/lib/zoneinfo')


def _posix_zone(name):
    """Return the TZ value for a zone name or an offset such as +09:00; raise AuditError when there is no such zone."""
    offset = _OFFSET.match(name)
    if offset and int(offset.group(2)) <= 14 and int(offset.group(3)) < 60:
        # POSIX counts offsets westward.
        return 'UTC%s%s:%s' % ('-' if offset.group(1) == '+' else '+', offset.group(2), offset.group(3))
    if name in ('UTC', 'GMT', 'Z'):
        return 'UTC0'
    if re.match(r'^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*\Z', name):
        if any(os.path.isfile(os.path.join(folder, name)) for folder in _ZONE_FILES):
            return name
    raise AuditError("timezone: '%s' is not a time zone that this host knows (such as Asia/Tokyo, UTC or +09:00)" % name)


class Zone:
    """A context in which local times are those of the zone.

    name: a zone's name, or an offset; None is the host's own zone.
    """

    def __init__(self, name=None):
        self._zone = _posix_zone(name) if name else None
        self._before = None

    def __enter__(self):
        self._before = os.environ.get('TZ')
        if self._zone:
            os.environ['TZ'] = self._zone
        time.tzset()
        return self

    def __exit__(self, *unused):
        if self._before is None:
            os.environ.pop('TZ', None)
        else:
            os.environ['TZ'] = self._before
        time.tzset()

    @staticmethod
    def local(epoch):
        """Return the zone's naive local time of seconds since 1970 UTC."""
        return datetime.datetime(*time.localtime(epoch)[:6])

    @staticmethod
    def epoch(date):
        """Return the beginning of a date in the zone as seconds since 1970 UTC; None of None."""
        return None if date is None else int(time.mktime(date.timetuple()))

    @staticmethod
    def rfc3339(local):
        """Return a naive local time as RFC 3339 text with the offset that was in force then."""
        epoch = time.mktime(local.timetuple())
        minutes = int(calendar.timegm(local.timetuple()) - epoch) // 60
        return '%s%s%02d:%02d' % (local.strftime('%Y-%m-%dT%H:%M:%S') if local.year >= 1900 else local.isoformat(),
                                  '-' if minutes < 0 else '+', abs(minutes) // 60, abs(minutes) % 60)
