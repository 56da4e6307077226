# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the log says of one mail: was it seen, refused, found infected, delivered. PRIVATE to the collection.

A mail is found by its marker, in its Message-ID or its sender, and then by the queue ids of those lines. Where the words come from:

Postfix: cleanup(8) logs `QID: message-id=<...>` (cleanup_message.c), `milter-reject: END-OF-MESSAGE` and `milter-hold` (cleanup_milter.c) and
`reject: body` of its checks; smtpd(8) `proxy-reject` (smtpd_proxy.c) and `lost connection after DATA` (smtpd.c); delivery agents `status=` (log_adhoc.c).
Exim: `<=`, `=>`, `->` and `rejected after DATA` (its manual, chapter 52). Sendmail: `stat=` (deliver.c) and `reject=` (milter.c). OpenSMTPD:
`smtp failed-command` and `mda delivery ... result=Ok` (smtp_session.c, mda.c). clamav-milter: `Message ... infected by` (clamfi.c). amavis:
`Blocked INFECTED`, `Passed INFECTED` (its log templates). Dovecot: `saved mail to` (lmtp, lda). rspamd writes no mail log.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable

MAX_LINES = 6
MAX_IDS = 20
# Behind a syslog tag: Postfix's hexadecimal and long ids, Sendmail's. Exim's and OpenSMTPD's stand elsewhere.
_QUEUE_IDS = (
    re.compile(br'(?:\[\d+\]: | - - +)([0-9A-Za-z]{6,20}): '),
    re.compile(br' ([0-9A-Za-z]{6}-[0-9A-Za-z]{6}(?:[0-9A-Za-z]{5})?-[0-9A-Za-z]{2}(?:[0-9A-Za-z]{2})?) (?:<=|=>|->|\*\*|==)'),
    re.compile(br'(?:\[\d+\]: | - - +)([0-9a-f]{16}) (?:smtp|mda) '),
    # Behind a content filter: `queued as QID`, and the first id of a message that comes back.
    re.compile(br'queued as ([0-9A-Za-z]{6,20})'),
)
_REFUSED = re.compile(
    br'milter-reject: |milter-hold: |milter-discard: |proxy-reject: |(?:\]: | - - +)(?!NOQUEUE)[0-9A-Za-z]{6,20}: (?:reject|hold|discard): |'
    br'(?:\]: | - - +)NOQUEUE: reject: [^;\n]*: 5\d\d |smtp failed-command [^\n]*result="5|rejected (?:after DATA|by)|'
    br'Milter: data, (?:reject|discard)|reject=[45]|status=bounced|Blocked (?:INFECTED|BANNED)| \*\* ')
_INFECTED = re.compile(br'infected by|Blocked INFECTED|Passed INFECTED|malware|virus found|contains a virus|INFECTED:', re.IGNORECASE)
# Handed to a content filter on the way is not delivered.
_DELIVERED = re.compile(
    br'postfix[^ \[]*/(?:local|virtual|lmtp|pipe)\[\d+\]: .*status=sent|status=sent \(delivered to |saved mail to |stat=Sent|'
    br'[A-Za-z0-9] (?:=>|->) |mda delivery .*result="?Ok|'
    br'postfix[^ \[]*/smtp\[\d+\]: .*relay=(?!127\.|localhost|\[?::1).*status=sent')
_CLIENT = re.compile(br'client=[^\s\[]*\[([0-9a-fA-F.:]+)\]')
_SIZE = re.compile(br'(?:[, ]size=|[ ]S=)(\d{1,12})')
# Of Postfix alone, which logs a Message-ID as soon as the header is there: a server that hangs in its own scanner has logged it.
_LOST = re.compile(br'(?:lost connection|timeout) after (?:DATA|BDAT)')
_PREFIX = re.compile(br'^(?:<\d{1,3}>(?:1 )?)?(?:[A-Z][a-z][a-z] [ 0-3]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ][0-9:.,]+(?:Z|[+-]\d\d:?\d\d)?) ')


def of_markers(text, markers):
    """Return {marker: fate} for lines of a log. A fate has seen, refused, infected, delivered, size (bytes or None), queue_ids and a few of its lines.

    text: bytes of whole lines. markers: texts of letters, digits and `-`.
    """
    return dict((marker, _fate(text, marker.encode('ascii'))) for marker in markers)


def _fate(text, marker):
    ids = set()
    for line in _lines_with(text, [marker]):
        _add_ids(ids, line)
    lines = _lines_with(text, [marker] + sorted(ids))
    # A content filter hands it back under another id, whose lines need not have the marker.
    before = set(ids)
    for line in lines:
        _add_ids(ids, line)
    if ids != before:
        lines = _lines_with(text, [marker] + sorted(ids))
    whole = b'\n'.join(lines)
    size = _SIZE.search(whole)
    client = _CLIENT.search(whole)
    return {
        'seen': bool(lines), 'refused': bool(_REFUSED.search(whole)), 'infected': bool(_INFECTED.search(whole)), 'delivered': bool(_DELIVERED.search(whole)),
        'size': int(size.group(1)) if size else None, 'client': client.group(1).decode('ascii') if client else None,
        'queue_ids': sorted(name.decode('ascii') for name in ids), 'lines': _telling(lines),
    }


def lost_connections(text, clients):
    """Return how many connections from these addresses Postfix lost while a message came in."""
    wanted = [('[%s]' % client).encode('ascii') for client in clients]
    return sum(1 for line in text.split(b'\n') if _LOST.search(line) and any(client in line for client in wanted))


def _lines_with(text, words):
    expression = re.compile(br'^[^\n]*(?<![0-9A-Za-z\[])(?:' + b'|'.join(re.escape(word) for word in words) + br')(?![0-9A-Za-z])[^\n]*$', re.MULTILINE)
    return expression.findall(text)


def _add_ids(ids, line):
    for expression in _QUEUE_IDS:
        for name in expression.findall(line):
            # `warning`, `statistics` and the like are words, no ids.
            if len(ids) < MAX_IDS and any(digit in name for digit in (b'0', b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'8', b'9')):
                ids.add(name)


def _telling(lines):
    """Return the few lines that tell most, without their time and host."""
    telling = [line for line in lines if _REFUSED.search(line) or _INFECTED.search(line) or _DELIVERED.search(line)]
    others = [line for line in lines if line not in telling]
    chosen = (telling + others)[:MAX_LINES]
    return [_shown(line) for line in lines if line in chosen][:MAX_LINES]


def _shown(line):
    if _PREFIX.match(line):
        line = _PREFIX.sub(b'', line).partition(b' ')[2]
    # What was found stands at the end of clamav-milter's long lines.
    return printable(line if len(line) <= 300 else line[:150] + b' ... ' + line[-140:], 300)
