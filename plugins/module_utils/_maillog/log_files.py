# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One log file: opened safely, and read by its bytes. PRIVATE to the collection.

A log folder may be writable by others (CVE-2016-1247): no link is followed out of it, nothing but regular files is read, and what a
name was is decided after it is open.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import os
import stat

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.budget import Budget
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.rotation import LogName
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone

SEARCH_SIZE = 64 * 1024
# A modification time before this is no time but a damaged inode or a careless copy.
EARLIEST = 631152000
LINK_OUT = 'a symbolic link out of its folder is not followed; name its target in paths'

READ = 'read'
DUPLICATE = 'duplicate'
UNREADABLE = 'unreadable'
SKIPPED = 'skipped'


class Source:
    """One log file: what is known of it, and its open descriptor until it is read."""

    def __init__(self, path, status=READ, reason=None, kind=None):
        self.path = path
        self.name = LogName(path)
        self.status = status
        self.reason = reason
        self.kind = kind            # the notice that the status calls for, if any
        self.bytes = 0              # as stored
        self.size = None
        self.lines = 0
        self.compression = 'none'
        self.first = None           # Stamps of its first and last line
        self.last = None
        self.modified = None        # a date
        self.inode = None
        self.budget = Budget()
        self._descriptor = None

    def open(self):
        """Open the file and learn what it is; on failure the source says why instead of raising."""
        try:
            self._descriptor = _open_regular(self.path)
        except _NotALog as error:
            self.status, self.reason, self.kind = error.status, error.reason, error.kind
            return
        facts = os.fstat(self._descriptor)
        self.bytes = facts.st_size
        self.inode = (facts.st_dev, facts.st_ino)
        if facts.st_mtime >= EARLIEST:
            self.modified = Zone.local(facts.st_mtime).date()
        try:
            self.compression = archives.compression_of(os.read(self._descriptor, 6))
        except (IOError, OSError) as error:
            self.status, self.reason, self.kind = UNREADABLE, os.strerror(error.errno), 'unreadable'
            return
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    def latest_date(self):
        """Return the date that no line of the file is later than, or None. The date in a name survives copying, the modification time may not."""
        known = [date for date in (self.modified, self.name.date) if date is not None]
        return min(known) if known else None

    def blocks(self, begin=0, end=None):
        """Yield the file's plain bytes in blocks; may be called again until close(). Raise archives.Unreadable, or budget.OutOfTime.

        begin, end: only these bytes of a file that is not compressed.
        """
        os.lseek(self._descriptor, begin, os.SEEK_SET)
        return self.budget.watch(archives.read_blocks(self._descriptor, self.compression, (self.bytes if end is None else end) - begin))

    def read_at(self, position, length):
        """Return so many stored bytes from a position on, fewer where the file ends."""
        os.lseek(self._descriptor, position, os.SEEK_SET)
        return os.read(self._descriptor, length)

    def line_end(self, position):
        """Return where the first line that ends at or behind a position ends, its break included; the file's size where none does."""
        while position < self.bytes:
            block = self.read_at(position, min(SEARCH_SIZE, self.bytes - position))
            found = block.find(b'\n')
            if found >= 0 or not block:
                return position + found + 1 if block else self.bytes
            position += len(block)
        return self.bytes

    def last_line_end(self, least):
        """Return where the last whole line ends, its break included, or `least` where none ends behind that."""
        end = self.bytes
        while end > least:
            begin = max(least, end - SEARCH_SIZE)
            found = self.read_at(begin, end - begin).rfind(b'\n')
            if found >= 0:
                return begin + found + 1
            end = begin
        return least

    def reopen(self):
        """Open the file again: processes that were forked share the place where they read. Raise archives.Unreadable when it is another one now."""
        inherited = self._descriptor
        # Linux opens what the descriptor is, even when its name is gone.
        descriptor = _reopened('/proc/self/fd/%d' % inherited, self.path)
        facts = os.fstat(descriptor)
        if (facts.st_dev, facts.st_ino) != self.inode:
            os.close(descriptor)
            raise archives.Unreadable('the file was replaced while it was read')
        self._descriptor = descriptor

    def close(self):
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _reopened(link, path):
    try:
        return os.open(link, os.O_RDONLY | os.O_NONBLOCK)
    except (IOError, OSError):
        pass
    try:
        return _open_regular(path)
    except _NotALog as error:
        raise archives.Unreadable(error.reason)


class _NotALog(Exception):
    def __init__(self, status, kind, reason):
        super(_NotALog, self).__init__(reason)
        self.status, self.kind, self.reason = status, kind, reason


def _open_regular(path):
    """Return a descriptor of a regular file. A link is followed only within its own folder."""
    if os.path.islink(path):
        target = os.path.realpath(path)
        if os.path.dirname(target) != os.path.realpath(os.path.dirname(path) or '.'):
            raise _NotALog(SKIPPED, 'link', LINK_OUT)
        path = target
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | getattr(os, 'O_CLOEXEC', 0)
    try:
        descriptor = os.open(path, flags)
    except (IOError, OSError) as error:
        if error.errno in (errno.ENXIO, errno.ELOOP):
            raise _NotALog(SKIPPED, 'not_a_file', 'not a regular file')
        if error.errno == errno.ENOENT:
            raise _NotALog(SKIPPED, 'vanished', 'the file vanished before it was read')
        raise _NotALog(UNREADABLE, 'unreadable', os.strerror(error.errno))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _NotALog(SKIPPED, 'not_a_file', 'not a regular file')
    return descriptor
