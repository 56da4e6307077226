# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What OpenSMTPD's server logs, 6.0 to 7.8. PRIVATE to the collection.

Formats, usr.sbin/smtpd/smtp_session.c; each line begins with the session's id, 16 hexadecimal digits. 6.0 has `event=` before the word, up
to 6.6 `address=ADDR host=NAME` come again in every line, and two words were others:
  smtp connected address=ADDR host=NAME       ADDR is `local` for a program on the machine; IPv6 as [ADDR], before 6.7 as IPv6:ADDR (to.c)
  smtp tls ciphers=PROTOCOL:CIPHER:BITS       up to 6.6 smtp starttls ... ciphers="version=, cipher=, bits=" (ssl.c); implicit TLS too
  smtp message msgid=HEX size= nrcpt= proto=  once per message; up to 6.6 once per recipient, with from= and to=
  smtp failed-command command="..." result="CODE TEXT"
  smtp disconnected reason=WORD, reason="io-error: TEXT"; 6.0 smtp event=closed
Outgoing sessions are `mta`, not `smtp`. There is no log level: a handshake that completed has its line. One that failed is an io-error: its
text is `handshake failed: ...` with libtls (7.x, ioev.c) and OpenSSL's `error:...` before. One that the client just left is a plain
`reason=disconnect` or a reset before 7.x, and STARTTLS itself is not logged: a session that ended so, and did nothing else, is unknown.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import syslog_lines, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.deferred import Deferred
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.reader import Reader
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import LOCAL

_ROWS = syslog_lines.RowExpression(
    tag=br'smtpd',
    name=br'smtpd',
    verbs=br'[0-9a-f]{16} smtp (?:event=)?(?:connected|tls|starttls|message|failed-command|disconnected|closed) |info: OpenSMTPD ',
    id=br'(?!)',
    id_verbs=br'(?!)')

_TAG = syslog_lines.tag_expression(br'smtpd[\[ ]')
_CLIENT = re.compile(br'address=(?:(local)|\[?(?:IPv6:)?([0-9A-Fa-f.:]+)(?:%\w+)?\]?) host=')
_TLS = re.compile(br'(?:address=\S+ host=\S+ )?ciphers="?(?:version=)?([^\s:",]{1,32})[:,] ?(?:cipher=)?([^\s:",]{1,100})')
_MESSAGE = re.compile(br'(?:address=\S+ host=\S+ )?msgid=([0-9a-f]{8}) ')
_REFUSED = re.compile(br'(?:address=\S+ host=\S+ )?command="(MAIL|RCPT|DATA|BDAT)\b[^\n]* result="[45]\d\d ', re.IGNORECASE)
# The reply to a recipient that no rule takes, an unknown one or one elsewhere: lka_session.c tells the two apart no more than the reply does.
_UNKNOWN_USER = re.compile(br'[^\n]* result="550 (?:5\.1\.1 |5\.\d\.\d )?Invalid recipient', re.IGNORECASE)
_HANDSHAKE_FAILED = re.compile(br'(?: ?address=\S+ host=\S+ )? ?reason=(?:"io-error: (?:handshake failed|error:|[^\n]*SSL routines)|tls-accept-failed)')
_QUIT = re.compile(br'reason=quit\r?\Z')
_SERVICE = b'opensmtpd'
_MAX_CACHE = 50000


class OpenSMTPD(Reader):
    """Reads chunks of whole lines into sessions."""

    NAME = 'opensmtpd'

    def __init__(self, context):
        super(OpenSMTPD, self).__init__(context)
        self._clients = {}          # client as it is logged -> (scope, address)
        self._headless = context.headless
        self._deferred = Deferred()     # [host, key, word, day, rest] of lines that matter to sessions of the parts before

    def read(self, chunk, form):
        """Take in a chunk of whole lines in this form. Return (lines that mattered, lines of this MTA, about)."""
        rows = _ROWS.rows(chunk, form)
        if self._host:
            rows = [row for row in rows if row[1].startswith(self._host)]
        day_length = syslog_lines.DAY_LENGTH[form]
        seen = day = noted = None
        for stamp, key, verb, unused, unused_too, rest in rows:
            if stamp[:day_length] != seen:
                seen = stamp[:day_length]
                day = self._calendar.day(stamp)
            host = key[:key.index(b' ') + 1]
            if verb[16:22] == b' smtp ':
                if day is not None:
                    if day != noted:
                        noted = day
                        self._tally.days.add(day)
                    word = verb[22:-1]
                    self._line(host, host + verb[:16], word[6:] if word[:6] == b'event=' else word, day, rest)
            elif b'starting' in rest:
                self._start(host)
        return len(rows), len(_TAG.findall(chunk))

    def _line(self, host, key, word, day, rest):
        sessions = self._sessions
        if word == b'connected':
            client = self._clients.get(rest) or self._client(rest)
            if client:
                # The id is random (smtp_session.c, generate_uid): no session before has it.
                sessions.begin(key, day, self._services.get(host[:-1], _SERVICE, _SERVICE), client, once=True)
            return
        session = sessions.open.get(key)
        if session is None:
            if self._headless:
                self._defer(host, key, word, day, rest)
            elif word in (b'disconnected', b'closed'):
                self._notices.add('orphan_disconnect', 'a session ended that began before the logs do; it is not counted')
            return
        if word in (b'tls', b'starttls'):
            self._handshake(session, day, rest)
        elif word == b'message':
            match = _MESSAGE.match(rest)
            if match and session.msgid != match.group(1):
                session.msgid = match.group(1)
                session.messages += 1
        elif word == b'failed-command':
            if _REFUSED.match(rest):
                session.rejected += 1
                session.unknown_user += 1 if _UNKNOWN_USER.match(rest) else 0
        else:
            if not session.handshake and _HANDSHAKE_FAILED.match(rest):
                session.failed = True
            del sessions.open[key]
            proven = session.messages or session.rejected or _QUIT.search(rest)
            sessions.end(session, classes.PLAINTEXT if proven else classes.UNKNOWN)

    def _start(self, host):
        """The server of a host starts: all its sessions are gone."""
        if self._headless:
            self._defer(host, b'', b'', 0, b'')
        self._sessions.kill(sorted(key for key, session in self._sessions.open.items()
                                   if key.startswith(host) and not session.fragment and session.service.instance[1] == _SERVICE))

    def _defer(self, *line):
        self._deferred.add(line)
        if self._deferred.overflowed:
            self._sessions.overflowed = True

    def merge(self, later, days):
        """Let the sessions here go on with the lines that a part which follows has for them."""
        for host, key, word, day, rest in later._deferred.lines:
            if word:
                self._line(host, key, word, days[day], rest)
            else:
                self._start(host)

    def dump(self):
        """Return what is remembered beside the sessions, as lists of bytes and numbers."""
        return self._deferred.dump()

    def load(self, memory):
        """Take what was dumped."""
        self._deferred.load(memory)

    def _client(self, rest):
        match = _CLIENT.match(rest)
        if match is None:
            return None
        if len(self._clients) >= _MAX_CACHE:
            self._clients.clear()
        address = match.group(2) or b'local'
        client = self._clients[rest] = (LOCAL if match.group(1) else self._networks.scope(address), address)
        return client

    def _handshake(self, session, day, rest):
        match = _TLS.match(rest)
        if match and not session.handshake:
            self._sessions.complete_handshake(session)
            self._tally.show_tls(session.service.number, day)
            if session.client[0] != LOCAL:
                self._tally.add_handshake(session.day, *match.groups())
