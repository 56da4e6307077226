# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From blocks of bytes into a part: lines, and what the mail systems' readers make of them. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import gc

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, log_losses, runs, syslog_lines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.budget import OutOfTime

TIME_IS_UP = 'not read to its end: the time was up'


def read(source, part, begin=0, end=None):
    """Read a source, or its bytes from `begin` to `end`, into a part. What stops reading is noted there."""
    last_chunk = None
    # Rows by the thousand are made and dropped, none of which refers to itself: looking through them for circles took a tenth of the time.
    collects = gc.isenabled()
    gc.disable()
    try:
        for chunk in syslog_lines.whole_lines(source.blocks(begin, end), part.notices, begin == 0):
            if _read_chunk(chunk, part):
                last_chunk = chunk
            if part.overflowed:
                return      # the part will be read again, behind what comes before it
    except archives.Unreadable as error:
        stop(error, part, source)
    except OutOfTime:
        part.file.reason = TIME_IS_UP
    finally:
        if collects:
            gc.enable()
    if last_chunk is not None:
        part.file.last = syslog_lines.last_stamp(last_chunk)


def stop(error, part, source):
    """Note that a source could not be read to its end."""
    part.file.reason = str(error)
    part.notices.add('truncated', '%s: %s' % (source.path, error))


def _read_chunk(chunk, part):
    """Read a chunk. Return whether any of its lines begins with a time."""
    lines, malformed, form = runs.describe(chunk)
    part.file.lines += lines
    part.lines['read'] += lines
    part.lines['malformed'] += malformed
    if form == syslog_lines.ANY:
        chunk = syslog_lines.without_empty_lines(chunk)
    log_losses.note_all(chunk, part.host, part.notices)
    concerned = part.readers.concerned(chunk, form)
    # Each reader reads its lines in order, which tells the turn of the year: several in turn may not go back by more than a day.
    for piece in runs.days(chunk, form) if len(concerned) > 1 else [chunk]:
        for reader in concerned:
            matched, mail = reader.read(piece, form)
            part.lines['matched'] += matched
            part.lines['mail'] += mail
            if matched and reader.NAME is not None:
                part.mtas.add(reader.NAME)
    stamp = syslog_lines.first_stamp(chunk)
    if part.file.first is None:
        part.file.first = stamp
    return stamp is not None
