# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines in which syslog itself says that lines are missing or were folded. PRIVATE to the collection.

rsyslog: plugins/imuxsock/imuxsock.c (v5), runtime/ratelimit.c (v7 and newer); systemd: src/journal/journald-server.c. They count as
notices, never as sessions: nobody can tell what the missing lines were.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

# A word of each kind of line: where a chunk has none of them, it needs no closer look.
_HINTS = (b' messages ', b'message repeated ')
_DAEMONS = (b'rsyslogd', b'systemd-journal', b'imuxsock')
_REPEATED = b'message repeated '
# Syslog's own, and those of mail servers, whose repeated lines matter.
_TAGS = br'(?:rsyslogd(?:-\d+)?|systemd-journald?|imuxsock|[^\s\[\]:]*/[a-z]+|sendmail|sm-[a-z-]+|smtpd|exim4?|dovecot)'
_LINE = re.compile(
    br'\n(?:<\d{1,3}>)?(?:[A-Z][a-z][a-z] [ 0-3]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d\S*) (\S+) '
    br'(last (?=message repeated )|' + _TAGS + br'(?:\[\d+\])?: )'
    br'(imuxsock (?:begins to drop|lost \d+) messages|(?:[\w.-]{1,60}: )?begin to drop messages|(?:[\w.-]{1,60}: )?\d+ messages lost due to '
    br'|Suppressed \d+ messages|message repeated (?=\d+ times))([^\n]*)')


def note_all(chunk, host, notices):
    """Note the losses that a chunk of whole lines tells of. host: `HOST ` whose lines alone count, or nothing."""
    if not any(hint in chunk for hint in _HINTS):
        return
    for line_host, tag, verb, rest in _LINE.findall(chunk):
        if not host or line_host + b' ' == host:
            note(line_host + b' ' + tag, verb, rest, notices)


def note(key, verb, rest, notices):
    """Note the loss that a row tells of. Return whether it told of one: only syslog's own daemons can tell of losses."""
    if verb == _REPEATED:
        notices.add('repeated_message', verb + rest)
        return True
    if not key.partition(b' ')[2].startswith(_DAEMONS):
        return False
    notices.add('rate_limited', verb + rest)
    return True
