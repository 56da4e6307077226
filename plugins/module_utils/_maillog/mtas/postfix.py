# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Postfix's inbound daemons log. PRIVATE to the collection.

Formats, by Postfix source file:
  smtpd/smtpd.c       connect from NAME[ADDR]; disconnect from NAME[ADDR], from 3.0 on with a count of each command
                      (` ehlo=2 starttls=1 mail=1 ... commands=7`, `ok/all` where some failed); QID: client=NAME[ADDR]
  smtpd/smtpd_check.c QID: reject: COMMAND from NAME[ADDR]: CODE DSN TEXT; the same as milter-reject (smtpd_milter.c)
  tls/tls_server.c    setting up TLS connection from (2.3 to 2.8 at smtpd_tls_loglevel 1, from 2.9 on at level 2), before the handshake;
                      SSL_accept error from, at every level
  tls/tls_misc.c      [WORD ]TLS connection established from NAME[ADDR][ to SNI]: PROTOCOL with cipher NAME (...), at level 1
  cleanup/cleanup.c   QID: reject: header ..., QID: milter-reject: END-OF-MESSAGE from ...
  qmgr/qmgr_active.c  QID: from=<...>, size=..., nrcpt=... (queue active), again at each retry
  smtpd/smtpd.c       warning: Connection rate limit exceeded: N from NAME[ADDR] for service NAME, and the other limits that anvil(8) keeps
  master/master_spawn.c  warning: process PATH/smtpd pid N killed by signal N, or exit status N

`client=` alone is no acceptance: DATA may be aborted or rejected. From 3.0 on `data=N` in the counters is the number of messages that
were accepted; `bdat=` counts chunks, so there, and before 3.0, the queue manager's line decides.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import log_losses, syslog_lines, tally as classes

_DAEMON = br'(?:smtpd|cleanup|[no]?qmgr|master|tlsproxy)'
_LIMITED = b' limit exceeded: '
_CONNECT = b'connect from '
_DISCONNECT = b'disconnect from '
_ROWS = syslog_lines.RowExpression(
    tag=br'[^\s\[\]]{0,100}/' + _DAEMON,
    # rsyslog cuts APP-NAME at its slash: the daemon is lost, only the text tells.
    name=br'\S{1,100}/' + _DAEMON + br'|[^\s/]{0,48}postfix[^\s/]{0,48}',
    verbs=br'connect from |disconnect from |(?:(?:Anonymous|Untrusted|Trusted|Verified) )?TLS connection established from '
          br'|setting up TLS connection from |SSL_accept error from |proxy-accept: END-OF-MESSAGE: 2|proxy-reject: '
          br'|warning: (?:Connection (?:rate|concurrency)|Message delivery request rate|Recipient address rate|New TLS session rate|AUTH rate)'
          br' limit exceeded: |warning: process |terminating on signal |daemon started ',
    id=br'[0-9A-Za-z]{5,20}',
    id_verbs=br'client=|from=<|(?:milter-)?reject: ')

_CLIENT = re.compile(br'[^\[\n]*\[([0-9A-Fa-f.:]{2,45}(?:%\w{1,16})?|unknown)\](?::\d+)?\r?\Z')
_COUNTERS = re.compile(br'\](?::\d+)?((?: [a-z]{1,20}=\d{1,9}(?:/\d{1,9})?)*)(?: notes=\S+)?\r?\Z')
_HANDSHAKE = re.compile(br'[^\[\n]*\[[0-9A-Fa-f.:]+(?:%\w+)?\](?::\d+)?(?: to \S+)?: (\S{1,32}) with cipher (\S{1,100}) \(')
_FAILED = re.compile(br'[^\[\n]*\[[0-9A-Fa-f.:]+(?:%\w+)?\](?::\d+)?: ')
# RFC 3463 X.1.1: bad destination mailbox. A refusal for now (4.1.1) counts where Postfix says why, see smtpd_check.c.
_UNKNOWN_USER = re.compile(
    br'RCPT from [^\[\n]*\[[^\]\n]*\](?::\d+)?: (?:5\d\d 5\.1\.1 |4\d\d 4\.1\.1 <[^\n]*>: Recipient address rejected: User unknown)')
_GONE = re.compile(br'[^\n]*/smtpd pid (\d{1,9}) (?:killed by signal|exit status) ')

# Rejects by cleanup, where the daemon's name is cut off (cleanup_milter.c, cleanup_message.c).
_AT_THE_END = b'END-OF-MESSAGE '
_IN_THE_TEXT = (b'header ', b'body ', b'mime-header ', b'nested-header ')

# Services that speak TLS from the first byte, by the names that Postfix's own master.cf and IANA give them.
_IMPLICIT_TLS = frozenset((b'smtps', b'submissions', b'ssmtp', b'465'))
_MAX_CACHE = 50000
# Longer text is not worth a place in a cache: nothing but an attack repeats it, and 50,000 of it would fill the memory.
_MAX_CACHED = 400


class Postfix:
    """Reads chunks of whole lines into sessions."""

    NAME = 'postfix'
    HINTS = (b'/smtpd', b'postfix')

    def __init__(self, context):
        self._calendar = context.calendar
        self._networks = context.networks
        self._sessions = context.sessions
        self._services = context.services
        self._tally = context.tally
        self._notices = context.notices
        self._host = context.host
        self._service_of = {}       # process key -> Service
        self._clients = {}          # `NAME[ADDR]` -> (scope, address)
        self._counters = {}
        self._handshakes = {}

    def read(self, chunk, form):
        """Take in a chunk of whole lines in this form. Return (lines that mattered, lines of this MTA, about)."""
        rows = _ROWS.rows(chunk, form)
        if self._host:
            rows = [row for row in rows if row[1].startswith(self._host)]
        if rows:
            self._read_rows(rows, syslog_lines.DAY_LENGTH[form])
        return len(rows), chunk.count(b' postfix')

    def _read_rows(self, rows, day_length):
        # The only loop that runs for every line: what happens in nearly every session is written out here.
        sessions, clients, services = self._sessions, self._clients, self._service_of
        open_sessions = sessions.open
        seen = day = None
        for stamp, key, verb, queue_id, id_verb, rest in rows:
            if stamp[:day_length] != seen:
                seen = stamp[:day_length]
                day = self._calendar.day(stamp)
                self._tally.days.add(day)
            if verb == _CONNECT:
                client = clients.get(rest) or self._client(rest)
                if client and day is not None:
                    sessions.begin(key, day, services.get(key) or self._service(key), client)
            elif verb == _DISCONNECT:
                self._disconnect(key, open_sessions.get(key), rest)
            elif id_verb == b'from=<':
                # The queue manager takes the message over; smtpd and cleanup never log a sender this way.
                if b'qmgr[' in key or b'/' not in key:
                    sessions.confirm(key[:key.index(b' ') + 1] + queue_id)
            elif id_verb == b'client=':
                sessions.queue(key[:key.index(b' ') + 1] + queue_id, open_sessions.get(key) or self._resume(key))
            elif id_verb:
                self._reject(key, queue_id, id_verb, rest)
            elif not log_losses.note(key, verb, rest, self._notices):
                self._other(key, day, verb, rest)
        self._tally.days.discard(None)

    def _reject(self, key, queue_id, id_verb, rest):
        unknown_user = 1 if _UNKNOWN_USER.match(rest) else 0
        if b'/cleanup[' in key or (b'/' not in key and (id_verb == b'milter-reject: ' and rest.startswith(_AT_THE_END) or rest.startswith(_IN_THE_TEXT))):
            self._sessions.reject_queued(key[:key.index(b' ') + 1] + queue_id, unknown_user)
            return
        session = self._sessions.open.get(key) or self._resume(key)
        if session is not None:
            session.rejected += 1
            session.unknown_user += unknown_user

    def _resume(self, key):
        """Return the session that a process may have had since before this part of the log, or None."""
        return self._sessions.resume(key, self._service_of.get(key) or self._service(key))

    def _client(self, rest):
        """Return (scope, address) of a client as it is logged, or None when it is none."""
        match = _CLIENT.match(rest)
        if match is None:
            return None
        if len(self._clients) >= _MAX_CACHE:
            self._clients.clear()
        client = (self._networks.scope(match.group(1)), match.group(1))
        if len(rest) <= _MAX_CACHED:
            self._clients[rest] = client
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

    def _disconnect(self, key, session, rest):
        tail = rest[rest.rfind(b']'):]
        counters = self._counters.get(tail)
        if counters is None:
            match = _COUNTERS.match(tail)
            if match is None or b'[' not in rest:
                return
            if len(self._counters) >= _MAX_CACHE:
                self._counters.clear()
            counters = _parse_counters(match.group(1))
            if len(tail) <= _MAX_CACHED:
                self._counters[tail] = counters
        session = session or self._resume(key)
        if session is None:
            self._sessions.note_orphan_end()
            return
        counted, starttls, data, bdat = counters
        if not counted:
            silent_class = classes.SILENT
        elif starttls:
            silent_class = classes.TLS
        elif session.service.veiled:
            silent_class = classes.VEILED
        else:
            silent_class = classes.PLAINTEXT
        self._sessions.close(key, session, silent_class, data if counted and not bdat else None)

    def _other(self, key, day, verb, rest):
        """The rarer messages, of smtpd but for the last three."""
        if verb in (b'warning: process ', b'terminating on signal ', b'daemon started '):
            self._process_end(key, verb, rest)
            return
        if verb.endswith(_LIMITED):
            self._notices.add('clients_limited', 'Postfix refused clients above its own limits; the first time: ' + verb[9:-2].decode('ascii'))
            return
        if b'/tlsproxy[' in key:
            self._tlsproxy(key, day, verb, rest)
            return
        established = verb.endswith(b'established from ')
        names = self._handshake_names(rest) if established else None
        if established and names is None:
            return
        session = self._sessions.open.get(key) or self._resume(key)
        if established or verb == b'setting up TLS connection from ':
            self._tally.show_tls(self._service(key).number, day)
        if session is None:
            if established:
                self._sessions.note_orphan_tls()
        elif established:
            self._sessions.complete_handshake(session, names)
        elif verb == b'setting up TLS connection from ':
            session.attempted = True
        elif verb == b'SSL_accept error from ':
            session.failed = session.failed or bool(_FAILED.match(rest))
        elif verb.startswith(b'proxy-accept'):
            # Accepted through a before-queue filter; its transaction has no queue id of its own.
            session.messages += 1
        elif verb == b'proxy-reject: ':
            session.rejected += 1

    def _handshake_names(self, rest):
        """Return (protocol, cipher), or None when the line is none of a handshake."""
        tail = rest[rest.find(b']'):]
        names = self._handshakes.get(tail)
        if names is None:
            match = _HANDSHAKE.match(rest)
            if match is None:
                return None
            if len(self._handshakes) >= _MAX_CACHE:
                self._handshakes.clear()
            names = match.groups()
            if len(tail) <= _MAX_CACHED:
                self._handshakes[tail] = names
        return names

    def _tlsproxy(self, key, day, verb, rest):
        """TLS that postscreen ended itself: such a session carries no mail and never reaches smtpd, but TLS logging is on."""
        if verb.endswith(b'established from ') and _HANDSHAKE.match(rest):
            self._tally.show_tls(self._service(key).number, day)
            self._notices.add('postscreen_tls', 'TLS at postscreen, which lets no mail through; not counted as a session')

    def _process_end(self, key, verb, rest):
        host, unused, tag = key.partition(b' ')
        if verb == b'warning: process ':
            match = _GONE.match(rest)
            if match is not None:
                self._sessions.kill_process(host, int(match.group(1)))
        else:
            self._sessions.kill_instance(host, tag.partition(b'/')[0].partition(b'[')[0])


def _parse_counters(text):
    """Return (were there counters, successful STARTTLS, successful DATA, BDAT chunks) from a disconnect line's tail."""
    counts = {}
    for item in text.split():
        name, unused, value = item.partition(b'=')
        counts[name] = [int(number) for number in value.split(b'/')]
    return bool(counts), counts.get(b'starttls', [0])[0], counts.get(b'data', [0])[0], sum(counts.get(b'bdat', [0]))
