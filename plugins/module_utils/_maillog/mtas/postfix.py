# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Postfix's lines mean: they become sessions. PRIVATE to the collection.

`client=` alone is no acceptance: DATA may be aborted or rejected. From 3.0 on `data=N` in the counters is the number of messages that
were accepted; `bdat=` counts chunks, so there, and before 3.0, the queue manager's line decides.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import itertools

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import runs, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.postfix_lines import (
    ALIKE, ANY, FAILED, GONE, HANDSHAKE, UP_TO_ADDRESS, is_cleanup, is_unknown_user, parse_counters, taken_apart)
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.reader import Reader
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.sessions import MAX_OPEN, Session

# Services that speak TLS from the first byte, by the names that Postfix's own master.cf and IANA give them.
_IMPLICIT_TLS = frozenset((b'smtps', b'submissions', b'ssmtp', b'465'))
_LIMITED = b' limit exceeded: '
_REJECTS = (b': reject: ', b': milter-reject: ')
_SETTING_UP = b'setting up TLS connection from '
_MAX_CACHE = 50000
# Longer text is not worth a place in a cache: nothing but an attack repeats it, and 50,000 of it would fill the memory.
_MAX_CACHED = 400


class Postfix(Reader):
    """Reads chunks of whole lines into sessions."""

    NAME = 'postfix'

    def __init__(self, context):
        super(Postfix, self).__init__(context)
        self._service_of = {}       # process key -> Service
        self._clients = {}          # address -> (scope, address)
        self._endings = {}          # tail of `disconnect` -> what it says, see _ending
        self._handshakes = {}

    def read(self, chunk, form):
        """Take in a chunk of whole lines in this form. Return (lines that mattered, lines of this MTA, about)."""
        matched = 0
        for run in runs.of(chunk, form):
            if run.host is None:
                matched += self._read_unlike(ANY.rows(run.text, form))
            elif not self._host or run.host + b' ' == self._host:
                rows = ALIKE.rows(run)
                if rows:
                    self._read_rows(rows, self._calendar.day(run.stamp), run.host + b' ')
                    matched += len(rows)
        return matched, chunk.count(b' postfix')

    def _read_unlike(self, rows):
        """Read rows that begin with their stamps, of several days or hosts. Return how many mattered."""
        if self._host:
            rows = [row for row in rows if row[1].startswith(self._host)]
        matched = 0
        for (stamp, host), alike in itertools.groupby(rows, lambda row: (row[0], row[1][:row[1].index(b' ') + 1])):
            alike = [row for row in (taken_apart(*row[1:]) for row in alike) if row is not None]
            if alike:
                self._read_rows(alike, self._calendar.day(stamp), host)
                matched += len(alike)
        return matched

    def _read_rows(self, rows, day, host):
        """Read rows of one day (None where there is no such day) and host.

        This loop runs for every line that matters, and calling a function costs as much as all else for a line: what happens in nearly every
        session is written out here, as Sessions.begin and Sessions.end have it, and the most frequent lines are asked for first.
        """
        sessions, clients, services, endings, groups = self._sessions, self._clients, self._service_of, self._endings, self._tally.groups
        open_sessions, begin, quick, queue = sessions.open, sessions.begin, sessions.clients is None, sessions.queue
        confirm = sessions.confirm
        recent = sessions.processes.recent if sessions.headless else None
        if day is not None:
            self._tally.days.add(day)
        for key, address, ending, verb, rest in rows:
            if address:
                if day is None:
                    continue
                service = services.get(key) or self._service(key)
                client = clients.get(address) or self._client(address)
                group = groups.get((day, service.number, client[0]))
                if group is None or key in open_sessions or len(open_sessions) >= MAX_OPEN or (recent is not None and key not in recent):
                    begin(key, day, service, client)
                else:
                    open_sessions[key] = Session(day, service, client, group)
            elif ending:
                session = open_sessions.get(key)
                said = endings.get(ending) or self._ending(ending)
                if session is None or session.special or not quick:
                    self._disconnect(key, session, said)
                    continue
                del open_sessions[key]
                tls_class = session.tls_class = said[session.service.veiled]
                messages = session.messages
                if said[2] is not None:
                    # See Sessions.end.
                    messages = session.messages = min(said[2], session.transactions)
                    session.by_queue = False
                cell = session.group.get(tls_class)
                if cell is None:
                    cell = session.group[tls_class] = [0, 0, 0, 0]
                cell[0] += 1
                if messages:
                    cell[1] += messages
                if session.rejected:
                    cell[2] += session.rejected
                    cell[3] += session.unknown_user
            elif verb[-2:] == b'=<':
                # The queue manager takes the message over; smtpd and cleanup never log a sender this way.
                if b'qmgr[' in key or b'/' not in key:
                    confirm(host + verb[:-8])
            elif verb[-2:] == b't=':
                queue(host + verb[:-9], open_sessions.get(key) or self._resume(key))
            elif verb == _SETTING_UP:
                self._setting_up(key, day)
            elif verb[:9] == b'NOQUEUE: ' or verb.endswith(_REJECTS):
                session = open_sessions.get(key)
                if session is not None and b'/' in key:
                    session.rejected += 1
                    session.unknown_user += is_unknown_user(rest)
                else:
                    self._reject(key, host, verb, rest)
            elif verb.endswith(b'established from '):
                self._established(key, day, rest)
            else:
                self._other(key, verb, rest)

    def _reject(self, key, host, verb, rest):
        if b'/smtpd[' in key or not is_cleanup(key, verb, rest):
            session = self._sessions.open.get(key) or self._resume(key)
            if session is not None:
                session.rejected += 1
                session.unknown_user += is_unknown_user(rest)
        else:
            self._sessions.reject_queued(host + verb[:verb.index(b':')], is_unknown_user(rest))

    def _resume(self, key):
        """Return the session that a process may have had since before this part of the log, or None. Only smtpd has sessions."""
        if b'/' in key and b'/smtpd[' not in key:
            return None
        return self._sessions.resume(key, self._service_of.get(key) or self._service(key))

    def _client(self, address):
        """Return (scope, address) of a client."""
        if len(self._clients) >= _MAX_CACHE:
            self._clients.clear()
        client = self._clients[address] = (self._networks.scope(address), address)
        return client

    def _service(self, key):
        """Return the Service of a process."""
        host, unused, name = key[:key.rindex(b'[')].partition(b' ')
        parts = name.split(b'/')
        if parts[0] == b'postfix' and len(parts) > 1:
            name = b'/'.join(parts[1:])
        if len(self._service_of) >= _MAX_CACHE:
            self._service_of.clear()
        # A tag without its daemon was cut by rsyslog: it may be any service, one with implicit TLS among them.
        veiled = len(parts) == 1 or bool(_IMPLICIT_TLS.intersection(parts))
        service = self._service_of[key] = self._services.get(host, name, parts[0], veiled)
        return service

    def _ending(self, tail):
        """Return what the end of a session says: its class where no line told of TLS, that where the service is veiled, and its messages.

        The messages are None where the counters do not tell.
        """
        counted, starttls, data, bdat = parse_counters(tail)
        if not counted:
            said = classes.SILENT, classes.SILENT, None
        else:
            shown = (classes.TLS, classes.TLS) if starttls else (classes.PLAINTEXT, classes.VEILED)
            said = shown + (None if bdat else data,)
        if len(self._endings) >= _MAX_CACHE:
            self._endings.clear()
        if len(tail) <= _MAX_CACHED:
            self._endings[tail] = said
        return said

    def _disconnect(self, key, session, said):
        session = session or self._resume(key)
        if session is None:
            self._sessions.note_orphan_end()
        else:
            self._sessions.close(key, session, said[session.service.veiled], said[2])

    def _established(self, key, day, rest):
        names = self._handshake_names(rest)
        if names is None:
            return
        self._tally.show_tls((self._service_of.get(key) or self._service(key)).number, day)
        if b'/tlsproxy[' in key:
            # TLS that postscreen ended itself: such a session carries no mail and never reaches smtpd, but TLS logging is on.
            self._notices.add('postscreen_tls', 'TLS at postscreen, which lets no mail through; not counted as a session')
            return
        session = self._sessions.open.get(key) or self._resume(key)
        if session is None:
            self._sessions.note_orphan_tls()
        else:
            self._sessions.complete_handshake(session, names)

    def _setting_up(self, key, day):
        """A handshake begins."""
        if b'/tlsproxy[' in key:
            return
        session = self._sessions.open.get(key) or self._resume(key)
        self._tally.show_tls((self._service_of.get(key) or self._service(key)).number, day)
        if session is not None:
            session.attempted = True

    def _other(self, key, verb, rest):
        """The rarer messages, of smtpd but for those of a process's end."""
        if verb in (b'warning: process ', b'terminating on signal ', b'daemon started '):
            self._process_end(key, verb, rest)
            return
        if verb.endswith(_LIMITED):
            self._notices.add('clients_limited', 'Postfix refused clients above its own limits; the first time: ' + verb[9:-2].decode('ascii'))
            return
        if b'/tlsproxy[' in key:
            return
        session = self._sessions.open.get(key) or self._resume(key)
        if session is None:
            return
        if verb == b'SSL_accept error from ':
            session.failed = session.failed or bool(FAILED.match(rest))
        elif verb.startswith(b'proxy-accept'):
            # Accepted through a before-queue filter; its transaction has no queue id of its own.
            session.messages += 1
        elif verb == b'proxy-reject: ':
            session.rejected += 1

    def _handshake_names(self, rest):
        """Return (protocol, cipher), or None when the line is none of a handshake."""
        client = UP_TO_ADDRESS.match(rest)
        if client is None:
            return None
        tail = rest[client.end():]
        names = self._handshakes.get(tail)
        if names is None:
            match = HANDSHAKE.match(tail)
            if match is None:
                return None
            if len(self._handshakes) >= _MAX_CACHE:
                self._handshakes.clear()
            names = match.groups()
            if len(tail) <= _MAX_CACHED:
                self._handshakes[tail] = names
        return names

    def _process_end(self, key, verb, rest):
        host, unused, tag = key.partition(b' ')
        if verb == b'warning: process ':
            match = GONE.match(rest)
            if match is not None:
                self._sessions.kill_process(host, int(match.group(1)))
        else:
            self._sessions.kill_instance(host, tag.partition(b'/')[0].partition(b'[')[0])
