# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins to mail boxes by protocol, apart from inbound mail. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

TLS = 'tls'
PLAINTEXT = 'plaintext'
LOCAL = 'local'             # from the host itself: no wire that anyone else could read
UNKNOWN = 'unknown'         # a line in a form of the administrator's own
KINDS = (TLS, PLAINTEXT, LOCAL, UNKNOWN)


class Logins:
    """Counts logins: (day number, protocol, kind) -> logins."""

    def __init__(self):
        self.counts = {}

    def add(self, day, protocol, kind, times=1):
        """Count logins. protocol: imap, pop3, submission or managesieve."""
        key = (day, protocol, kind)
        self.counts[key] = self.counts.get(key, 0) + times

    def merge(self, later, days):
        """Add those of the part that follows. days: its day numbers -> those here."""
        for (day, protocol, kind), count in later.counts.items():
            self.add(days[day], protocol, kind, count)

    def as_facts(self, calendar, wanted):
        """Return protocol -> kind -> logins, of the dates that are wanted; the calendar is settled."""
        facts = {}
        for (day, protocol, kind), count in self.counts.items():
            if wanted(calendar.date(day)):
                facts.setdefault(protocol, dict.fromkeys(KINDS, 0))[kind] += count
        return facts
