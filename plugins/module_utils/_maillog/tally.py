# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts, by day, service, scope and class. Tallies of parts add up to the tally of the whole. PRIVATE to the collection.

Session classes while counting. Three of them are certain:
  tls         the handshake completed
  tls_failed  it was begun and never completed
  plaintext   proven by the session itself
The others depend on what the log could have shown, which is known only at its end (see visibility.py):
  silent      nothing tells TLS from plaintext unless TLS logging was on
  veiled      the counters tell STARTTLS, but the service may speak TLS from the first byte, which they do not show
  open        still open at the end of the logs, without TLS so far
  unknown     no line of the log says it, whatever its settings show of others
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import bisect
import re
import zlib

TLS = 'tls'
TLS_FAILED = 'tls_failed'
PLAINTEXT = 'plaintext'
SILENT = 'silent'
VEILED = 'veiled'
OPEN = 'open'
UNKNOWN = 'unknown'

# Protocol and cipher names come from the log: more different ones than this are counted as one.
MAX_NAMES = 200
# A slash is in what OpenSSL before 1.1 calls the version of most ciphers, TLSv1/SSLv3, and Sendmail logs.
_NAME = re.compile(br'^[A-Za-z0-9_][A-Za-z0-9._:+/-]{0,63}\Z')
OTHER = 'other'
# A central log may hold many hosts, services and days, whose names it chooses: the counts of more days of services than this go to the rest, day by day.
# Each takes about half a KiB for each scope.
MAX_PLACES = 40000
# So many different names on different days are counted apart.
MAX_NAMED = 20000
# Of two logs of the same mail one may lack a part of the day: so many of the smallest marks meet even then.
MAX_MARKS = 32


class Tally:
    """Adds up sessions, messages and rejects.

    groups: (day number, service number, scope) -> {class: [sessions, messages, rejected commands, of these unknown user]}
    protocols, ciphers: (day number, name) -> sessions of the scopes internal and external
    tls_days: service number -> set of the days on which the log showed TLS of that service
    uncounted: (day number, service number) -> what clients did that day outside of any session that was logged. Above 0 the log did not
    hold all sessions of the service: their count is not known, whatever was tallied of them
    marks: (day number, service number) -> a few numbers made of message ids, by which two logs that hold the same mail are known
    folded: there were too many places or names to count each apart; which ones are, depends on the order in which they were met
    rest: called for the number of the service that takes what is not counted apart
    """

    def __init__(self, rest=None):
        self._rest = rest
        self._places = set()        # (day number, service number) that are counted apart
        self.folded = False
        self.groups = {}
        self.protocols = {}
        self.ciphers = {}
        self.tls_days = {}
        self.uncounted = {}
        self.marks = {}
        self.days = set()
        self.overflowed = False     # names were counted as one that a part before this one may tell apart
        self._names = {}
        self._names_in_order = []

    def group(self, day, service, scope):
        """Return the cells of a day, service and scope, to be handed to `add`."""
        key = (day, service, scope)
        group = self.groups.get(key)
        if group is None:
            key = (day, self._place(day, service), scope)
            group = self.groups.setdefault(key, {})
        return group

    def _place(self, day, service):
        """Return the number of the service that what was counted of one on a day goes to: itself, or the rest."""
        place = (day, service)
        if place not in self._places:
            if len(self._places) >= MAX_PLACES:
                self.folded = True
                return self._rest()
            self._places.add(place)
        return service

    @staticmethod
    def add(group, tls_class, sessions, messages, rejected, unknown_user):
        """Add to one cell of a group."""
        cell = group.get(tls_class)
        if cell is None:
            group[tls_class] = [sessions, messages, rejected, unknown_user]
        else:
            cell[0] += sessions
            cell[1] += messages
            cell[2] += rejected
            cell[3] += unknown_user

    def add_handshake(self, day, protocol, cipher):
        """Count a session's TLS protocol and cipher, given as bytes."""
        for counts, name in ((self.protocols, protocol), (self.ciphers, cipher)):
            self._add_name(counts, day, self.meet(name), 1)

    def _add_name(self, counts, day, text, times):
        key = (day, text)
        if key not in counts and len(counts) >= MAX_NAMED:
            self.folded = True
            key = (day, OTHER)
        counts[key] = counts.get(key, 0) + times

    def meet(self, name):
        """Return the text that a protocol or cipher, given as bytes, is counted under."""
        text = self._names.get(name)
        if text is None:
            if not _NAME.match(name):
                return OTHER
            if len(self._names) >= MAX_NAMES:
                self.overflowed = True
                return OTHER
            text = self._names[name] = name.decode('ascii')
            self._names_in_order.append(text)
        return text

    def show_tls(self, service, day):
        """Note that TLS of the service was logged on that day; None is a time that no calendar has."""
        if day is None:
            return
        days = self.tls_days.get(service)
        if days is None or day not in days:
            self.tls_days.setdefault(self._place(day, service), set()).add(day)

    def hide_sessions(self, service, day, times=1):
        """Note that a client did something on that day outside of any session that was logged. times: -1 takes one back."""
        key = (day, self._place(day, service))
        self.uncounted[key] = self.uncounted.get(key, 0) + times

    def mark(self, service, day, message_id):
        """Keep the smallest of the numbers that stand for a day's message ids: the same mail has the same ones in any log."""
        number = zlib.crc32(message_id) & 0xffffffff
        marks = self.marks.get((day, service))
        if marks is None or len(marks) < MAX_MARKS or number < marks[-1]:
            self._mark(service, day, number)

    def _mark(self, service, day, number):
        if self._place(day, service) != service:
            return      # the rest is mail of several
        marks = self.marks.get((day, service))
        if marks is None:
            self.marks[day, service] = [number]
        elif number < marks[-1] or len(marks) < MAX_MARKS:
            if number not in marks:
                bisect.insort(marks, number)
                del marks[MAX_MARKS:]

    def merge(self, later, days, services):
        """Add the tally of the part that follows. days: its day numbers -> those here; services: its service numbers -> the Services here."""
        for (day, service, scope), cells in later.groups.items():
            group = self.group(days[day], services[service].number, scope)
            for tls_class, cell in cells.items():
                self.add(group, tls_class, *cell)
        names = dict((name, self.meet(name.encode('ascii'))) for name in later.names_in_order())
        for counts, more in ((self.protocols, later.protocols), (self.ciphers, later.ciphers)):
            for (day, name), count in more.items():
                self._add_name(counts, days[day], names.get(name, OTHER), count)
        for service, shown in later.tls_days.items():
            for day in shown:
                self.show_tls(services[service].number, days[day])
        for (day, service), times in later.uncounted.items():
            self.hide_sessions(services[service].number, days[day], times)
        for (day, service), numbers in later.marks.items():
            for number in numbers:
                self._mark(services[service].number, days[day], number)
        self.days.update(days[day] for day in later.days)
        self.overflowed = self.overflowed or later.overflowed
        self.folded = self.folded or later.folded

    def restored(self):
        """Take in that all was filled with what was dumped of another one."""
        self._places.update((day, service) for day, service, unused in self.groups)
        self._places.update((day, service) for service, days in self.tls_days.items() for day in days)
        for places in (self.uncounted, self.marks):
            self._places.update(places)

    def names_in_order(self):
        """Return the names of protocols and ciphers in the order in which they were first met."""
        return self._names_in_order
