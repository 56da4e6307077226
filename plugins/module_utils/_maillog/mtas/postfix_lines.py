# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lines Postfix's inbound daemons log. PRIVATE to the collection.

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
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import runs, syslog_lines

_DAEMON = br'(?:smtpd|cleanup|[no]?qmgr|master|tlsproxy)'
# The usual instance first, as a literal; its other daemons and tags without a slash are passed over before the search for a slash begins, which
# halves the time of all. What is kept has a length: whoever can write a log can fill the memory with names otherwise.
_TAG = br'(?:postfix/' + _DAEMON + br'|(?!postfix/[a-z]+\[)(?=[^\s\[\]/]*/)[^\s\[\]]{0,100}/' + _DAEMON + br')'
_VERBS = (br'setting up TLS connection from |(?:(?:Anonymous|Untrusted|Trusted|Verified) )?TLS connection established from '
          br'|SSL_accept error from |proxy-accept: END-OF-MESSAGE: 2|proxy-reject: '
          br'|warning: (?:Connection (?:rate|concurrency)|Message delivery request rate|Recipient address rate|New TLS session rate|AUTH rate)'
          br' limit exceeded: |warning: process |terminating on signal |daemon started ')
_ID = br'[0-9A-Za-z]{5,20}'
_ID_VERBS = br'client=|from=<|(?:milter-)?reject: '
_CLIENT = br'[^\[\n]*\[([0-9A-Fa-f.:]{2,45}(?:%\w{1,16})?|unknown)\](?::\d+)?\r?(?=\n)'
_COUNTERS = br'(?:(?: [a-z]{1,20}=\d{1,9}(?:/\d{1,9})?){0,40})(?: notes=\S{1,100})?\r?(?=\n)'
# What nearly every session has is taken apart by the expression itself: the address of `connect`, and the tail of `disconnect`.
ALIKE = runs.AlikeExpression(
    _TAG + br'\[\d{1,10}\]: ', br'connect from ' + _CLIENT + br'|disconnect from [^\[\n]*\[[^\]\n]*(\](?::\d+)?' + _COUNTERS + br')|('
    + _ID + br': (?:' + _ID_VERBS + br')|' + _VERBS + br')([^\n]*)')
# rsyslog cuts APP-NAME at its slash: the daemon is lost, only the text tells.
ANY = syslog_lines.RowExpression(
    _TAG, br'\S{1,100}/' + _DAEMON + br'|[^\s/]{0,48}postfix[^\s/]{0,48}', br'connect from |disconnect from |' + _VERBS, _ID, _ID_VERBS)
_CONNECT_REST = re.compile(_CLIENT.replace(br'(?=\n)', br'\Z'))
_DISCONNECT_REST = re.compile(br'[^\[\n]*\[[^\]\n]*(\](?::\d+)?' + _COUNTERS.replace(br'(?=\n)', br'\Z') + br')')

UP_TO_ADDRESS = re.compile(br'[^\[\n]*\[[0-9A-Fa-f.:]+(?:%\w+)?(?=\])')
HANDSHAKE = re.compile(br'\](?::\d+)?(?: to \S+)?: (\S{1,32}) with cipher (\S{1,100}) \(')
FAILED = re.compile(br'[^\[\n]*\[[0-9A-Fa-f.:]+(?:%\w+)?\](?::\d+)?: ')
# RFC 3463 X.1.1: bad destination mailbox. A refusal for now (4.1.1) counts where Postfix says why, see smtpd_check.c.
_UNKNOWN_USER = re.compile(
    br'RCPT from [^\[\n]*\[[^\]\n]*\](?::\d+)?: (?:5\d\d 5\.1\.1 |4\d\d 4\.1\.1 <[^\n]*>: Recipient address rejected: User unknown)')
GONE = re.compile(br'[^\n]*/smtpd pid (\d{1,9}) (?:killed by signal|exit status) ')

# Rejects by cleanup, where the daemon's name is cut off (cleanup_milter.c, cleanup_message.c).
_AT_THE_END = b'END-OF-MESSAGE '
_IN_THE_TEXT = (b'header ', b'body ', b'mime-header ', b'nested-header ')


def taken_apart(key, verb, queue_id, id_verb, rest):
    """Return a row of any form as one of ALIKE's, or None when it is none."""
    if verb == b'connect from ':
        match = _CONNECT_REST.match(rest)
        return (key, match.group(1), b'', b'', b'') if match else None
    if verb == b'disconnect from ':
        match = _DISCONNECT_REST.match(rest)
        return (key, b'', match.group(1), b'', b'') if match else None
    return key, b'', b'', verb or queue_id + b': ' + id_verb, rest


def is_cleanup(key, verb, rest):
    """Tell whether cleanup rejected, by its text where its name is cut off."""
    return b'/' in key or (verb.endswith(b'milter-reject: ') and rest.startswith(_AT_THE_END)) or rest.startswith(_IN_THE_TEXT)


def is_unknown_user(rest):
    """Return 1 when a refusal is one of an unknown user, else 0."""
    end = rest.find(b']')
    code = rest[end:end + 13]
    if code[:4] == b']: 5' and code[6:] == b' 5.1.1 ' and rest.startswith(b'RCPT from ') and code[4:6].isdigit() and 0 < rest.find(b'[') < end:
        return 1
    return 1 if (b' 4.1.1 ' in code or code[:3] != b']: ') and _UNKNOWN_USER.match(rest) else 0


def parse_counters(tail):
    """Return (were there counters, successful STARTTLS, successful DATA, BDAT chunks) from a disconnect line's tail."""
    counts = {}
    for item in tail.split()[1:]:
        name, unused, value = item.partition(b'=')
        if name != b'notes':
            counts[name] = [int(number) for number in value.split(b'/')]
    return bool(counts), counts.get(b'starttls', [0])[0], counts.get(b'data', [0])[0], sum(counts.get(b'bdat', [0]))
