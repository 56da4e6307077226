# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines in which syslog itself says that lines are missing or were folded. PRIVATE to the collection.

rsyslog: plugins/imuxsock/imuxsock.c (v5), runtime/ratelimit.c (v7 and newer); systemd: src/journal/journald-server.c. They count as
notices, never as sessions: nobody can tell what the missing lines were. They are found together with the mail lines, for a log is
read once.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

# What stands between host and message: a syslog daemon's tag, or nothing.
TAG = br'(?:(?:rsyslogd(?:-\d+)?|systemd-journald?|imuxsock)(?:\[\d+\])?: |last (?=message repeated ))'
VERBS = (br'imuxsock (?:begins to drop|lost \d+) messages|(?:[\w.-]{1,60}: )?begin to drop messages|(?:[\w.-]{1,60}: )?\d+ messages lost due to '
         br'|Suppressed \d+ messages|message repeated (?=\d+ times)')
_DAEMONS = (b'rsyslogd', b'systemd-journal', b'imuxsock')
_REPEATED = b'message repeated '


def note(key, verb, rest, notices):
    """Note the loss that a row tells of. Return whether it told of one: only syslog's own daemons can tell of losses."""
    if verb == _REPEATED:
        notices.add('repeated_message', verb + rest)
        return True
    if not key.partition(b' ')[2].startswith(_DAEMONS):
        return False
    notices.add('rate_limited', verb + rest)
    return True
