# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lines of Exim 4's mainlog mean; exim_lines.py has their formats. PRIVATE to the collection.

Messages and refusals are counted as they come: each line tells its own TLS. Sessions are put together where +smtp_connection logs them
(exim_sessions.py). What a line tells of a client's session waits, in a part of a log, for the parts before where they may know of one.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import syslog_lines, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import exim_lines, exim_sessions
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.deferred import Deferred
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.exim_twins import Twins
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.reader import Reader

_MAX_KEPT = 2000
_MAX_CACHE = 50000


class Exim(Reader):
    """Reads chunks of whole lines: messages and refusals as they come, sessions where +smtp_connection logs them."""

    NAME = 'exim'

    def __init__(self, context):
        super(Exim, self).__init__(context)
        self._twins = Twins(context.headless)
        self._clients = exim_sessions.Clients(context)
        self._headless = context.headless
        self._deferred = Deferred()
        self._deferred_last = {}    # `HOST CLIENT` -> clock of its last deferred line
        self._connections = False   # the log tells of those
        self._service_of = {}       # host -> Service
        self._cells = {}            # (day, host, what MESSAGE tells) -> (cell of the tally, service number)

    def read(self, chunk, form):
        """Take in a chunk of whole lines. Return (lines that mattered, lines of this MTA, about)."""
        own, logged = form != syslog_lines.BSD and not self._host and syslog_lines.OWN_LINE.search(chunk), b' exim' in chunk
        mail = 0
        if own:
            # Nearly always all lines are of one day, which is counted the fastest.
            lines = chunk.count(b'\n') - 1
            mail = lines if chunk.count(chunk[:12]) == lines else len(syslog_lines.OWN_LINE.findall(chunk))
        if logged:
            mail += len(exim_lines.TAG.findall(chunk))
        if own and logged:
            rows = _in_order(chunk)
        else:
            rows = exim_lines.OWN_ROWS.findall(chunk) if own else exim_lines.SYSLOG_ROWS.findall(chunk) if logged else []
        if self._host:
            rows = [row for row in rows if row[1] + b' ' == self._host]
        self._read_rows(rows)
        return len(rows), mail

    def _read_rows(self, rows):
        seen = day = None
        cells, mark, message = self._cells, self._tally.mark, exim_lines.MESSAGE.match
        clients = self._clients
        for stamp, host, process, message_id, verb, rest in rows:
            clients.clock += 1
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
            else:
                self._at_client(host, day, verb, rest)

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
        taken = self._evidence(host, day, service, place, tls_class, tls_text)
        if taken and match is not None and verb == b'<= ':
            if len(self._cells) >= _MAX_CACHE:
                self._cells.clear()
            self._cells[(day, host, match.groups())] = group[tls_class], service.number

    def _rejected(self, host, process, day, verb, rest):
        refused = _refused(verb, rest)
        if refused is not None:
            self._evidence(host, day, self._service(host), refused.group(1), *_tls_of_refusal(verb, refused))
            self._count_refusal(host, process, day, verb, rest)

    def _count_refusal(self, host, process, day, verb, rest):
        """Count a refusal, unless syslog has it twice and this is the second."""
        if host and process and not self._twins.is_first(host, process, day, verb, rest):
            if self._twins.overflowed:
                self._sessions.overflowed = True
            return
        refused = _refused(verb, rest)
        unknown_user = 1 if verb == b'H=' and exim_lines.UNKNOWN_USER.match(refused.group(4)) else 0
        group = self._tally.group(day, self._service(host).number, self._networks.scope(refused.group(2)))
        self._tally.add(group, _tls_of_refusal(verb, refused)[0], 0, 0, 1, unknown_user)

    def _evidence(self, host, day, service, place, tls_class, tls_text):
        """Give what a line tells of a client's TLS to its session. Return whether that could be done now."""
        if exim_lines.shows_tls(tls_text):
            self._tally.show_tls(service.number, day)
        key = host + b' ' + place
        if self._defers(key, day, _CLASSES.index(tls_class), b'', tls_text):
            return False
        self._clients.evidence(key, day, service, tls_class, tls_text)
        return True

    def _at_client(self, host, day, verb, rest):
        """A line about a connection: its begin and end, or what broke it."""
        begun = exim_lines.BEGUN.match(rest) if verb.startswith(b'SMTP') else None
        match = begun or exim_lines.AT_CLIENT.match(rest)
        if match is None:
            return
        self._connections = self._connections or begun is not None or _closes(verb, match)
        key = host + b' ' + match.group(1)
        service = self._service(host)
        if self._defers(key, day, _OF_CONNECTION, verb, rest):
            return
        if begun is not None:
            self._clients.begin(key, day, service, (self._networks.scope(begun.group(2)), begun.group(2)))
        elif verb.startswith(b'no MAIL'):
            self._clients.no_mail(key, day, service, match.group(3))
        elif verb.startswith(b'SMTP connection '):
            closes = _closes(verb, match)
            if closes or match.group(3).startswith(exim_lines.LOST):
                self._clients.end(key, service, explains=closes)
        else:
            in_tls = verb.startswith(b'TLS error')
            failed = bool(in_tls and exim_lines.HANDSHAKE.match(match.group(3)))
            under_tls = b' TLS ' in verb or in_tls and exim_lines.UNDER_TLS.match(match.group(3))
            self._clients.broken(key, day, service, under_tls, failed, failed or not in_tls)

    def _defers(self, key, day, *line):
        """Keep a line of a client for the part before, which may know of a session of his. Return whether it does."""
        if not self._headless:
            return False
        clock, window = self._clients.clock, exim_sessions.WINDOW
        if clock >= window and clock - self._deferred_last.get(key, -window) >= window:
            return False
        self._deferred_last[key] = clock
        self._deferred.add([clock, key, day] + list(line))
        if self._deferred.overflowed:
            self._sessions.overflowed = True
        return True

    def end_log(self, notice):
        """Take in that no more lines of this log come."""
        self._clients.end_all(notice)

    # --- merging

    def merge(self, later, days):
        """Read what a part that follows has deferred, behind the lines of this one, and take in what it knows."""
        for host, process, day, verb, rest in self._twins.merge(later._twins):
            self._count_refusal(host, process, days[day], verb, rest)
        if self._twins.overflowed:
            self._sessions.overflowed = True
        begun = self._clients.clock
        for clock, key, day, kind, verb, rest in later._deferred.lines:
            self._clients.clock = begun + clock
            host, unused, place = key.partition(b' ')
            if kind == _OF_CONNECTION:
                self._at_client(host, days[day], verb, rest)
            elif not self._defers(key, days[day], kind, verb, rest):
                self._clients.evidence(key, days[day], self._service(host), _CLASSES[kind], rest)
        self._clients.adopt(later._clients, begun, days, self._service_of_key)
        self._connections = self._connections or later._connections

    def _service_of_key(self, key):
        return self._service(key.partition(b' ')[0])

    def dump(self):
        """Return what is remembered beside the tally, as lists of bytes and numbers."""
        return [self._connections, self._deferred.dump(), self._twins.dump(), self._clients.dump()]

    def load(self, memory):
        """Take what was dumped."""
        self._connections = memory[0]
        self._deferred.load(memory[1])
        self._deferred_last.update((line[1], line[0]) for line in self._deferred.lines)
        self._twins.load(memory[2])
        self._clients.load(memory[3], self._service_of_key)


# Kinds of deferred lines: the class that one gives evidence of, or one about a connection.
_CLASSES = (classes.TLS, classes.PLAINTEXT, classes.SILENT, classes.UNKNOWN)
_OF_CONNECTION = len(_CLASSES)


def _in_order(chunk):
    """Return the rows of a chunk that holds lines of both forms."""
    found = [(match.start(), match.groups(b'')) for rows in (exim_lines.OWN_ROWS, exim_lines.SYSLOG_ROWS) for match in rows.finditer(chunk)]
    return [row for unused, row in sorted(found)]


def _closes(verb, match):
    """Tell whether a line says that a connection ended, as +smtp_connection has it."""
    return verb.startswith(b'SMTP connection ') and bool(exim_lines.CLOSED.match(match.group(3)))


def _refused(verb, rest):
    """Return the match of a refusal, with the client's place and address first, or None."""
    return (exim_lines.REJECTED if verb == b'H=' else exim_lines.REFUSED).match(rest)


def _tls_of_refusal(verb, refused):
    """Return (class, what tells it)."""
    if verb != b'H=':
        return classes.UNKNOWN, b''
    return classes.TLS if exim_lines.shows_tls(refused.group(3)) else classes.SILENT, refused.group(3)
