# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether all that came to a journal since a place in it stands behind that place. PRIVATE to the collection.

journalctl shows the entries of several files as one sequence: those of one sequence of numbers by their number, others by time
(systemd's sd-journal.c, compare_locations). So what an earlier run has read is still the beginning of what a full read gives only if no file is gone
(journald drops the oldest for want of room) and none came, or grew, that stands further ahead.

The header of a file (systemd's docs/JOURNAL_FILE_FORMAT.md, journal-def.h) tells: signature at byte 0, file_id 24, seqnum_id 72, n_entries 152,
head_entry_seqnum 168, head_entry_realtime 184, tail_entry_realtime 192. A cursor tells of its entry: s=seqnum_id;i=seqnum;...;t=realtime, in
hexadecimal digits.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import glob
import os
import stat
import struct

_FOLDERS = ('/var/log/journal', '/run/log/journal')
_HEADER = struct.Struct('<8s16x16s32x16s64xQ8xQ8xQQ')


def paths_of_host():
    """Return the files that `journalctl --system` reads on this host: those of its own machine id."""
    try:
        with open('/etc/machine-id') as handle:
            machine = handle.read(32)
    except (IOError, OSError):
        return []
    if not machine.isalnum():
        return []
    return [path for folder in _FOLDERS for path in sorted(glob.glob('%s/%s/system*.journal*' % (folder, machine)))]


def look_at(paths):
    """Return what the headers of all journal files that hold entries say, as data that JSON can hold; None where one cannot be read.

    {file id: [sequence's id, entries, number of the first, time of the first, time of the last]}, times in microseconds since 1970 UTC.
    """
    found = {}
    for path in paths:
        header = _header(path)
        if header is None:
            return None
        signature, file_id, sequence, entries, number, first, last = _HEADER.unpack(header)
        if signature != b'LPKSHHRH':
            return None
        if entries:
            found[_hex(file_id)] = [_hex(sequence), entries, number, first, last]
    return found or None


def is_beginning(cursor, before, now):
    """Tell whether all that came since stands behind a cursor. before: what look_at() said before that was read; now: what it says now."""
    try:
        fields = dict(field.split('=', 1) for field in cursor.split(';'))
        sequence, number, moment = fields['s'], int(fields['i'], 16), int(fields['t'], 16)
    except (KeyError, ValueError):
        return False
    if any(file_id not in now for file_id in before):
        return False
    for file_id, (its_sequence, entries, first_number, first, unused) in now.items():
        known = before.get(file_id)
        if known is not None and known[1] == entries:
            continue
        if its_sequence == sequence:
            # Numbers only grow: what came to a file that was there has higher ones.
            if known is None and first_number <= number:
                return False
        elif (first if known is None else known[4]) <= moment:
            return False
    return True


def _header(path):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | getattr(os, 'O_CLOEXEC', 0))
    except (IOError, OSError):
        return None
    try:
        data = os.read(descriptor, _HEADER.size) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b''
    except (IOError, OSError):
        return None
    finally:
        os.close(descriptor)
    return data if len(data) == _HEADER.size else None


def _hex(data):
    return binascii.hexlify(data).decode('ascii')
