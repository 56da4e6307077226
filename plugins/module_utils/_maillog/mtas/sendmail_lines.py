# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Sendmail's daemon logs, 8.12 to 8.18. PRIVATE to the collection.

Formats and the LogLevel (default 9) from which on they come, by Sendmail source file:
  headers.c   logsender, > 4: QID: from=ADDR, size=, class=, nrcpts=N[, msgid=ID][, bodytype=][, proto=][, daemon=], relay=NAME [ADDR]; one per
              transaction. No msgid: no data came. A program's mail on the machine has `relay=USER@localhost`: no client, no session.
  srvrsmtp.c  > 5: QID: NAME [ADDR] did not issue MAIL/EXPN/VRFY/ETRN during connection to DAEMON, at the end of a session without these
  tls.c       > 8: STARTTLS=server, relay=NAME [ADDR], version=, verify=, cipher=, bits=, after the handshake, implicit TLS too
  srvrsmtp.c  > 5: STARTTLS=server, error: accept failed=-1, ...; without relay= before 8.12 to 8.14 grew it
  parseaddr.c rscheck, > 3: [QID: ]ruleset=NAME, arg1=..., relay=NAME [ADDR], reject=CODE DSN TEXT
  err.c       > 3: QID: <ADDR>... User unknown, and what else refuses a RCPT
  srvrsmtp.c  QID: Milter: WHAT, reject=..., at MilterLogLevel > 3; collect.c: QID: collect: premature EOM; QID: message size (N) exceeds
  main.c      > 9: NOQUEUE: connect from NAME [ADDR]
So a session of LogLevel 6 or more leaves a line, and sessions count (sendmail_session.py); of a lower level, those with mail do.

Which lines could have shown TLS: STARTTLS=server needs LogLevel 9. That it was on is seen by STARTTLS lines, inbound or outbound (the same
code), by AUTH=server (srvrsmtp.c, > 8) and by a deferred delivery (deliver.c, giveresponse, > 8). Below 9, `proto=` tells since 8.15.1 (its
RELEASE_NOTES: ESMTPS instead of ESMTP), for sessions with mail.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import syslog_lines

# The tag is set with -L: `sendmail` by default, sm-mta on Debian and FreeBSD. sm-msp-queue only hands on what programs submitted.
_TAG = br'(?:sendmail|sm-mta)[\w.-]*'
# The macro $_ (daemon.c, getauthinfo): [USER@]NAME [ADDR], or [ADDR] alone where there is no name.
TAG = syslog_lines.tag_expression(br'sendmail|sm-mta')
_WHO = br'(?:[^\s,=<>\[\]]+ )?\[[0-9A-Za-z:.]+\](?: \(may be forged\))?'
VERBS = (b'STARTTLS=server, relay=', b'STARTTLS=server, error: accept failed=', b'STARTTLS=client, relay=', b'AUTH=server, relay=', b'ruleset=',
         b'starting daemon (')
ROWS = syslog_lines.RowExpression(
    tag=_TAG,
    name=_TAG,
    verbs=b'|'.join(re.escape(verb) for verb in VERBS),
    id=br'NOQUEUE|[0-9A-Za-z]{12,20}',
    id_verbs=br'from=|ruleset=|Milter: (?=(?:to|from|helo|cmd)=|data, reject=|connect: host=)|collect: |SYSERR\([^)\n]*\): collect: '
             br'|message size \(|connect from |rejecting commands from |to=(?=[^\n]*, dsn=4\.\d+\.\d+, stat=Deferred)'
             br'|<(?!-- )(?=[^\n]*>\.\.\. )|[^\s<>=,:]{1,256}\.\.\. (?=User unknown)|' + _WHO + br'(?: did not issue MAIL|: )')

CLIENT = re.compile(br'(?:[^\n]* )?\[(?:IPv6:)?([0-9A-Fa-f.:]+)\](?: \(may be forged\))?(?: did not issue MAIL|: )?\r?\Z')
ADDRESS = re.compile(br'\d+\.\d+\.\d+\.\d+\Z|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\Z')
STARTED = re.compile(br'([^\n]*?), version=([^,\n]{1,16}), verify=[^,\n]*, cipher=([^,\n]{1,64}), bits=')
AUTHENTICATED = re.compile(br'(' + _WHO + br'), authid=')
FAILED_RELAY = re.compile(br', relay=([^\n]*)\Z')
# The sender is a stranger's text: quoted strings and comments in it may hold anything, ends of this line among it. So may the message id.
PLAIN_SENDER = re.compile(br'<[^"\\(,\n]{0,200}>, size=-?\d+, class=-?\d+, nrcpts=(\d+)(, msgid=)?')
SENDER = re.compile(br'(?:[^"\\(,\n]|"(?:[^"\\\n]|\\[^\n])*"|\\[^\n]|\((?:[^()\\\n]|\\[^\n])*\))*(?=, size=)')
CUT_SENDER = re.compile(br'[^\n]{200}(?=, size=)')     # %.200s
SIZES = re.compile(br', size=-?\d+, class=-?\d+, (?:pri=-?\d+, )?nrcpts=(\d+)(, msgid=)?')
PROTO = re.compile(br', proto=([A-Z0-9]{1,20})(?:, daemon=[^,\n]{1,40})?(?:, (?:auth|tls_[a-z]+)=[^,\n]*)*\Z')
PROTO_TLS = re.compile(br'(?:UTF8|E)?SMTP(S?)(A?)\Z')
REFUSED = re.compile(br'[^\n]*?, relay=(' + _WHO + br'), reject=(?:5\d\d (5\.1\.1 )?)?')
UNKNOWN_USER = re.compile(br'(?:\A|>\.\.\. )User unknown\r?\Z')
MILTER_CLIENT = re.compile(br'connect: host=[^\n]*, addr=(?:IPv6:)?([0-9A-Fa-f.:]+), (?:reject|temp failing|shutdown)')
EARLY_TALKER = re.compile(br'(?:\S+ )?\[(?:IPv6:)?([0-9A-Fa-f.:]+)\] due to pre-greeting traffic')
VERSION = re.compile(br'(\d{1,3})\.(\d{1,3})\.')
# Rulesets of outgoing mail and of delivery (cf/README): they refuse no client's command.
OUTBOUND = (b'tls_server', b'try_tls', b'tls_rcpt', b'check_compat', b'authinfo', b'tls_clt_features', b'clt_features', b'queuegroup')
# Rulesets that refuse a command; any other one (check_eoh, check_eom, those of header lines) refuses the content that came.
COMMANDS = (b'check_relay', b'check_mail', b'check_rcpt', b'check_data', b'check_vrfy', b'check_expn', b'check_etrn', b'tls_client', b'trust_auth',
            b'check_helo')
PROTO_TELLS = (8, 15)


def accepted(rest):
    """Tell whether the line of a transaction, behind `from=`, says that a message came for at least one recipient."""
    sizes = PLAIN_SENDER.match(rest)
    if sizes is None:
        sender = SENDER.match(rest) or CUT_SENDER.match(rest)
        sizes = SIZES.match(rest, sender.end()) if sender else SIZES.search(rest)
    return bool(sizes and sizes.group(2) and int(sizes.group(1)))


_protocols = {}


def protocol(rest, end):
    """Return whether proto= of a transaction's line, which ends at `end`, says (TLS, authenticated); None without any."""
    at = rest.rfind(b', proto=', 0, end)
    if at < 0:
        return None
    text = rest[at:end]
    if text not in _protocols:
        if len(_protocols) >= 1000:
            _protocols.clear()
        proto = PROTO.match(text)
        tls = PROTO_TLS.match(proto.group(1)) if proto else None
        _protocols[text] = (bool(tls.group(1)), bool(tls.group(2))) if tls else None
    return _protocols[text]
