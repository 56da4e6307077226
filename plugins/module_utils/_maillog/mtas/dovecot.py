# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dovecot 2.0 to 2.4: logins to mail boxes. No MTA: it takes no mail from outside. PRIVATE to the collection.

  login-common/login-settings.c      user=<USER>, method=MECHANISM, rip=ADDRESS, lip=ADDRESS[, mpid=PID][, SECURED][, session=<ID>], the default of
                                     `login_log_format_elements`, empty ones left out; 2.0 and 2.1 have no session
  login-common/client-common-auth.c  `Login: ` up to 2.3, `Logged in: ` from 2.4 on, before it
  login-common/client-common.c       SECURED is TLS, TLS: LAST ERROR, secured, or nothing. `secured` is no TLS: the client's address is one that
                                     Dovecot trusts without. 2.4 writes `TSL` where a proxy in front ended the TLS
  lib/failures.c                     its own file: `Mon DD HH:MM:SS imap-login: Info: TEXT` (`log_timestamp`); to syslog: `dovecot: imap-login: TEXT`
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import itertools
import operator
import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import logins, runs, syslog_lines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.reader import Reader
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import LOCAL

_TAG = br'dovecot[\w.-]{0,30}(?:(?:\[\d+\])?: | (?:\d+|-) - -  ?)'
# A user's name holds a blank or `>` only where the administrator allowed it (auth_username_chars): such a line is told by its last `method=`.
_LOGIN = (br'user=<[^\n]*>, method=[^\s,]+, rip=([0-9A-Fa-f.:]{2,45}), lip=([0-9A-Fa-f.:]{2,45})'
          br'(?:, mpid=\d+)?(?:, (TLS|TSL|secured)(?=[,: \r\n]))?')
# Protocol, and of a login that is not understood nothing more.
_MESSAGE = br'(imap|pop3|submission|managesieve)-login: (?:Info: )?(?:Login|Logged in): (?:' + _LOGIN + br')?'
_ALIKE = runs.AlikeExpression(_TAG, _MESSAGE, keyed=False)
_ROWS = re.compile(
    br'\n(?:<\d{1,3}>)?(?:1 )?(' + syslog_lines.BSD_STAMP + br'|' + syslog_lines.ISO_STAMP + br'|' + syslog_lines.OWN_STAMP + br') '
    br'(?:(\S+) ' + _TAG + br')?' + _MESSAGE)
_TLS = (b'TLS', b'TSL')


class Dovecot(Reader):
    """Reads chunks of whole lines into logins."""

    def __init__(self, context):
        super(Dovecot, self).__init__(context)
        self._logins = context.logins

    def read(self, chunk, form):
        """Take in a chunk of whole lines. Return (lines that mattered, lines of Dovecot, about)."""
        matched = 0
        for run in runs.of(chunk, form):
            # Dovecot's own file has no host: what stands there is the name of the process.
            if run.host is None or run.host.endswith(b':'):
                matched += self._read_unlike(_ROWS.findall(run.text))
            elif not self._host or run.host + b' ' == self._host:
                rows = _ALIKE.rows(run)
                if rows:
                    self._read_rows(self._calendar.day(run.stamp), rows)
                    matched += len(rows)
        return matched, chunk.count(b'-login: ')

    def _read_unlike(self, rows):
        """Read rows that begin with their stamps and hosts. Return how many mattered."""
        if self._host:
            rows = [row for row in rows if row[1] + b' ' == self._host]
        for stamp, alike in itertools.groupby(rows, operator.itemgetter(0)):
            self._read_rows(self._calendar.day(stamp), [row[2:] for row in alike])
        return len(rows)

    def _read_rows(self, day, rows):
        """Count the logins of a day, None where there is no such day, by what _MESSAGE found."""
        if day is None:
            return
        counts, scope = {}, self._networks.scope
        for protocol, remote, local, secured in rows:
            # Nearly all clients are others, which their first characters tell faster than a search for the network.
            is_local = remote == local or (remote[:4] == b'127.' or b':' in remote) and scope(remote) == LOCAL
            login = protocol, remote != b'', is_local, secured
            counts[login] = counts.get(login, 0) + 1
        for login, count in counts.items():
            self._logins.add(day, login[0].decode('ascii'), _kind(*login[1:]), count)


def _kind(is_understood, is_local, secured):
    if not is_understood:
        return logins.UNKNOWN
    if is_local:
        return logins.LOCAL
    return logins.TLS if secured in _TLS else logins.PLAINTEXT
