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

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import log_losses

BSD_STAMP = br'[A-Z][a-z][a-z] [ 0-3]\d \d\d:\d\d:\d\d'
ISO_STAMP = br'\d{4}-\d\d-\d\dT\d\d:\d\d[0-9:.,]*(?:Z|[+-]\d\d:?\d\d)?'
# Not syslog's: what Exim (string tod_log, with log_timezone and millisec) and Dovecot (log_timestamp) put before the lines of their own files.
OWN_STAMP = br'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?'
_PRI = br'(?:<\d{1,3}>)?'
_STAMP = br'(' + BSD_STAMP + br'|' + ISO_STAMP + br') '
# RFC 5424: <PRI>VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA SP MSG.
_RFC5424_DATA = br' \S+ (?:-|(?:\[[^\]\n]*\])+) +(?:\xef\xbb\xbf)?'
_LINE_START = re.compile(br'\n<\d{1,3}>(?:1 )?' + _STAMP + br'|\n(' + BSD_STAMP + br'|' + ISO_STAMP + br'|' + OWN_STAMP + br') ')
_BYTE_ORDER_MARK = b'\xef\xbb\xbf'

# How the lines of a chunk begin: all alike, in one of two ways, or any way.
BSD = 'bsd'
ISO = 'iso'
ANY = 'any'
# So many bytes of a stamp tell the day; of any form, none do but all.
DAY_LENGTH = {BSD: 6, ISO: 16, ANY: 40}


class RowExpression:
    """Finds a program's lines in a chunk, and gives each as a row: stamp, `HOST TAG[PID]`, verb, id, verb behind the id, rest of the line.

    tag: expression of the syslog tag without its pid; name: of RFC 5424's APP-NAME; verbs: how messages that matter begin; id_verbs: how they
    begin behind an id, which `id` matches, and a colon. The losses that syslog tells of come along as rows of its own daemons.
    The line break comes first, as the literal that finds lines fast.
    """

    def __init__(self, tag, name, verbs, id, id_verbs):
        key = br'(\S+ (?:' + tag + br'\[\d+\]: |' + log_losses.TAG + br'))'
        message = br'(?:(' + verbs + br'|' + log_losses.VERBS + br')|(' + id + br'): (' + id_verbs + br'))([^\n]*)'
        # Where all lines of a chunk are known to begin with a stamp, its form needs no second look.
        self._expressions = {
            BSD: re.compile(br'\n([^\n]{15}) ' + key + message),
            ISO: re.compile(br'\n(\S{16,40}) ' + key + message),
        }
        self._any = re.compile(
            br'\n' + _PRI + _STAMP + key + message
            + br'|\n<\d{1,3}>1 ' + _STAMP + br'(\S+) (' + name + br') (\d+)' + _RFC5424_DATA + message)

    def rows(self, chunk, form):
        """Return the rows of all lines that match, in order."""
        if form != ANY:
            return self._expressions[form].findall(chunk)
        return [match[:6] if match[0] else (match[6], match[7] + b' ' + match[8] + b'[' + match[9] + b']: ') + match[10:]
                for match in self._any.findall(chunk)]


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


def describe(chunk):
    """Return (lines, lines that do not begin as a syslog line does, form) of a chunk."""
    lines = chunk.count(b'\n') - 1
    # Nearly always all lines begin with the same few bytes, which are counted a hundred times faster than looked at one by one.
    first = _LINE_START.match(chunk)
    if first is not None and chunk[1:2] != b'<' and chunk.count(chunk[:6]) == lines:
        return lines, 0, ISO if chunk[1:2].isdigit() else BSD
    empty = chunk.count(b'\n\n')
    return lines, lines - empty - len(_LINE_START.findall(chunk)), ANY


def first_stamp(chunk):
    """Return the stamp of the chunk's first line that has one, or None."""
    match = _LINE_START.search(chunk)
    return (match.group(1) or match.group(2)) if match else None


def last_stamp(chunk):
    """Return the stamp of the chunk's last line, or None when that has none."""
    match = _LINE_START.match(chunk, chunk.rfind(b'\n', 0, len(chunk) - 1))
    return (match.group(1) or match.group(2)) if match else None
