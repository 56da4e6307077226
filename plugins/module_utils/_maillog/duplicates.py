# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that hold the same lines, of which one is read. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, log_files


def mark_same_file(sources):
    """Mark each file that another name leads to as well."""
    seen = {}
    for source in sources:
        if source.status == log_files.READ:
            if source.inode in seen:
                source.status, source.kind = log_files.DUPLICATE, 'duplicate_source'
                source.reason = 'the same file as %s' % seen[source.inode]
            else:
                seen[source.inode] = source.path


def mark_same_content(sources):
    """Mark each file whose content another one begins with: compressing or truncating was interrupted, or syslog writes it twice."""
    heads = {}
    for source in sources:
        if source.status == log_files.READ and source.bytes and source.compression != archives.JOURNAL:
            head = _head(source)
            if head:
                heads.setdefault(head, []).append(source)
    for alike in heads.values():
        for position, source in enumerate(alike):
            for other in alike[position + 1:]:
                if log_files.DUPLICATE in (source.status, other.status):
                    continue
                shorter = _shorter_of(source, other)
                if shorter is not None:
                    longer = other if shorter is source else source
                    shorter.status, shorter.kind = log_files.DUPLICATE, 'duplicate_source'
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
