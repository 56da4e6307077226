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

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import syslog_lines

_RATE_LIMITED = re.compile(
    syslog_lines.PLAIN_HEADER + br'\S+ (?:rsyslogd|rsyslogd-\d+|systemd-journald?|imuxsock)(?:\[\d+\])?: '
    br'((?:[^\n]*: )?(?:imuxsock (?:begins to drop|lost \d+) messages|begin to drop messages|\d+ messages lost due to rate-limiting'
    br'|Suppressed \d+ messages)[^\n]*)')
_REPEATED = re.compile(
    syslog_lines.PLAIN_HEADER + br'(?:\S+ )?(?:[^\s\[]*/smtpd\[\d+\]: )?((?:last )?message repeated \d{1,9} times)')


def note(chunk, notices):
    """Note the losses that a chunk of whole lines tells of."""
    if b'drop messages' in chunk or b'rate-limiting' in chunk or b'Suppressed ' in chunk or b'imuxsock' in chunk:
        for match in _RATE_LIMITED.finditer(chunk):
            notices.add('rate_limited', match.group(3))
    if b' repeated ' in chunk:
        for match in _REPEATED.finditer(chunk):
            notices.add('repeated_message', match.group(3))
