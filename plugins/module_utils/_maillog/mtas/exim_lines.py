# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of Exim 4's mainlog, in its own file and through syslog: what they look like. PRIVATE to the collection.

Formats, by source file of Exim (src/src/), the same from 4.72 to 4.99 but for what is said:

  log.c       YYYY-MM-DD HH:MM:SS[.mmm][ +ZZZZ] [[PID] ]TEXT, by `log_selector` +millisec and +pid, `log_timezone`; to syslog as tag
              `exim[PID]: `, without the time where `syslog_timestamp` is off; lines of more than 870 bytes, and of several lines, in parts `[1/2] `
  receive.c   ID <= SENDER [R=ID] H=NAME (HELO) [ADDRESS]:PORT [I=...] [U=IDENT] [Ci=ID] P=PROTOCOL [L] [X=...] [CV=...] [DN="..."] [SNI=...]
              [A=...] S=..., one line for each message that was accepted; `(= ` for one that was kept though the client was told otherwise
  smtp_in.c   H=... [X=...] [CV=...] [DN="..."] [SNI=...] [F=<SENDER>] [A=...] [temporarily ]rejected COMMAND: REASON
              rejected MAIL FROM:<SENDER> H=...: message too big, rejected EHLO from ...: without a word of TLS
              SMTP connection from ... closed by QUIT | lost, with +smtp_connection; no MAIL in SMTP connection from ..., with +smtp_no_mail
  daemon.c    SMTP connection from [ADDRESS]:PORT [I=...] [Ci=ID] (TCP/IP connection count = N), with +smtp_connection
  tls-gnu.c, tls-openssl.c  TLS error on connection from NAME (HELO) [ADDRESS]:PORT (WHAT FAILED): REASON

`P=` tells a message's TLS at any log_selector; the protocols are listed in smtp_in.c, those of implicit TLS with an `s` in front from 4.99 on. `X=`
(+tls_cipher, on by default) and `CV=` tell that of a refused command. Only +smtp_connection logs every session: without it the log
holds no sessions, and their count is not known.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import syslog_lines, tally as classes

# 16 characters up to Exim 4.96, 23 from 4.97 on.
_ID = br'(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{6}-[0-9A-Za-z]{11}-[0-9A-Za-z]{4})'
_MESSAGE_TEXT = (
    br'(?:(' + _ID + br') )? ?(?:DS )?(<= |\(= |H=|(?:temporarily )?rejected (?=[A-Z"])|SMTP connection (?:Ci=\S+ )?from '
    br'|TLS error on connection (?:Ci=\S+ )?from |no MAIL in (?:TFO\*? )?SMTP connection from |SMTP command timeout on(?: TLS)? connection from '
    br'|unexpected disconnection while reading SMTP command from (?:TFO\*? )?|SMTP data timeout \(message abandoned\) on connection from )'
    br'([^\n]*)')
TAG = syslog_lines.tag_expression(br'exim')
OWN_ROWS = re.compile(br'\n(' + syslog_lines.OWN_STAMP + br')()() (?:\[\d+\] )?' + _MESSAGE_TEXT)
SYSLOG_ROWS = re.compile(
    br'\n(?:<\d{1,3}>)?(?:1 )?(' + syslog_lines.BSD_STAMP + br'|' + syslog_lines.ISO_STAMP + br') (\S+) exim[\w.-]{0,30}(\[\d+\]: |: | \d+ - -  ?)'
    br'(?:\[1[/\\]\d+\] )?(?:' + syslog_lines.OWN_STAMP + br' )?(?:\[\d+\] )?' + _MESSAGE_TEXT)

# What strangers choose: NAME by their DNS, HELO, IDENT and SENDER. None holds a blank, but for a sender's quoted local part.
_CLIENT = br'(?:[^\s\[\]()]+ )?(?:\(\S*\) )?(\[([0-9A-Fa-f.:]+)(?:%\w+)?\](?::\d+)?)'
_SERVER = br'(?: I=\[[\w.:%]+\](?::\d+)?)?'
_MORE = _SERVER + br'(?: TFO\*?)?(?: U=\S+)?(?: Ci=\S+)?'
_SENDER = br'(?:<>|"(?:[^"\\]|\\.)*"@\S+|[^\s"]\S*)'
# Repetitions are bounded: a line that a stranger made long costs no more than its length.
_TLS = br'((?: X=\S+| CV=\S+| DN="[^"]*"| SNI=\S+){0,8})'
MESSAGE = re.compile(_SENDER + br'(?: R=\S+)?(?: DS)? H=' + _CLIENT + _MORE + br' P=(\S+)(?: L[*.-]*)?' + _TLS)
# Sent by a program on this host, or a bounce.
SUBMITTED = re.compile(_SENDER + br'(?: R=\S+)?(?: U=[^=]*)?(?: Ci=\S+)? P=\S+ ')
REJECTED = re.compile(_CLIENT + _MORE + _TLS + br'(?: [A-Za-z]+=(?:<(?:"(?:[^"\\]|\\.)*"|[^\s"])*>|[^\s"<]\S*)){0,8} (?:temporarily )?rejected ([^\n]*)')
REFUSED = re.compile(
    br'(?:MAIL FROM:<(?:"(?:[^"\\]|\\.)*"|[^\s"])*> H=|MAIL command H=|[A-Z]{4,8} from |"[A-Z]{4} \S*" from )' + _CLIENT + _MORE + br'(?::|\r?\Z)')
AT_CLIENT = re.compile(_CLIENT + _MORE + br'((?: [^\n]*)?)')
BEGUN = re.compile(br'(\[([0-9A-Fa-f.:]+)(?:%\w+)?\](?::\d+)?)' + _SERVER + br'(?: Ci=\S+)? \(TCP/IP connection count = \d+\)\r?\Z')
# Only +smtp_connection logs these. `lost while reading message data` comes without it too.
CLOSED = re.compile(br'(?: \(via inetd\))?(?: D=\S+)? (?:closed [a-zA-Z]|lost(?: \(error: [^)]*\))?(?: D=\S+)?\r?\Z)')
LOST = b' lost while reading message data'
HANDSHAKE = re.compile(br' \((gnutls_handshake|SSL_accept|handshake|certificate verification failed)\)')
# Errors behind the handshake: there was TLS.
UNDER_TLS = re.compile(br' \((?:recv|send|uncork|SSL_read|SSL_write)\)')
CIPHER = re.compile(br' X=([A-Z]+)v?([\d.]+):(\S+):\d+')
# The texts of Exim's own verification and of the configurations that its distributors and its manual give. There is no code in the log.
UNKNOWN_USER = re.compile(
    br'RCPT <(?:"(?:[^"\\]|\\.)*"|[^\s"])*>: .{0,200}?(?:unroute?able address'
    br'|(?:unknown|no such|invalid) (?:local )?(?:user|recipient|mailbox|address|account)'
    br'|(?:user|recipient|mailbox|address|account)(?: is)? (?:unknown|not found|does not exist|doesn.t exist)|\b5\.1\.1\b)', re.I)
PROTOCOL = re.compile(br'(?:utf8)?e?s?smtp(s?)(a?)\Z')
PLAINTEXT = frozenset((b'smtp', b'esmtp', b'esmtpa', b'utf8smtp', b'utf8esmtp', b'utf8esmtpa', b'smtpa'))


def class_of(protocol):
    """Return the class of a message by its received protocol; None when no client sent it by SMTP."""
    if protocol in PLAINTEXT:
        return classes.PLAINTEXT
    return classes.TLS if PROTOCOL.match(protocol) else None


def shows_tls(text):
    return b' X=' in text or b' CV=' in text


def tls_text(text):
    """Return what stands from `X=` on."""
    return text[max(text.find(b' X='), 0):]


def protocol(family, version):
    """Return a TLS version as OpenSSL and Postfix write it: GnuTLS has TLS1.3 for TLSv1.3, and TLS1.0 for TLSv1."""
    if family == b'TLS':
        return b'TLSv' + (b'1' if version == b'1.0' else version)
    return family + b'v' + version.partition(b'.')[0]
