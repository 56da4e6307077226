# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What earlier runs have read of which files, so that a rerun reads only what is new. PRIVATE to the collection.

A file is known by its content, not by its name: the first bytes and the last ones that were read. So it is found again after it was renamed,
copied, or appended to, and not taken for another one after it was truncated. A file that was compressed since is known by the content's
first bytes and by its size, which gzip writes at its end; one packed otherwise is read once more. What is no longer there does not count, for
each run begins with the files that it finds and keeps nothing else. The journal is known by a cursor and by its files (journal_files.py).

The state holds for one configuration, of options that decide what a line means, and for one version of this code.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import importlib
import inspect
import json
import pkgutil
import struct
import sys

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, part_data, state_file
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable

SAMPLE = 4096
_PACKAGE = __name__.rpartition('.')[0]


class Checkpoints:
    """The parts of files that earlier runs have read, and those that this run leaves to the next.

    folder: of the state file. configuration: what, when changed, makes the state useless, as data. writable: False leaves it as it is.
    """

    def __init__(self, folder, configuration, writable, notices):
        self._file = state_file.StateFile(folder, writable)
        self._writable = writable
        self._header = json.loads(json.dumps({'code': _code_version(), 'configuration': configuration}, sort_keys=True))
        self._known = {}            # (length, hash) of the content's first bytes -> entries
        self.journal = None         # the _Kept of the journal
        self._kept = []
        self._kept_bytes = 0
        try:
            lines = self._file.read()
            if lines and json.loads(lines[0].decode('ascii')) == self._header:
                for row, part in zip(lines[1::2], lines[2::2]):
                    if b'"cursor"' in row:
                        self.journal = _Kept(row, part)
                        continue
                    entry = _Entry(row, part)
                    self._known.setdefault(entry.head, []).append(entry)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            self._known, self.journal = {}, None
            notices.add('state_rebuilt', 'the state in %s is not used and made anew: %s' % (printable(folder, 100), error))

    def find(self, source):
        """Return the _Entry that tells the most of a source, and up to which of its bytes; None and 0 where none does."""
        if not self._known:
            return None, 0
        head = _first_bytes(source)
        found = [(entry.known_end(source), entry) for length in set(length for length, unused in self._known if length <= len(head))
                 for entry in self._known.get((length, _hash(head[:length])), ())]
        found = [(end, entry) for end, entry in found if end]
        if not found:
            return None, 0
        end, entry = max(found, key=lambda pair: pair[0])
        return entry, end

    def keep(self, source, part, end):
        """Leave the part of a source, read up to that byte, to the next run. A file that could not be read to its end is not kept."""
        if not self._writable or part.file.reason is not None or part.overflowed or not end:
            return
        head = _first_bytes(source)
        if source.compression == 'none':
            head = head[:end]
        row = {'head': [len(head), _hash(head)], 'tail': _tail(source, end), 'end': end, 'compression': source.compression}
        self._keep([json.dumps(of).encode('ascii') for of in (row, part_data.dump(part))])

    def keep_journal(self, row, part):
        """Leave the part of the journal to the next run, with a row of what that has to know of it: data, `cursor` among them."""
        if self._writable and part.file.reason is None and not part.overflowed:
            self._keep([json.dumps(of).encode('ascii') for of in (row, part_data.dump(part))])

    def keep_entry(self, entry):
        """Leave an entry to the next run as it is."""
        if self._writable:
            self._keep(entry.lines)

    def _keep(self, lines):
        self._kept_bytes += sum(len(line) + 1 for line in lines)
        if self._kept_bytes < state_file.MAX_BYTES:
            self._kept.extend(lines)

    def write(self):
        """Write the state for the next run."""
        if self._writable:
            self._file.write([json.dumps(self._header).encode('ascii')] + self._kept)


class _Kept:
    """What an earlier run has read of a log: a row about it, and its part, which is loaded when it is needed."""

    def __init__(self, line, part):
        self.lines = [line, part]
        self.row = json.loads(line.decode('ascii'))

    def load(self, part):
        """Fill a new part. Raise ValueError when that cannot be done."""
        try:
            return part_data.load(json.loads(self.lines[1].decode('ascii')), part)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(error)


class _Entry(_Kept):
    """One file, and how to know it again."""

    def __init__(self, line, part):
        _Kept.__init__(self, line, part)
        self.head = tuple(self.row['head'])
        self._tail = self.row['tail']
        self._end = self.row['end']
        self.compression = self.row['compression']

    def known_end(self, source):
        """Return up to which of its bytes a source that begins alike is this file, or None."""
        if source.compression == self.compression:
            if source.bytes < self._end or (source.compression != 'none' and source.bytes != self._end):
                return None
            return self._end if _tail(source, self._end) == self._tail else None
        return source.bytes if self.compression == 'none' and _plain_size(source) == self._end else None


def _plain_size(source):
    """Return the size of a gzip file's content, modulo 4 GiB, or None. It is that of the last member, which is the only one of a rotated log."""
    if source.compression != 'gzip' or source.bytes < 18:
        return None
    return struct.unpack('<I', source.read_at(source.bytes - 4, 4))[0]


def _tail(source, end):
    length = min(SAMPLE, end)
    return _hash(source.read_at(end - length, length))


def _first_bytes(source):
    """Return the first bytes of a source's plain content."""
    if source.compression == 'none':
        return source.read_at(0, SAMPLE)
    head = b''
    try:
        for block in source.blocks():
            head += block
            if len(head) >= SAMPLE:
                break
    except archives.Unreadable:
        pass
    return head[:SAMPLE]


def _hash(data):
    return hashlib.sha256(data).hexdigest()


def _code_version():
    """Return a hash of all code that reads logs: figures that other code counted are none of this code's."""
    digest = hashlib.sha256(repr((part_data.VERSION, sys.version_info[0])).encode('ascii'))
    for name in _modules_of(_PACKAGE):
        digest.update(name.encode('ascii'))
        try:
            digest.update(inspect.getsource(importlib.import_module(name)).encode('utf-8', 'replace'))
        except (IOError, OSError, TypeError, UnicodeError):
            pass        # an empty module
    return digest.hexdigest()


def _modules_of(package):
    """Return the names of all modules of a package, whether they are loaded or not, in order."""
    names = []
    for unused, name, is_package in pkgutil.iter_modules(importlib.import_module(package).__path__):
        names.append('%s.%s' % (package, name))
        if is_package:
            names += _modules_of(names[-1])
    return sorted(names)
