# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads Sendmail's log into sessions. What its lines look like is in sendmail_lines.py. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import syslog_lines, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import sendmail_lines as lines, sendmail_session
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.deferred import Deferred
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.reader import Reader
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.sendmail_session import Processes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import LOCAL

_REJECTED_AS_UNKNOWN = re.compile(br', reject=5\d\d 5\.1\.1 ')
_MAX_CACHE = 50000


class Sendmail(Reader):
    """Reads chunks of whole lines into sessions."""

    NAME = 'sendmail'

    def __init__(self, context):
        super(Sendmail, self).__init__(context)
        self._processes = Processes(context.sessions, context.tally)
        self._service_of = {}       # process key -> Service
        self._clients = {}          # client as it is logged -> (scope, address)
        self._headless = context.headless
        self._deferred = Deferred()
        self._deferred_last = {}    # process key -> clock of its last deferred line

    def read(self, chunk, form):
        """Take in a chunk of whole lines in this form. Return (lines that mattered, lines of this MTA, about)."""
        rows = lines.ROWS.rows(chunk, form)
        if self._host:
            rows = [row for row in rows if row[1].startswith(self._host)]
        day_length = syslog_lines.DAY_LENGTH[form]
        processes = self._processes
        seen = day = noted = None
        for stamp, key, verb, queue_id, id_verb, rest in rows:
            processes.clock += 1
            if stamp[:day_length] != seen:
                seen = stamp[:day_length]
                day = self._calendar.day(stamp)
            if day is None:
                continue
            if day != noted:
                noted = day
                self._tally.days.add(day)
            self._line(key, day, verb, queue_id, id_verb, rest)
        return len(rows), len(lines.TAG.findall(chunk))

    def _line(self, key, day, verb, queue_id, id_verb, rest):
        service = self._service_of.get(key) or self._service(key)
        if self._headless and self._may_go_on(key):
            self._deferred.add([self._processes.clock, key, day, verb, queue_id, id_verb, rest])
            self._deferred_last[key] = self._processes.clock
            if self._deferred.overflowed:
                self._sessions.overflowed = True
        elif id_verb == b'from=':
            self._sender(key, queue_id, day, service, rest)
        elif id_verb:
            self._of_queue_id(key, queue_id, day, service, id_verb, rest)
        else:
            self._of_process(key, day, service, verb, rest)

    def _may_go_on(self, key):
        """Tell whether a process may have a session from before this part, or one that only deferred lines tell of."""
        clock = self._processes.clock
        return clock < sendmail_session.WINDOW or clock - self._deferred_last.get(key, -sendmail_session.WINDOW) < sendmail_session.WINDOW

    def _service(self, key):
        """Return the Service of a process: its tag. The daemon's name is not in the lines that tell of TLS."""
        host, unused, tag = key[:key.rindex(b'[')].partition(b' ')
        if len(self._service_of) >= _MAX_CACHE:
            self._service_of.clear()
        service = self._service_of[key] = self._services.get(host, tag, tag)
        # Services are numbered as they are met: this one with the other, though it may be met later.
        self._proto_service(service)
        return service

    def _proto_service(self, service):
        """Return what stands for a service where `proto=` tells TLS: it does for sessions with mail alone (see visibility.py)."""
        host, tag = service.instance
        return self._services.get(host, tag + b' (proto)', tag)

    def _show_proto(self, service, day):
        """Note that `proto=` tells TLS."""
        self._tally.show_tls(self._proto_service(service).number, day)

    def _client(self, logged):
        """Return (scope, address) of a client as it is logged, or None when there is none."""
        client = self._clients.get(logged)
        if client is None:
            match = lines.CLIENT.match(logged)
            if match is None or not lines.ADDRESS.match(match.group(1)):
                return None
            if len(self._clients) >= _MAX_CACHE:
                self._clients.clear()
            client = self._clients[logged] = (self._networks.scope(match.group(1)), match.group(1))
        return client

    def _sender(self, key, queue_id, day, service, rest):
        """The line of a transaction: it is the only one that most sessions in plaintext leave."""
        at = rest.rfind(b', relay=')
        client = self._client(rest[at + 8:]) if at >= 0 else None
        if client is None:
            self._processes.drop(key)
            return
        process = self._processes.of_queue_id(key, queue_id, day, service, client)
        tls, authenticated = lines.protocol(rest, at) or (False, False)
        if tls:
            if not process.handshake:
                self._show_proto(service, day)
                self._complete_by_proto(process)
        else:
            process.in_plaintext = True
            if authenticated:
                self._show_proto(service, day)
            if process.over == classes.VEILED:
                process.over = classes.SILENT
        if lines.accepted(rest):
            process.accept(queue_id)

    def _complete_by_proto(self, process):
        """Below LogLevel 9 `proto=` alone tells of the handshake; it came before this message, and before the session's first."""
        if process.in_plaintext:
            self._processes.complete(process)
        else:
            process.handshake = True

    def _of_queue_id(self, key, queue_id, day, service, id_verb, rest):
        """Lines behind a queue id, but for the sender's."""
        if id_verb == b'to=':
            # What the submission program's queue could not hand over was logged at a level of its own (submit.cf).
            if b', mailer=relay,' not in rest:
                self._tally.show_tls(service.number, day)
            return
        if queue_id == b'NOQUEUE':
            self._without_queue_id(key, day, service, id_verb, rest)
            return
        client = None
        if id_verb.endswith((b']: ', b'forged): ', b' did not issue MAIL')):
            client = self._client(id_verb)
            if client is None:
                return
        process = self._processes.of_queue_id(key, queue_id, day, service, client)
        if id_verb.endswith(b' did not issue MAIL'):
            self._processes.end(key)
        elif id_verb == b'ruleset=':
            self._ruleset(process, queue_id, rest)
        elif id_verb == b'Milter: ':
            self._milter(process, queue_id, rest)
        elif id_verb.endswith(b'collect: '):
            # 8.18 also says that it let a bare line feed pass.
            if not rest.endswith(b', status=replaced'):
                process.refuse_content(queue_id, 0)
        elif id_verb == b'message size (':
            process.refuse_content(queue_id, 1)
        elif id_verb == b'rejecting commands from ':
            self._refuse_client(process, lines.EARLY_TALKER.match(rest))
        elif client is None and id_verb != b'connect from ':
            process.rejected += 1
            process.unknown_user += 1 if lines.UNKNOWN_USER.search(rest) else 0

    def _refuse_client(self, process, match):
        """A session that is refused as a whole, in a line whose first group is the client's address."""
        client = self._client(b'[' + match.group(1) + b']') if match else None
        if client:
            process.meet(client, self._tally)
            process.rejected += 1

    def _without_queue_id(self, key, day, service, id_verb, rest):
        if id_verb == b'connect from ':
            client = self._client(rest)
            if client:
                # At LogLevel 10 the session's TLS would be in the log.
                self._tally.show_tls(service.number, day)
                self._processes.end(key)
                self._processes.of_client(key, client, day, service, True).over = classes.PLAINTEXT
        elif id_verb == b'ruleset=':
            self._of_process(key, day, service, id_verb, rest)

    def _of_process(self, key, day, service, verb, rest):
        """Lines that name their process alone."""
        if verb == b'STARTTLS=server, relay=':
            match = lines.STARTED.match(rest)
            if match:
                self._tally.show_tls(service.number, day)
                process = self._processes.of_handshake(key, self._client(match.group(1)), day, service)
                self._processes.handshake(process, match.groups()[1:])
        elif verb == b'STARTTLS=server, error: accept failed=':
            match = lines.FAILED_RELAY.search(rest)
            process = self._processes.of_handshake(key, self._client(match.group(1)) if match else None, day, service)
            self._processes.handshake(process, None)
        elif verb == b'STARTTLS=client, relay=':
            match = lines.STARTED.match(rest)
            # A submission program hands over to loopback, and has a LogLevel of its own.
            if match and not match.group(1).startswith(b'localhost') and (self._client(match.group(1)) or (None,))[0] != LOCAL:
                self._tally.show_tls(service.number, day)
        elif verb == b'AUTH=server, relay=':
            match = lines.AUTHENTICATED.match(rest)
            client = self._client(match.group(1)) if match else None
            if client:
                self._tally.show_tls(service.number, day)
                self._processes.of_client(key, client, day, service, False)
        elif verb == b'ruleset=':
            match = lines.REFUSED.match(rest)
            client = self._client(match.group(1)) if match else None
            if client and rest.startswith((b'check_relay, ', b'tls_client, ')):
                # check_relay is run as the client connects: nothing but the connection may come before it.
                self._processes.of_client(key, client, day, service, rest.startswith(b'check_relay, ')).rejected += 1
        elif verb == b'starting daemon (':
            match = lines.VERSION.match(rest)
            if match and tuple(int(part) for part in match.groups()) >= lines.PROTO_TELLS:
                self._show_proto(service, day)

    def _ruleset(self, process, queue_id, rest):
        name = rest.partition(b',')[0]
        match = lines.REFUSED.match(rest)
        if match is None or name in lines.OUTBOUND:
            return
        if name in (b'check_relay', b'tls_client'):
            client = self._client(match.group(1))
            if client:
                process.meet(client, self._tally)
        if name in lines.COMMANDS:
            process.rejected += 1
            process.unknown_user += 1 if match.group(2) else 0
        else:
            process.refuse_content(queue_id, 1)

    def _milter(self, process, queue_id, rest):
        if rest.startswith(b'connect: '):
            self._refuse_client(process, lines.MILTER_CLIENT.match(rest))
        elif rest.startswith(b'data, reject='):
            process.refuse_content(queue_id, 1)
        elif b', reject=' in rest and not rest.rstrip(b'\r').endswith(b', discard'):
            process.rejected += 1
            process.unknown_user += 1 if _REJECTED_AS_UNKNOWN.search(rest) else 0

    # --- merging

    def merge(self, later, days):
        """Read what a part that follows has deferred, behind the lines of this one, and take in its processes."""
        processes = self._processes
        begun = processes.clock
        for clock, key, day, verb, queue_id, id_verb, rest in later._deferred.lines:
            processes.clock = begun + clock
            self._line(key, days[day], verb, queue_id, id_verb, rest)
        for key, process in later._processes.all().items():
            process.turn += begun
            process.day = days[process.day]
            process.service = self._service_of.get(key) or self._service(key)
            if process.is_known():
                process.group = self._tally.group(process.day, process.service.number, process.client[0])
            processes.adopt(key, process)
        processes.clock = begun + later._processes.clock

    def end_log(self, notice):
        """End the sessions: no line says that they ended."""
        self._processes.end_all()

    def dump(self):
        """Return what is remembered, as lists of bytes and numbers."""
        return [self._processes.clock, self._deferred.dump(), [[key] + sendmail_session.dump(process) for key, process in self._processes.all().items()]]

    def load(self, memory):
        """Take what was dumped."""
        self._deferred.load(memory[1])
        self._deferred_last.update((line[1], line[0]) for line in self._deferred.lines)
        for row in memory[2]:
            key = row[0]
            service = self._service_of.get(key) or self._service(key)
            self._processes.adopt(key, sendmail_session.load(row[1:], service, self._tally))
        self._processes.clock = memory[0]
