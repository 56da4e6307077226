# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one part of the logs yields, read without knowing the parts before it. PRIVATE to the collection.

A part is a range of a file that begins and ends at line ends, a whole file, or what was merged of several. Merging is associative, and what
is merged of all parts is what one read of the whole gives.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.calendar import Calendar
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.logins import Logins
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.merged_sessions import MergedSessions
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.registry import Readers
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.services import MAX_SERVICES, MAX_SERVICES_OF_HOSTS, Services
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.tally import Tally

# The value of `host_field` that splits a log by host.
EACH = 'each'


class Part:
    """All that is filled while a part of the logs is read.

    headless: what comes before it in the logs is not known, and will be merged later. Otherwise it begins where the logs do.
    """

    def __init__(self, networks, zone, include_clients, host_field, headless=False):
        self._made_with = networks, zone, include_clients, host_field
        self.networks = networks
        self.zone = zone
        self.headless = headless
        self.notices = Notices()
        self.splits_hosts = host_field == EACH
        self.services = Services(MAX_SERVICES_OF_HOSTS if self.splits_hosts else MAX_SERVICES)
        self.tally = Tally(lambda: self.services.rest().number)
        self.logins = Logins()
        self.calendar = Calendar(self.notices)
        self.sessions = MergedSessions(self.tally, self.notices, include_clients, headless)
        self.host = host_field.encode('utf-8') + b' ' if host_field and not self.splits_hosts else b''
        self.lines = {'read': 0, 'mail': 0, 'matched': 0, 'malformed': 0}
        self.mtas = set()
        self.file = FileLines()
        self.readers = Readers(self)

    def new_part(self):
        """Return an empty part that can be merged into this one."""
        return Part(*self._made_with, headless=True)

    def begin_file(self, limit, continues=False):
        """Begin the next file, or a part within it. limit: the date that the file was last written."""
        self.file = FileLines()
        self.calendar.begin_file(limit, continues)

    def limit_file(self, limit):
        """Set the date that the part's file was last written, as far as is known now."""
        self.calendar.limit_file(limit)

    def end_file(self, source):
        """End the file that was read, and tell its source what was in it."""
        source.lines, source.reason = self.file.lines, self.file.reason
        source.first, source.last = self.calendar.end_file(self.file.first, self.file.last)

    def end_log(self, notice):
        """End a log: what is still open there stays so, which is noted in these words, and its days get their years."""
        self.readers.end_log(notice)
        self.sessions.end_all(notice)
        self.calendar.settle()

    @property
    def overflowed(self):
        """Tell whether the part holds more than what merging keeps apart: it has to be read again, behind what comes before it."""
        return self.headless and (self.is_folded or any(of.overflowed for of in (self.sessions, self.tally, self.services, self.calendar)))

    @property
    def is_folded(self):
        """Tell whether there was too much to count all of it apart, or to tell all days apart."""
        return self.tally.folded or self.calendar.too_many_days

    def takes(self, later):
        """Tell whether the part that follows can be merged into this one; otherwise it has to be read again, behind this one."""
        return not later.overflowed

    def merge(self, later):
        """Take in the part that follows, which this one takes, and which is of no use afterwards."""
        new_file = not later.calendar.continues
        days = self.calendar.merge(later.calendar)
        self.notices.merge(later.notices)
        services = self.services.merge(later.services)
        self.tally.merge(later.tally, days, services)
        self.logins.merge(later.logins, days)

        def rebind(session):
            session.service = services[session.service.number]
            if not session.fragment:
                session.day = days[session.day]
                session.group = self.tally.group(session.day, session.service.number, session.client[0])

        self.readers.merge(later.readers, days)
        self.sessions.merge(later.sessions, rebind)
        for name, count in later.lines.items():
            self.lines[name] += count
        self.mtas |= later.mtas
        self.file = later.file if new_file else self.file.followed_by(later.file)


class FileLines:
    """The lines of one file, or part of it: how many, the times of the first and the last, as written, and what stopped reading."""

    def __init__(self, lines=0, first=None, last=None, reason=None):
        self.lines = lines
        self.first = first
        self.last = last
        self.reason = reason

    def followed_by(self, later):
        """Return what the file's two parts are together."""
        return FileLines(self.lines + later.lines, self.first or later.first, later.last or self.last, self.reason or later.reason)
