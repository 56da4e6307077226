# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs read in parts that are merged: by several processes, or from where earlier runs ended. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import logs, workers as processes


class InParts:
    """Reads the sources, in their order, into the part that is the whole.

    workers: so many processes read; checkpoints: what earlier runs have read, and what this one leaves to the next, or None.
    """

    def __init__(self, to_read, whole, workers, checkpoints):
        self._whole = whole
        self._checkpoints = checkpoints
        self._plans = dict((source, _Plan(source, checkpoints)) for source in to_read)
        size = processes.piece_size(sum(plan.unread for plan in self._plans.values()), workers)
        pieces = [piece for source in to_read for piece in self._plans[source].cut(size)]
        self._parts = processes.read_parts(pieces, whole, workers)

    def read(self, source):
        """Read a source, behind those before it. Return what was read of it: bytes as stored, and whether earlier runs had read some of it."""
        plan = self._plans[source]
        plan.merge_into(self._whole, self._parts, self._checkpoints)
        return plan.unread, plan.resumed

    def close(self):
        """End the processes that read."""
        self._parts.close()


class _Plan:
    """How one source is read: what earlier runs know of it, its new whole lines in pieces, and a last line that may not be complete yet."""

    def __init__(self, source, checkpoints):
        self.source = source
        self.limit = logs.latest_date(source)
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

    def merge_into(self, whole, parts, checkpoints):
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
            self.unread, self.resumed = logs.read_in_one_go(self.source, self.limit, whole)
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
            self.unread, self.resumed = logs.read_in_one_go(self.source, self.limit, whole)

    def _load(self, whole):
        if self.known is None:
            return None
        try:
            part = self.known.load(whole.new_part())
        except ValueError:
            return None
        part.limit_file(self.limit)
        return part
