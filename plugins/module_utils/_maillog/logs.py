# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All logs, each one's rotations as one stream: read in one go, or in parts that are merged. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import reading, sources, workers as processes


class Done:
    """What reading took. bytes: as stored; resumed: earlier runs had read some of the logs."""

    def __init__(self):
        self.bytes = 0
        self.resumed = False


def read_all(found, whole, workers=1, checkpoints=None):
    """Read the sources that were found into the part that is the whole. Return what it took.

    workers: so many processes read; checkpoints: what earlier runs have read, and what this one leaves to the next.
    """
    plans = [_Plan(source, checkpoints) for source in found if source.status == sources.READ]
    in_parts = workers > 1 or checkpoints is not None
    size = processes.piece_size(sum(plan.unread for plan in plans), workers)
    pieces = [piece for plan in plans for piece in plan.cut(size)] if in_parts else []
    parts = processes.read_parts(pieces, whole, workers)
    its_readers = reading.readers(whole)
    done = Done()
    live = None
    try:
        for plan in plans:
            if live is not None and plan.source.name.live != live:
                end_log(whole, live)
            live = plan.source.name.live
            if in_parts:
                plan.merge_into(whole, its_readers, parts, checkpoints)
            else:
                plan.read_into(whole, its_readers)
            whole.end_file(plan.source)
            if plan.source.reason == reading.TIME_IS_UP and not plan.source.lines:
                plan.source.status, plan.source.reason = sources.SKIPPED, 'not read: the time was up'
            done.bytes += plan.unread
            done.resumed = done.resumed or plan.resumed
    finally:
        parts.close()
    if live is not None:
        end_log(whole, live)
    return done


def end_log(whole, live):
    """End a log, named by its live file."""
    whole.end_log('a session was still open at the end of %s' % live)


class _Plan:
    """How one source is read: what earlier runs know of it, its new whole lines in pieces, and a last line that may not be complete yet."""

    def __init__(self, source, checkpoints):
        self.source = source
        self.limit = source.latest_date() or datetime.date.today()
        self.known, self._begin = checkpoints.find(source) if checkpoints is not None else (None, 0)
        self._end = source.bytes
        self.unread = source.bytes - self._begin
        self._pieces = []
        self.resumed = False

    def cut(self, size):
        """Return the pieces that are to be read."""
        if self.source.compression == 'none':
            # The last line is read anew each time, until it has its end.
            self._end = self.source.last_line_end(self._begin)
        self._pieces = processes.cut(self.source, self._begin, self._end, self.limit, size)
        return self._pieces

    def read_into(self, whole, its_readers):
        """Read the source in one go."""
        self.unread = self.source.bytes
        whole.begin_file(self.limit)
        reading.read(self.source, whole, its_readers)

    def merge_into(self, whole, its_readers, parts, checkpoints):
        """Take the parts of the pieces that were cut, in order, and merge them."""
        part = self._load(whole)
        failed = self.known is not None and part is None
        for unused in self._pieces:
            later = next(parts)
            if part is None:
                part = later
            elif not (failed or part.overflowed) and part.takes(later):
                part.merge(later)
            else:
                failed = True
        if self._end < self.source.bytes or part is None:
            last_line = processes.Piece(self.source, self._end, self.source.bytes, self.limit).read(whole.new_part())
        else:
            last_line = None
        if failed or part is not None and part.overflowed or last_line is not None and not (part or whole).takes(last_line):
            # Mail servers whose lines cannot be told without those before, a hostile log, or a damaged state.
            self.read_into(whole, its_readers)
            return
        if checkpoints is not None and self.known is not None and not self._pieces and self.source.compression == self.known.compression:
            checkpoints.keep_entry(self.known)
        elif checkpoints is not None and part is not None:
            checkpoints.keep(self.source, part, self._end)
        if part is None:
            part = last_line
        elif last_line is not None:
            part.merge(last_line)
        if whole.takes(part):
            whole.merge(part)
            self.resumed = self.known is not None
        else:
            self.read_into(whole, its_readers)

    def _load(self, whole):
        if self.known is None:
            return None
        try:
            part = self.known.load(whole.new_part())
        except ValueError:
            return None
        part.limit_file(self.limit)
        return part
