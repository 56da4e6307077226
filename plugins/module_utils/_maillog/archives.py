# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain, gzip, bzip2, xz and zstd log files as one stream of plain bytes. PRIVATE to the collection.

The format is told by the file's first bytes, never by its name. Memory is bounded whatever the archive claims, what can be read
before a defect is read, and an archive that expands out of all proportion is stopped.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

READ_SIZE = 256 * 1024
# No compression, but no text either: what systemd's journald writes (journal-def.h), which journal.py reads.
JOURNAL = 'journal'
_MAGIC = ((b'LPKSHH', JOURNAL), (b'\x1f\x8b', 'gzip'), (b'BZh', 'bzip2'), (b'\xfd7zXZ\x00', 'xz'), (b'\x28\xb5\x2f\xfd', 'zstd'))
_TOOL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


class Unreadable(Exception):
    """The stream ended early; the message says why, for people. What was read before it counts."""


def compression_of(head):
    """Return none, gzip, bzip2, xz or zstd from a file's first bytes; journal for a journal file."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return 'none'


def read_blocks(descriptor, compression, size):
    """Yield the plain bytes of an open file in blocks.

    descriptor: an open file, at its start. size: no more than so many bytes of the file are read (its size when it was opened: a log
    grows while it is read). Raise Unreadable when the data ends before its end, after all that could be read was yielded.
    """
    if compression == 'none':
        return raw_blocks(descriptor, size, READ_SIZE)
    # Loaded where it is needed: Python compiles all that Ansible sends, at every run.
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import decompression
    return decompression.plain_blocks(descriptor, compression, size)


def raw_blocks(descriptor, size, length):
    """Yield so many bytes of an open file, in blocks of this length."""
    while size > 0:
        try:
            block = os.read(descriptor, min(length, size))
        except (IOError, OSError) as error:
            raise Unreadable('reading stopped: %s' % error.strerror)
        if not block:
            return
        size -= len(block)
        yield block


def find_tool(name):
    """Return the path of one of the host's tools, or None."""
    return next((path for path in (os.path.join(folder, name) for folder in _TOOL_PATH.split(':')) if os.access(path, os.X_OK)), None)
