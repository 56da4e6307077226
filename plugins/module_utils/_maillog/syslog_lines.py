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
# Seconds and their fractions. They have a length, as a stamp has wherever one is looked for: nanoseconds take 13 characters.
SECONDS = br'[0-9:.,]{0,18}'
ISO_STAMP = br'\d{4}-\d\d-\d\dT\d\d:\d\d' + SECONDS + br'(?:Z|[+-]\d\d:?\d\d)?'
# Not syslog's: what Exim (string tod_log, with log_timezone and millisec) and Dovecot (log_timestamp) put before the lines of their own files.
OWN_STAMP = br'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?'
OWN_LINE = re.compile(br'\n\d{4}-\d\d-\d\d ')
_PRI = br'(?:<\d{1,3}>)?'
_STAMP = br'(' + BSD_STAMP + br'|' + ISO_STAMP + br') '
# RFC 5424: <PRI>VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA SP MSG.
_RFC5424_DATA = br' \S+ (?:-|(?:\[[^\]\n]*\])+) +(?:\xef\xbb\xbf)?'
_LINE_START = re.compile(br'\n<\d{1,3}>(?:1 )?' + _STAMP + br'|\n(' + BSD_STAMP + br'|' + ISO_STAMP + br'|' + OWN_STAMP + br') ')
_EMPTY_LINES = re.compile(br'\n\n+')
_BYTE_ORDER_MARK = b'\xef\xbb\xbf'

# How the lines of a chunk begin: all alike, in one of two ways, or any way.
BSD = 'bsd'
ISO = 'iso'
ANY = 'any'
# So many bytes of a stamp tell the day; of a form with offsets, none do but all.
DAY_LENGTH = {BSD: 6, ISO: 40, ANY: 40}


class RowExpression:
    """Finds a program's lines in a chunk, and gives each as a row: stamp, `HOST TAG[PID]`, verb, id, verb behind the id, rest of the line.

    tag: expression of the syslog tag without its pid; name: of RFC 5424's APP-NAME; verbs: how messages that matter begin; id_verbs: how they
    begin behind an id, which `id` matches, and a colon. The line break comes first, as the literal that finds lines fast.
    """

    def __init__(self, tag, name, verbs, id, id_verbs):
        # Host and process number have a length, for keys are kept: RFC 1035 and Linux know no longer ones.
        key = br'(\S{1,255} ' + tag + br'\[\d{1,10}\]: )'
        message = br'(?:(' + verbs + br')|(' + id + br'): (' + id_verbs + br'))([^\n]*)'
        # All lines of a chunk begin in one way, or in any: what matches must not depend on the chunk that a line is in.
        self._patterns = {
            BSD: br'\n(' + BSD_STAMP + br') ' + key + message,
            ISO: br'\n(' + ISO_STAMP + br') ' + key + message,
            ANY: br'\n' + _PRI + _STAMP + key + message
                 + br'|\n<\d{1,3}>1 ' + _STAMP + br'(\S{1,255}) (' + name + br') (\d{1,10})' + _RFC5424_DATA + message,
        }
        self._expressions = {}      # compiled where a log has that form: most have one, and each takes a millisecond

    def rows(self, chunk, form):
        """Return the rows of all lines that match, in order."""
        expression = self._expressions.get(form)
        if expression is None:
            expression = self._expressions[form] = re.compile(self._patterns[form])
        if form != ANY:
            return expression.findall(chunk)
        return [match[:6] if match[0] else (match[6], match[7] + b' ' + match[8] + b'[' + match[9] + b']: ') + match[10:]
                for match in expression.findall(chunk)]


def tag_expression(tag):
    """Return the expression that finds the lines of a program, given how its syslog tag begins, and nothing in the text of others."""
    return re.compile(br'\n' + _PRI + br'(?:1 )?(?:' + BSD_STAMP + br'|' + ISO_STAMP + br') \S{1,255} (?:' + tag + br')')


# Longer lines are dropped: syslog daemons cut at 8 KiB and Postfix at 2,000 bytes (msg_vstream.c), so this is no mail log line.
MAX_LINE = 64 * 1024


def whole_lines(blocks, notices, at_start=True):
    """Yield chunks that begin with a line break and hold whole lines only, the last one's break included, whatever the blocks.

    at_start: the blocks begin where the file does, where a byte order mark may be.
    """
    rest = b''
    skipping = False
    first = at_start
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
                _note_oversize(notices)
                rest, skipping = b'', True
            continue
        chunk = b'\n' + rest + block[:end + 1]
        rest = block[end + 1:]
        chunk = _without_oversize(chunk, notices)
        if len(chunk) > 1:
            yield chunk
    if rest:
        chunk = _without_oversize(b'\n' + rest + b'\n', notices)
        if len(chunk) > 1:
            yield chunk


def _without_oversize(chunk, notices):
    """Return a chunk without its lines of more than MAX_LINE bytes."""
    position, last = 0, len(chunk) - 1
    while position < last:
        # The last line break within reach; where there is none, the line is longer.
        found = chunk.rfind(b'\n', position + 1, position + MAX_LINE + 2)
        if found < 0:
            _note_oversize(notices)
            found = chunk.index(b'\n', position + 1)
            chunk = chunk[:position] + chunk[found:]
            last = len(chunk) - 1
        else:
            position = found
    return chunk


def _note_oversize(notices):
    notices.add('oversize_line', 'a line of more than %d KiB was dropped' % (MAX_LINE // 1024))


def without_empty_lines(chunk):
    """Return a chunk without its empty lines: an archive of a few KiB holds millions of them, and each would be looked at."""
    return _EMPTY_LINES.sub(b'\n', chunk) if b'\n\n' in chunk else chunk


def first_stamp(chunk):
    """Return the stamp of the chunk's first line that has one, or None."""
    match = _LINE_START.search(chunk)
    return (match.group(1) or match.group(2)) if match else None


def last_stamp(chunk):
    """Return the stamp of the chunk's last line that has one, or None."""
    end = len(chunk) - 1
    while end > 0:
        start = chunk.rfind(b'\n', 0, end)
        match = _LINE_START.match(chunk, start)
        if match:
            return match.group(1) or match.group(2)
        end = start
    return None
