# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a syslog line begins with, as fragments of one bytes expression, and whole lines cut out of blocks. PRIVATE to the collection.

Lines end at LF alone: other separators (U+2028, NEL, a bare CR) reach logs through Message-IDs and would forge whole lines.

Formats: RFC 3164 (rsyslog's TraditionalFileFormat, postlogd's msg_logger.c with a zero-padded day), RFC 3339 (rsyslog's FileFormat,
journalctl -o short-iso), RFC 5424 (rsyslog's SyslogProtocol23Format, which cuts APP-NAME at its slash), each with or without <PRI>.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

BSD_STAMP = br'[A-Z][a-z][a-z] [ 0-3]\d \d\d:\d\d:\d\d'
ISO_STAMP = br'\d{4}-\d\d-\d\dT\d\d:\d\d[0-9:.,]*(?:Z|[+-]\d\d:?\d\d)?'

# Groups of both: BSD stamp, ISO stamp. A line break comes first, as the literal that finds lines fast; the byte order mark of a
# file's first line is taken off with it.
PLAIN_HEADER = br'\n(?:<\d{1,3}>)?(?:(' + BSD_STAMP + br')|(' + ISO_STAMP + br')) '
# RFC 5424: <PRI>VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA SP MSG. The first group stays empty.
RFC5424_HEADER = br'\n<\d{1,3}>1 (?:(\n\n))?(' + ISO_STAMP + br') '
RFC5424_DATA = br'(?:-|(?:\[[^\]\n]*\])+) +(?:\xef\xbb\xbf)?'

_LINE_START = re.compile(br'\n(?:<\d{1,3}>(?:1 )?)?(?:(' + BSD_STAMP + br')|(' + ISO_STAMP + br')) ')
_BYTE_ORDER_MARK = b'\xef\xbb\xbf'

# Longer lines are dropped: syslog daemons cut at 8 KiB and Postfix at 2,000 bytes (msg_vstream.c), so this is no mail log line.
MAX_LINE = 64 * 1024


def whole_lines(blocks, notices):
    """Yield chunks that begin with a line break and hold whole lines only, the last one's break included, whatever the blocks."""
    rest = b''
    skipping = False
    first = True
    for block in blocks:
        if first:
            block = block[len(_BYTE_ORDER_MARK):] if block.startswith(_BYTE_ORDER_MARK) else block
            first = False
        if skipping:
            end = block.find(b'\n')
            if end < 0:
                continue
            block, skipping = block[end + 1:], False
        end = block.rfind(b'\n')
        if end < 0:
            rest += block
            if len(rest) > MAX_LINE:
                notices.add('oversize_line', 'a line of more than %d KiB was dropped' % (MAX_LINE // 1024))
                rest, skipping = b'', True
            continue
        yield b'\n' + rest + block[:end + 1]
        rest = block[end + 1:]
    if rest:
        yield b'\n' + rest + b'\n'


def holds_rfc5424(chunk):
    """Tell whether any line of the chunk may be in RFC 5424 form."""
    return b'>1 ' in chunk and re.search(br'\n<\d{1,3}>1 \d', chunk) is not None


def count_malformed(chunk, lines):
    """Return how many of a chunk's lines do not begin as a syslog line does."""
    # Nearly always all lines begin with the same few bytes, which are counted a hundred times faster.
    head = chunk[:6]
    if head[1:2] == b'<':
        head = chunk[:chunk.find(b'>') + 1][:6]
    if chunk.count(head) == lines and _LINE_START.match(chunk):
        return 0
    return lines - chunk.count(b'\n\n') - len(_LINE_START.findall(chunk))


def first_stamp(chunk):
    """Return (BSD stamp, ISO stamp), one of them empty, of the chunk's first line that has one, or None."""
    match = _LINE_START.search(chunk)
    return match.groups() if match else None


def last_stamp(chunk):
    """Return the same of the chunk's last line, or None when that has none."""
    match = _LINE_START.match(chunk, chunk.rfind(b'\n', 0, len(chunk) - 1))
    return match.groups() if match else None
