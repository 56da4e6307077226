# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd's Journal Export Format. PRIVATE to the collection.

systemd's docs/JOURNAL_EXPORT_FORMATS.md: an entry is its fields and an empty line. A field is `NAME=value` and a line break where the value
is text of one line; else NAME, a line break, the value's length as 64 bits, little-endian, the value, and a line break. A value may look like
anything, another entry included, so it is never searched for the end of its entry.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re
import struct

# Longer values are left out: no mail system writes any (see syslog_lines.MAX_LINE).
MAX_VALUE = 64 * 1024
_TEXT_ENTRY = re.compile(br'(?:[A-Z0-9_]{1,64}=[^\n]*\n)+\n')
_TEXT_FIELD = re.compile(br'([A-Z0-9_]+)=([^\n]*)\n')
_LENGTH = struct.Struct('<Q')


class Export:
    """Takes blocks of an export as they come."""

    def __init__(self, notices):
        self._notices = notices
        self._data = b''
        self._fields = {}       # of an entry that is not complete
        self._skip = 0          # so many bytes of a value that is too long are still to come
        self._skip_line = False

    def feed(self, block):
        """Return the entries that are complete by now, as maps of bytes. Of a field that comes twice the first one counts."""
        data, position, entries = self._data + block, 0, []
        while position < len(data):
            if self._skip:
                step = min(self._skip, len(data) - position)
                position += step
                self._skip -= step
                continue
            if not self._fields and not self._skip_line:
                match = _TEXT_ENTRY.match(data, position)
                if match:
                    entry = dict(reversed(_TEXT_FIELD.findall(match.group())))
                    entries.append(entry)
                    position = match.end()
                    continue
            after = self._field(data, position)
            if after is None:
                break
            position = after
            if self._complete:
                entries.append(self._fields)
                self._fields = {}
        self._data = data[position:]
        return entries

    def _field(self, data, position):
        """Take in one field, or the end of an entry. Return the position behind it, or None when it is not all there."""
        self._complete = False
        end = data.find(b'\n', position)
        if self._skip_line:
            self._skip_line = end < 0
            return len(data) if end < 0 else end + 1
        if end < 0:
            if len(data) - position <= MAX_VALUE:
                return None
            self._note()
            self._skip_line = True
            return len(data)
        name, equals, value = data[position:end].partition(b'=')
        if end == position:
            self._complete = bool(self._fields)
            return end + 1
        if equals:
            self._fields.setdefault(name, value)
            return end + 1
        begin = end + 1 + _LENGTH.size
        if len(data) < begin:
            return None
        size = _LENGTH.unpack(data[end + 1:begin])[0]
        if size > MAX_VALUE:
            self._note()
            self._skip = size + 1
            return begin
        if len(data) <= begin + size:
            return None
        self._fields.setdefault(name, data[begin:begin + size])
        return begin + size + 1

    def _note(self):
        self._notices.add('oversize_line', 'a message of more than %d KiB was dropped' % (MAX_VALUE // 1024))
