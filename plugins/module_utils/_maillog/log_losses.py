# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines in which syslog itself says that lines are missing or were folded. PRIVATE to the collection.

rsyslog v5, plugins/imuxsock/imuxsock.c: `imuxsock begins to drop messages from pid N`, `imuxsock lost N messages from pid N`; v7 and newer,
runtime/ratelimit.c: `NAME: begin to drop messages` (v8 `NAME from <HOST:APP>: begin ...`), `NAME: N messages lost due to rate-limiting`, NAME
being `imjournal`, `imuxsock[pid N]`, `imuxsock[pid: N, name: PATH]` or a limit's own; systemd, src/journal/journald-server.c: `Suppressed N
messages from UNIT`. They count as notices, never as sessions: nobody can tell what the missing lines were. They are found together with the
mail lines, for a log is read once.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

# What stands between host and message: a syslog daemon's tag, or nothing.
TAG = br'(?:(?:rsyslogd(?:-\d+)?|systemd-journald?|imuxsock)(?:\[\d+\])?: |last (?=message repeated ))'
_NAME = br'(?:[\w.-]{1,60}(?:\[[^\]\n]{0,200}\])?(?: from <[^>\n]{0,200}>)?: )?'
VERBS = (br'imuxsock (?:begins to drop|lost \d+) messages|' + _NAME + br'(?:begin to drop messages|\d+ messages lost due to )'
         br'|Suppressed \d+ messages|message repeated (?=\d+ times)')
_COUNT = re.compile(br'(?:\A|[ :])(\d{1,9}) (?:messages|times)')
_DAEMONS = (b'rsyslogd', b'systemd-journal', b'imuxsock')
_REPEATED = b'message repeated '


def note(key, verb, rest, notices):
    """Note the loss that a row tells of. Return whether it told of one: only syslog's own daemons can tell of losses."""
    if verb == _REPEATED:
        notices.add('repeated_message', verb + rest, _count(rest))
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
