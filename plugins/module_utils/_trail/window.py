# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was logged since a moment: where the logs ended then, and what is behind that now. PRIVATE to the collection.

The moment travels as one word of digits and names, `TIME|INODE:SIZE,...|CURSOR`, so that nothing has to be kept on the host.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re
import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, log_files, sources
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.budget import Budget
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.journal import Journal
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.rotation import is_log_of

# So much of what was logged since is looked at, from its end. A busy server logs a hundredth of it within a probe.
MAX_BYTES = 32 * 1024 * 1024
_MAX_FILES = 200
_WORD = re.compile(r'(\d{1,12})\|((?:\d{1,20}:\d{1,20}(?:,|(?=\|)))*)\|([0-9a-z=;]{0,300})\Z')
_CURSOR = re.compile(r'^-- cursor: ([0-9a-z=;]{1,300})$', re.MULTILINE)
_PLAIN = 'none'


class NoMoment(Exception):
    """A word that is none of `now`."""


def now(patterns, host):
    """Return the moment as a word. patterns: paths and globs of the logs, or None for the usual places; host: a _mailserver Host, to run journalctl."""
    ends = ['%d:%d' % (source.inode[1], source.bytes) for source in _opened(patterns)]
    return '%d|%s|%s' % (time.time(), ','.join(ends), _cursor(host) if patterns is None else '')


def _cursor(host):
    program = host.program('journalctl')
    # Of the newest entry; the number of entries cannot be 0 in versions before 239.
    found = _CURSOR.search(host.run(program, '--quiet', '--system', '--lines=1', '--show-cursor', '--output=cat') or '') if program else None
    return found.group(1) if found else ''


class Window(object):
    """What was logged since a moment. text: bytes of whole lines; readable: whether there was any log that could be read; since: seconds since 1970."""

    def __init__(self, patterns, word, notices):
        match = _WORD.match(word)
        if not match:
            raise NoMoment('since: this is no moment that this module returned')
        self.since = int(match.group(1))
        self._ends = dict((int(inode), int(size)) for inode, size in (pair.split(':') for pair in match.group(2).split(',') if pair))
        self._cursor = match.group(3)
        self._patterns, self._notices = patterns, notices
        self.readable = False
        self.unread = []
        self.text = b''

    def read(self):
        """Read the files anew."""
        parts, self.unread = [], []
        for source in _opened(self._patterns, self.unread):
            self.readable = True
            begin = self._ends.get(source.inode[1])
            if begin is None or begin > source.bytes:
                # It was begun since then, or emptied.
                begin = 0 if source.modified_at >= self.since - 5 else source.bytes
            parts.append(_tail(source, begin))
        self.text = b''.join(parts)

    def read_journal(self):
        """Read the journal in the files' place, where that moment has a place in it."""
        if not self._cursor:
            return
        journal = Journal(self._notices, after=self._cursor)
        journal.open()
        if journal.status != log_files.READ:
            return
        journal.budget = Budget(30)
        data = b''
        for block in journal.blocks():
            data = (data + block)[-MAX_BYTES:]
        self.readable = self.readable or journal.status == log_files.READ or journal.entries == 0
        self.text += data


def _opened(patterns, unread=None):
    """Yield each log file that can be read and is no archive, open."""
    count, seen = 0, set()
    for pattern in sources.USUAL_PATHS if patterns is None else patterns:
        for path in sources.LocalFiles.matches(pattern):
            if path in seen or count >= _MAX_FILES or not is_log_of(pattern, path):
                continue
            seen.add(path)
            source = log_files.Source(path)
            source.open()
            try:
                if source.status == log_files.READ and source.compression == _PLAIN:
                    count += 1
                    source.modified_at = os.stat(path).st_mtime
                    yield source
                elif source.status == log_files.UNREADABLE and unread is not None:
                    unread.append('%s: %s' % (path, source.reason))
            except (IOError, OSError):
                pass        # it vanished
            finally:
                source.close()


def _tail(source, begin):
    begin = max(begin, source.bytes - MAX_BYTES)
    if begin >= source.bytes:
        return b''
    try:
        data = b''.join(source.blocks(begin))
    except archives.Unreadable:
        return b''
    return data if data.endswith(b'\n') else data + b'\n'
