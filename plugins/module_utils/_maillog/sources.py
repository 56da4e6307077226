# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log files to read: found, opened safely, told apart and put in order. PRIVATE to the collection.

A log folder may be writable by others (CVE-2016-1247): no link is followed out of it, nothing but regular files is read, and what a
name was is decided after it is open.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime
import errno
import glob
import os
import re
import stat

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.budget import Budget, OutOfTime
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.rotation import LogName, is_log_of
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone

# The usual places: Red Hat, Debian, SUSE, Postfix's maillog_file samples; Exim on Debian, Red Hat and FreeBSD, cPanel and upstream; Dovecot's
# log_path and info_log_path as its manual has them.
# mail.info, mail.warn and mail.err are left out: syslog writes the same lines to them again.
USUAL_PATHS = (
    '/var/log/maillog*', '/var/log/mail.log*', '/var/log/mail*', '/var/log/postfix.log*',
    '/var/log/exim4/mainlog*', '/var/log/exim/main.log*', '/var/log/exim/mainlog*', '/var/log/exim_mainlog*', '/var/spool/exim/log/mainlog*',
    '/var/log/dovecot.log*', '/var/log/dovecot-info.log*',
)
# Exim's other logs, by the names that its distributors give them. What was rejected is in the main log too.
_NOT_MAIN = re.compile(r'(?:^|[/_])(?:rejectlog|paniclog|reject\.log|panic\.log)\Z')
MAX_FILES = 2000
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


class LocalFiles:
    """The files of the host that this runs on. A controller that fetches logs has another such class."""

    @staticmethod
    def matches(pattern):
        """Return the existing paths of a glob or a path."""
        return sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern][:os.path.lexists(pattern)]

    @staticmethod
    def source(path):
        """Return the Source of a path, not opened yet."""
        return Source(path)


def find(patterns, notices, budget=None, files=LocalFiles):
    """Return the opened Sources of the paths and globs, each log's rotations oldest first, duplicates marked.

    budget: the time that reading may take. files: where they are.
    Raise AuditError when nothing that was asked for by name or glob exists.
    """
    sources = _name_all(patterns, notices, files)
    for source in sources:
        source.budget = budget or source.budget
        if source.status == READ:
            source.open()
    in_order = sorted(sources, key=_order(sources))
    _mark_same_inode(in_order)
    try:
        _mark_same_content(in_order)
    except OutOfTime:
        pass        # nothing will be read any more
    for source in in_order:
        if source.kind:
            notices.add(source.kind, '%s: %s' % (source.path, source.reason))
        if source.status != READ:
            source.close()
    return in_order


def _name_all(patterns, notices, files):
    """Return a Source, not opened yet, for each path that a pattern gives."""
    named = {}
    matches = dict((pattern, files.matches(pattern)) for pattern in (USUAL_PATHS if patterns is None else patterns))
    if patterns is not None:
        _require_matches(patterns, matches, notices)
    for pattern in USUAL_PATHS if patterns is None else patterns:
        for path in (os.path.normpath(path) for path in matches[pattern]):
            if path in named:
                continue
            if len(named) >= MAX_FILES:
                notices.add('too_many_files', 'only the first %d files that match are read' % MAX_FILES)
                return list(named.values())
            source = files.source(path)
            if glob.has_magic(pattern) and not is_log_of(pattern, path):
                if patterns is None:
                    continue        # the usual places hold much else
                source.status, source.reason = SKIPPED, 'not a log or a rotation of one, by its name'
            elif _NOT_MAIN.search(source.name.live):
                source.status, source.reason = SKIPPED, "Exim's main log has these lines too"
            named[path] = source
    return list(named.values())


def _require_matches(patterns, matches, notices):
    """Departments differ, so one list of paths serves many hosts: it is an error when none of it exists, a notice when some does not."""
    missing = [pattern for pattern in patterns if not matches[pattern]]
    if len(missing) == len(patterns):
        raise AuditError("paths: %s matches no file on this host" % ', '.join("'%s'" % printable(pattern) for pattern in patterns), 'no_log')
    for pattern in missing:
        notices.add('no_match', '%s matches no file' % pattern)


def _order(sources):
    """Return the sort key of sources: log by log, oldest rotation first.

    Where a log has both dated and numbered rotations its scheme was changed: the numbered are older when they were written earlier.
    """
    newest = {}
    for source in sources:
        kind = source.name.order()[0]
        if source.modified and kind < 3:
            key = (source.name.live, kind)
            newest[key] = max(newest.get(key, datetime.date.min), source.modified)

    def key(source):
        live, order = source.name.live, source.name.order()
        numbered_first = newest.get((live, 2), datetime.date.max) < newest.get((live, 1), datetime.date.min)
        return (live, 0 if numbered_first and order[0] == 2 else order[0]) + order[1:]
    return key


def _mark_same_inode(sources):
    seen = {}
    for source in sources:
        if source.status == READ:
            if source.inode in seen:
                source.status, source.kind = DUPLICATE, 'duplicate_source'
                source.reason = 'the same file as %s' % seen[source.inode]
            else:
                seen[source.inode] = source.path


def _mark_same_content(sources):
    """Mark each file whose content another one begins with: compressing or truncating was interrupted, or syslog writes it twice."""
    heads = {}
    for source in sources:
        if source.status == READ and source.bytes and source.compression != archives.JOURNAL:
            head = _head(source)
            if head:
                heads.setdefault(head, []).append(source)
    for alike in heads.values():
        for position, source in enumerate(alike):
            for other in alike[position + 1:]:
                if DUPLICATE in (source.status, other.status):
                    continue
                shorter = _shorter_of(source, other)
                if shorter is not None:
                    longer = other if shorter is source else source
                    shorter.status, shorter.kind = DUPLICATE, 'duplicate_source'
                    shorter.reason = 'its content is in %s' % longer.path


def _head(source):
    """Return a file's first line, at most 1 KiB of it: equal in all files that begin alike."""
    head = b''
    try:
        for block in source.blocks():
            head += block
            if len(head) >= 1024 or b'\n' in head:
                break
    except archives.Unreadable:
        pass
    return head[:1024].partition(b'\n')[0]


def _shorter_of(one, other):
    """Return which of two files holds nothing that the other does not begin with, or None when they differ."""
    blocks = [_until_unreadable(one), _until_unreadable(other)]
    rest = [b'', b'']
    while True:
        for side in (0, 1):
            if not rest[side]:
                rest[side] = next(blocks[side], None)
                if rest[side] is None:
                    return (one, other)[side]
        length = min(len(rest[0]), len(rest[1]))
        if rest[0][:length] != rest[1][:length]:
            return None
        rest = [rest[0][length:], rest[1][length:]]


def _until_unreadable(source):
    try:
        for block in source.blocks():
            if block:
                yield block
    except archives.Unreadable:
        pass
