# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines in which syslog itself says that lines are missing or were folded. PRIVATE to the collection.

rsyslog v5, plugins/imuxsock/imuxsock.c: `imuxsock begins to drop messages from pid N`, `imuxsock lost N messages from pid N`; v7 and newer,
runtime/ratelimit.c: `NAME: begin to drop messages` (v8 `NAME from <HOST:APP>: begin ...`), `NAME: N messages lost due to rate-limiting`, NAME
being `imjournal`, `imuxsock[pid N]`, `imuxsock[pid: N, name: PATH]` or a limit's own; systemd, src/journal/journald-server.c: `Suppressed N
messages from UNIT`. They count as notices, never as sessions: nobody can tell what the missing lines were.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import runs

# Where a chunk has neither these words nor a line of these programs, it needs no closer look.
_REPEATED = b'message repeated '
_DAEMONS = (b'rsyslogd', b'systemd-journal', b'imuxsock')
_DAEMON_TAGS = runs.seek([b' ' + name for name in _DAEMONS])
# Syslog's own, and those of mail servers, whose repeated lines matter.
_TAGS = br'(?:rsyslogd(?:-\d+)?|systemd-journald?|imuxsock|[^\s\[\]:]{0,100}/[a-z]{1,40}|sendmail|sm-[a-z-]+|smtpd|exim4?|dovecot)'
_NAME = br'(?:[\w.-]{1,60}(?:\[[^\]\n]{0,200}\])?(?: from <[^>\n]{0,200}>)?: )?'
_COUNT = re.compile(br'(?:\A|[ :])(\d{1,9}) (?:messages|times)')
_LINE = (
    br'\n(?:<\d{1,3}>)?(?:[A-Z][a-z][a-z] [ 0-3]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d\S*) (\S{1,255}) '
    br'(last (?=message repeated )|' + _TAGS + br'(?:\[\d{1,10}\])?: )'
    br'(imuxsock (?:begins to drop|lost \d+) messages|' + _NAME + br'(?:begin to drop messages|\d+ messages lost due to )'
    br'|Suppressed \d+ messages|message repeated (?=\d+ times))([^\n]*)')


def note_all(chunk, host, notices):
    """Note the losses that a chunk of whole lines tells of. host: `HOST ` whose lines alone count, or nothing."""
    if _REPEATED not in chunk and not runs.holds(chunk, _DAEMON_TAGS):
        return
    for line_host, tag, verb, rest in re.findall(_LINE, chunk):
        if not host or line_host + b' ' == host:
            note(line_host + b' ' + tag, verb, rest, notices)


def note(key, verb, rest, notices):
    """Note the loss that a row tells of. Return whether it told of one: only syslog's own daemons can tell of losses."""
    if verb == _REPEATED:
        # Behind the colon stands the message, with the addresses of strangers: those stay on the host.
        notices.add('repeated_message', verb + rest.partition(b':')[0], _count(rest))
        return True
    if not key.partition(b' ')[2].startswith(_DAEMONS):
        return False
    # rsyslog says that it begins with the first message that it drops, and how many there were once it ends; journald only the latter.
    told = _count(verb + rest)
    notices.add('rate_limited', verb + rest, told - 1 if told > 1 and not verb.startswith(b'Suppressed') else told)
    return True


def _count(text):
    match = _COUNT.search(text)
    return max(1, int(match.group(1))) if match else 1
