# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions put together from what Exim logs of connections, and what clients did outside of any. PRIVATE to the collection.

Clients are told apart by address and port, which +incoming_port logs; without it several sessions from one address at once are one as good as
the other: each is counted, and what single lines say of TLS is not given to any of them.

What is known of a client is forgotten once `WINDOW` lines of Exim's came without one of that client. So what a part of a log says of a client
behind that many of its lines does not depend on the parts before.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import exim_lines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import LOCAL
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.sessions import Session

WINDOW = 10000
_NEVER_ENDED = 'no line told of the end of a session'


class Connection(Session):
    """One session of a client."""

    by_queue = False
    mixed = False                       # another one was open at the same time, and lines do not tell of which they are
    named = False                       # its protocol and cipher were counted
    silent_class = classes.UNKNOWN      # what it is without TLS


class Client(object):
    """What is known of one client."""

    __slots__ = ('open', 'touched', 'ended', 'ended_at', 'strays')

    def __init__(self):
        self.open = []          # its Connections, the oldest first
        self.touched = 0        # the clock at its last line
        self.ended = None       # its last Connection, about which a line may still come
        self.ended_at = 0
        self.strays = {}        # day on which it did something outside of any logged session -> the clock when that was noted

    def connections(self):
        """Return those that are open, and the last that ended."""
        return self.open + ([self.ended] if self.ended is not None else [])


class Clients:
    """The clients that are remembered, by `HOST [ADDRESS]:PORT`."""

    def __init__(self, context):
        self.clock = 0              # lines so far
        self._clients = {}
        self._sessions = context.sessions
        self._tally = context.tally
        self._notices = context.notices

    def _get(self, key):
        """Return a Client, as far as it is not forgotten."""
        client = self._clients.get(key)
        if client is None:
            if len(self._clients) >= WINDOW + WINDOW // 2:
                self.forget_old()
            client = self._clients[key] = Client()
        else:
            self._age(client)
        client.touched = self.clock
        return client

    def _age(self, client):
        oldest = self.clock - WINDOW
        if client.touched <= oldest:
            for session in client.open:
                self._sessions.end(session, classes.OPEN)
                self._notices.add('open_session', _NEVER_ENDED)
            client.open = []
        if client.ended is not None and client.ended_at <= oldest:
            client.ended = None
        if client.strays:
            for day in [day for day, noted in client.strays.items() if noted <= oldest]:
                del client.strays[day]

    def forget_old(self):
        """Forget what is older than the window."""
        for key, client in list(self._clients.items()):
            self._age(client)
            if client.touched <= self.clock - WINDOW:
                del self._clients[key]

    def evidence(self, key, day, service, tls_class, tls_text):
        """Give what a line tells of a client's TLS to its open session; without one the log does not hold all sessions of the day."""
        client = self._get(key)
        if not client.open:
            self._stray(client, day, service)
            return
        session = client.open[0]
        if not session.mixed:
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

    def _stray(self, client, day, service):
        if day not in client.strays:
            client.strays[day] = self.clock
            self._tally.hide_sessions(service.number, day)

    def begin(self, key, day, service, address):
        """Begin a session. address: scope and address."""
        client = self._get(key)
        client.ended = None
        session = Connection(day, service, address, self._tally.group(day, service.number, address[0]))
        if client.open and key.endswith(b']') and client.open[0].day == day:
            client.open[0].mixed = session.mixed = True
        else:
            while client.open:
                # In the words of sessions.py: of each kind of notice, one text is shown for all.
                self._notices.add('missing_disconnect', 'a process began a session while another was still open')
                self._end(client)
        client.open.append(session)

    def _end(self, client, failed=False):
        """End the session that began last: of several at once one is as good as the other."""
        session = client.open.pop()
        session.failed = failed and not session.mixed
        self._sessions.end(session, session.silent_class)
        if not client.open:
            client.ended, client.ended_at = session, self.clock

    def end(self, key, service, explains=False):
        """End a session. explains: the line shows that sessions are logged, so that what the client did before was in this one."""
        client = self._get(key)
        if client.open:
            self._end(client)
        elif explains:
            if client.ended is None:
                for day in client.strays:
                    self._tally.hide_sessions(service.number, day, -1)
                self._notices.add('orphan_disconnect', 'a session ended that began before the logs do; it is not counted')
            client.strays = {}

    def no_mail(self, key, day, service, more):
        """What +smtp_no_mail tells, behind the line that closes the session or before."""
        shown = exim_lines.shows_tls(more)
        client = self._get(key)
        if client.open:
            if shown:
                self._tally.show_tls(service.number, day)
            self.evidence(key, day, service, classes.TLS if shown else classes.SILENT, more)
            return
        session, client.ended = client.ended, None
        if session is None:
            self._stray(client, day, service)
        elif not session.mixed:
            if session.tls_class == classes.UNKNOWN:
                self._tally.add(session.group, classes.UNKNOWN, -1, 0, 0, 0)
                self._tally.add(session.group, classes.TLS if shown else classes.SILENT, 1, 0, 0, 0)
            if shown:
                self._tally.show_tls(service.number, day)
                self._under_tls(session, exim_lines.tls_text(more))

    def broken(self, key, day, service, under_tls, failed, ends):
        """Something went wrong. under_tls: behind a handshake; failed: in the handshake; ends: it ended the session."""
        client = self._get(key)
        if not client.open:
            if client.ended is None:
                self._stray(client, day, service)
            return
        if under_tls:
            self.evidence(key, day, service, classes.TLS, b'')
        if ends:
            self._end(client, failed)

    def end_all(self, notice):
        """End what is still open at the end of the logs."""
        self.forget_old()
        for key in sorted(self._clients):
            for session in self._clients[key].open:
                self._sessions.end(session, classes.OPEN)
                self._notices.add('open_session', notice)
        self._clients = {}

    # --- merging

    def adopt(self, later, begun, days, service_of):
        """Take in the clients of the part that follows, behind the clock `begun`: what was known of them here is forgotten by then.

        days: its day numbers -> those here; service_of: gives the Service of a client's key.
        """
        self.clock = begun + later.clock
        for key, client in later._clients.items():
            mine = self._clients.pop(key, None)
            if mine is not None:
                self._age(mine)
            client.touched += begun
            client.ended_at += begun
            client.strays = dict((days[day], noted + begun) for day, noted in client.strays.items())
            for session in client.connections():
                session.day, session.service = days[session.day], service_of(key)
                session.group = self._tally.group(session.day, session.service.number, session.client[0])
            self._clients[key] = client

    def dump(self):
        """Return all as lists of bytes and numbers."""
        return [self.clock, [[key, client.touched, client.ended_at, client.ended is not None, [_dump(session) for session in client.connections()],
                              [list(stray) for stray in client.strays.items()]] for key, client in self._clients.items()
                             if client.open or client.touched > self.clock - WINDOW]]

    def load(self, memory, service_of):
        """Take what was dumped."""
        self.clock = memory[0]
        for key, touched, ended_at, has_ended, sessions, strays in memory[1]:
            client = self._clients[key] = Client()
            client.touched, client.ended_at = touched, ended_at
            client.open = [self._load(row, service_of(key)) for row in sessions]
            if has_ended:
                client.ended = client.open.pop()
            client.strays = dict((day, noted) for day, noted in strays)

    def _load(self, row, service):
        scope = str(row[1].decode('ascii'))
        session = Connection(row[0], service, (scope, row[2]), self._tally.group(row[0], service.number, scope))
        session.mixed, session.named, session.handshake, session.failed = row[3:7]
        session.silent_class = _CLASSES[row[7]]
        session.tls_class = None if row[8] is None else _CLASSES[row[8]]
        return session


_CLASSES = (classes.UNKNOWN, classes.PLAINTEXT, classes.SILENT, classes.TLS, classes.TLS_FAILED)


def _dump(session):
    return [session.day, session.client[0].encode('ascii'), session.client[1], session.mixed, session.named, session.handshake, session.failed,
            _CLASSES.index(session.silent_class), None if session.tls_class is None else _CLASSES.index(session.tls_class)]
