# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lines of Exim 4's mainlog mean; exim_lines.py has their formats. PRIVATE to the collection.

Messages and refusals are counted as they come: each line tells its own TLS. Sessions are put together where +smtp_connection logs them.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import collections

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import syslog_lines, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import exim_lines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.exim_twins import Twins
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.reader import Reader
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import LOCAL

_MAX_KEPT = 2000
_MAX_CACHE = 50000


class Exim(Reader):
    """Reads chunks of whole lines: messages and refusals as they come, sessions where +smtp_connection logs them."""

    NAME = 'exim'

    def __init__(self, context):
        super(Exim, self).__init__(context)
        self._twins = Twins(context.headless)
        self._strays = collections.OrderedDict()    # client -> days on which it did something outside of any logged session
        self._ended = {}        # client -> its last session, about which a line may still come
        self._headless = context.headless
        self._connections = False   # the log tells of those
        self._met = False           # a line of Exim's
        self._service_of = {}       # host -> Service
        self._cells = {}            # (day, host, what MESSAGE tells) -> (cell of the tally, service number)

    def read(self, chunk, form):
        """Take in a chunk of whole lines. Return (lines that mattered, lines of this MTA, about)."""
        mail = matched = 0
        if form != syslog_lines.BSD and not self._host and exim_lines.OWN_LINE.search(chunk):
            rows = exim_lines.OWN_ROWS.findall(chunk)
            self._read_rows(rows)
            matched = len(rows)
            # Nearly always all lines are of one day, which is counted the fastest.
            lines = chunk.count(b'\n') - 1
            mail = lines if chunk.count(chunk[:12]) == lines else len(exim_lines.OWN_LINE.findall(chunk))
        if b' exim' in chunk:
            rows = [row for row in exim_lines.SYSLOG_ROWS.findall(chunk) if not self._host or row[1] + b' ' == self._host]
            self._read_rows(rows)
            matched += len(rows)
            mail += len(exim_lines.TAG.findall(chunk))
        self._met = self._met or bool(matched)
        return matched, mail

    @staticmethod
    def concerns(chunk, form):
        """Tell whether the chunk may hold lines of this MTA. Its own lines hold no word of their own: their time tells them."""
        return syslog_lines.holds(chunk, (b' exim',)) or form != syslog_lines.BSD and bool(exim_lines.OWN_LINE.search(chunk))

    def _read_rows(self, rows):
        seen = day = None
        cells, mark, message = self._cells, self._tally.mark, exim_lines.MESSAGE.match
        for stamp, host, process, message_id, verb, rest in rows:
            if stamp[:16] != seen:
                seen = stamp[:16]
                day = self._calendar.day(stamp)
                if day is not None:
                    self._tally.days.add(day)
            if day is None:
                continue
            if verb == b'<= ':
                match = message(rest)
                # A client's further message of the day, as it sent one before.
                known = cells.get((day, host, match.groups())) if match is not None and not self._connections else None
                if known is None:
                    self._message(host, day, message_id, verb, match, rest)
                else:
                    known[0][1] += 1
                    mark(known[1], day, message_id)
            elif verb == b'(= ':
                self._message(host, day, message_id, verb, message(rest), rest)
            elif verb == b'H=' or verb.endswith(b'rejected '):
                self._rejected(host, process, day, verb, rest)
            elif verb.endswith(b'SMTP connection from ') or verb.startswith(b'SMTP connection '):
                self._connection(host, day, verb, rest)
            else:
                self._broken(host, day, verb, rest)

    def _service(self, host):
        service = self._service_of.get(host)
        if service is None:
            if len(self._service_of) > _MAX_KEPT:
                self._service_of.clear()
            service = self._service_of[host] = self._services.get(host, b'exim', b'exim')
        return service

    def _message(self, host, day, message_id, verb, match, rest):
        if match is None:
            if not message_id or exim_lines.SUBMITTED.match(rest):
                return
            # A long line that syslog cut, or a name that is none: a client's message all the same.
            place, tls_class = b'', classes.UNKNOWN
            scope, tls_text = self._networks.scope(b'unknown'), b''
        else:
            place, address, protocol, tls_text = match.groups()
            tls_class = exim_lines.class_of(protocol)
            if tls_class is None:
                return      # handed over by a program that names the client: a scanner, not the client itself
            scope = self._networks.scope(address)
        service = self._service(host)
        group = self._tally.group(day, service.number, scope)
        if verb == b'(= ':
            self._tally.add(group, tls_class, 0, 0, 1, 0)
        else:
            self._tally.add(group, tls_class, 0, 1, 0, 0)
            self._tally.mark(service.number, day, message_id)
            if match is not None:
                if len(self._cells) >= _MAX_CACHE:
                    self._cells.clear()
                self._cells[(day, host, match.groups())] = group[tls_class], service.number
        self._evidence(host, day, service, place, tls_class, tls_text)

    def _rejected(self, host, process, day, verb, rest):
        match = (exim_lines.REJECTED if verb == b'H=' else exim_lines.REFUSED).match(rest)
        if match is None:
            return
        # Before anything else: services are numbered as they are met, in a part that is not sure of this refusal too.
        service = self._service(host)
        if host and process and not self._twins.is_first(host, process, day, verb, rest):
            if self._twins.overflowed:
                self._sessions.overflowed = True
            return
        place, address = match.group(1, 2)
        tls_text, tls_class, unknown_user = b'', classes.UNKNOWN, 0
        if verb == b'H=':
            tls_text = match.group(3)
            tls_class = classes.TLS if exim_lines.shows_tls(tls_text) else classes.SILENT
            unknown_user = 1 if exim_lines.UNKNOWN_USER.match(match.group(4)) else 0
        group = self._tally.group(day, service.number, self._networks.scope(address))
        self._tally.add(group, tls_class, 0, 0, 1, unknown_user)
        self._evidence(host, day, service, place, tls_class, tls_text)

    def _evidence(self, host, day, service, place, tls_class, tls_text):
        """Give what a line tells of a client's TLS to its open session; without one the log does not hold all sessions of the day."""
        if exim_lines.shows_tls(tls_text):
            self._tally.show_tls(service.number, day)
        key = host + b' ' + place
        session = self._sessions.open.get(key)
        if session is None:
            self._stray(key, day, service)
        elif not session.mixed:
            if tls_class == classes.TLS:
                self._under_tls(session, tls_text)
            elif tls_class == classes.PLAINTEXT or session.silent_class == classes.UNKNOWN:
                session.silent_class = tls_class

    def _under_tls(self, session, tls_text):
        session.handshake = True
        match = None if session.named else exim_lines.CIPHER.match(tls_text)
        if match is not None and session.client[0] != LOCAL:
            session.named = True
            self._tally.add_handshake(session.day, exim_lines.protocol(*match.group(1, 2)), match.group(3))

    def _stray(self, key, day, service):
        days = self._strays.get(key)
        if days is None:
            days = self._strays[key] = set()
            if len(self._strays) > _MAX_KEPT:
                self._strays.popitem(last=False)
        if day not in days:
            days.add(day)
            self._tally.hide_sessions(service.number, day)

    def _connection(self, host, day, verb, rest):
        begun = exim_lines.BEGUN.match(rest) if verb.startswith(b'SMTP') else None
        if begun is not None:
            if self._told_of_connections():
                return
            self._begin(host, day, begun)
            return
        match = exim_lines.AT_CLIENT.match(rest)
        if match is None:
            return
        key, more = host + b' ' + match.group(1), match.group(3)
        if verb.startswith(b'no MAIL'):
            self._no_mail(key, day, self._service(host), more)
        elif exim_lines.CLOSED.match(more) or more.startswith(exim_lines.LOST):
            if not more.startswith(exim_lines.LOST) and self._told_of_connections():
                return
            self._end(key, self._service(host), explains=not more.startswith(exim_lines.LOST))

    def _told_of_connections(self):
        """Note that the log tells of connections. Return whether this part has to be read again, behind what comes before it.

        What a line tells is then of a session that a part before may have, under a key that clients share.
        """
        self._connections = True
        if self._headless:
            self._sessions.overflowed = True
        return self._headless

    def _begin(self, host, day, begun):
        """Begin a session. Clients are told apart by address and port, which +incoming_port logs; without it several from one address at once
        are one as good as the other: each is counted, and what single lines say of TLS is not given to any of them.
        """
        place, address = begun.groups()
        key, client = host + b' ' + place, (self._networks.scope(address), address)
        service = self._service(host)
        self._ended.pop(key, None)
        first = self._sessions.open.get(key)
        mixed = first is not None and place.endswith(b']') and first.day == day
        if mixed:
            first.mixed = True
            first.others += 1
            key = _another(key, first.others)
        elif first is not None:
            self._notices.add('missing_disconnect', 'a client began a session while another of it was still open')
            self._end(key, service)
        self._sessions.begin(key, day, service, client)
        session = self._sessions.open[key]
        session.silent_class, session.others, session.mixed, session.named = classes.UNKNOWN, 0, mixed, False

    def _end(self, key, service, explains=False, failed=False):
        session = self._sessions.open.get(key)
        if session is None:
            days = self._strays.pop(key, ()) if explains else ()
            if explains and key not in self._ended:
                for day in days:
                    self._tally.hide_sessions(service.number, day, -1)
                self._notices.add('orphan_disconnect', 'a session ended that began before the logs do; it is not counted')
            return
        if session.others:
            session.others -= 1
            key = _another(key, session.others + 1)
            session = self._sessions.open.get(key, session)
        self._sessions.open.pop(key, None)
        session.failed = failed and not session.mixed
        self._sessions.end(session, session.silent_class)
        if len(self._ended) > _MAX_KEPT:
            self._ended.clear()
        self._ended[key] = session

    def _no_mail(self, key, day, service, more):
        """What +smtp_no_mail tells comes behind the line that closes the session."""
        shown = exim_lines.shows_tls(more)
        session = self._sessions.open.get(key)
        if session is not None:
            self._evidence(key.partition(b' ')[0], day, service, key.partition(b' ')[2], classes.TLS if shown else classes.SILENT, more)
            return
        session = self._ended.pop(key, None)
        if session is None:
            self._stray(key, day, service)
        elif not session.mixed:
            if session.tls_class == classes.UNKNOWN:
                self._tally.add(session.group, classes.UNKNOWN, -1, 0, 0, 0)
                self._tally.add(session.group, classes.TLS if shown else classes.SILENT, 1, 0, 0, 0)
            if shown:
                self._tally.show_tls(service.number, day)
                self._under_tls(session, exim_lines.tls_text(more))

    def _broken(self, host, day, verb, rest):
        """A handshake that failed, TLS that broke off, a client that went silent or away."""
        match = exim_lines.AT_CLIENT.match(rest)
        if match is None:
            return
        place, more = match.group(1, 3)
        key, service = host + b' ' + place, self._service(host)
        failed = verb.startswith(b'TLS error') and exim_lines.HANDSHAKE.match(more)
        under_tls = b' TLS ' in verb or (verb.startswith(b'TLS error') and exim_lines.UNDER_TLS.match(more))
        if key not in self._sessions.open:
            if key not in self._ended:
                self._stray(key, day, service)
        elif under_tls:
            self._evidence(host, day, service, place, classes.TLS, b'')
        if failed or not verb.startswith(b'TLS error'):
            self._end(key, service, failed=bool(failed))

    # --- merging

    def takes(self, later):
        """Tell whether a part that follows can be merged: only where no session here may be what its lines are of."""
        return not (self._connections and later._met)

    def merge(self, later, days):
        """Take in what a part that follows remembers of its lines."""
        self._met = self._met or later._met
        for host, process, day, verb, rest in self._twins.merge(later._twins):
            self._rejected(host, process, days[day], verb, rest)
        if self._twins.overflowed:
            self._sessions.overflowed = True
        for key, there in later._strays.items():
            service = self._service(key.partition(b' ')[0])
            for day in sorted(there):
                # What was tallied in the later part is taken back, and tallied here unless it was before.
                self._tally.hide_sessions(service.number, days[day], -1)
                self._stray(key, days[day], service)

    def dump(self):
        """Return what is remembered beside the tally, as lists of bytes and numbers."""
        return [self._met, [[key, sorted(days)] for key, days in self._strays.items()], self._twins.dump()]

    def load(self, memory):
        """Take what was dumped."""
        self._met = memory[0]
        self._strays.update((key, set(days)) for key, days in memory[1])
        self._twins.load(memory[2])


def _another(key, number):
    """Return the key of a client's further session at the same time."""
    return key + b'#' + str(number).encode('ascii')
