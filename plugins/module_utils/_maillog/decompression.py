# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plain bytes of compressed files, bounded in size. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import bz2
import os
import subprocess
import zlib

try:
    import lzma
except ImportError:     # Python 2.7
    lzma = None
try:
    from compression import zstd
except ImportError:     # before Python 3.14
    zstd = None

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.archives import READ_SIZE, Unreadable, find_tool, raw_blocks

# What is read of an archive at a time: what is left of it is copied for each member that ends, and a small file holds thousands of empty ones.
ARCHIVE_READ_SIZE = 32 * 1024
# What a decompressor gives at a time: no more than this is lost to a defect.
PIECE_SIZE = 8 * 1024
# What Python 2.7's bz2 is fed at a time. It cannot bound what it returns, and 40 bytes can hold a block of 46 MB.
BITE_SIZE = 16
# Mail logs shrink 8 to 30 times, the most repetitive 100 times; a bomb a thousand times and more.
MAX_EXPANSION = 200
EXPANSION_GRACE = 64 * 1024 * 1024

_TOOLS = {'xz': ('xz', '-dc'), 'zstd': ('zstd', '-dcq')}


def plain_blocks(descriptor, compression, size):
    """Yield the plain bytes of an open archive of so many bytes in blocks. Raise Unreadable, after all that could be read was yielded."""
    raw = raw_blocks(descriptor, size, ARCHIVE_READ_SIZE)
    if compression == 'gzip':
        plain = _decompress(raw, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error)
    elif compression == 'bzip2':
        plain = _decompress(raw, bz2.BZ2Decompressor, (IOError, OSError, ValueError))
    elif compression == 'xz' and lzma is not None:
        plain = _decompress(raw, lzma.LZMADecompressor, (lzma.LZMAError, EOFError))
    elif compression == 'zstd' and zstd is not None:
        plain = _decompress(raw, zstd.ZstdDecompressor, (zstd.ZstdError, EOFError))
    else:
        plain = _decompress_by_tool(descriptor, _TOOLS[compression])
    return _bounded(plain, size)


def _bounded(blocks, size):
    allowed = EXPANSION_GRACE + MAX_EXPANSION * size
    for block in blocks:
        allowed -= len(block)
        if allowed < 0:
            raise Unreadable('the archive expands to more than %d times its size' % MAX_EXPANSION)
        yield block


def _decompress(raw, new_decompressor, errors):
    """Yield the plain bytes of one or more compressed members; zero padding between and behind members is legal."""
    decompressor = new_decompressor()
    if hasattr(decompressor, 'unconsumed_tail'):
        inflate, blocks = _inflate_bounded, raw
    elif hasattr(decompressor, 'needs_input'):
        inflate, blocks = _inflate_in_pieces, raw
    else:
        inflate, blocks = _inflate_whole, _bites(raw)
    begun = False
    for block in blocks:
        while block:
            if not begun:
                block = block.lstrip(b'\0')
                if not block:
                    break
            begun = True
            try:
                for plain in inflate(decompressor, block):
                    if plain:
                        yield plain
            except EOFError:
                pass        # Python 2.7's bz2, fed behind the member's end: the block begins the next member
            except errors as error:
                raise Unreadable('damaged archive: %s' % (str(error) or error.__class__.__name__))
            else:
                if not _at_end(decompressor):
                    break
                block = decompressor.unused_data
            decompressor, begun = new_decompressor(), False
    if begun and not _ended_with_the_file(decompressor):
        raise Unreadable('the archive is cut short')


def _inflate_bounded(decompressor, block):
    """Yield a gzip block's plain bytes in bounded pieces, all that come before a defect (a bad checksum, say) included."""
    while block:
        before = decompressor.copy()
        try:
            plain = decompressor.decompress(block, READ_SIZE)
        except zlib.error:
            for position in range(len(block)):
                yield before.decompress(block[position:position + 1])
            raise
        yield plain
        block = decompressor.unconsumed_tail


def _inflate_in_pieces(decompressor, block):
    """Yield the plain bytes of a bzip2, xz or zstd block, what comes before a defect included but for its last few KiB."""
    plain, size, more = [], 0, True
    while more:
        try:
            piece = decompressor.decompress(block, PIECE_SIZE)
        except Exception:
            yield b''.join(plain)
            raise
        block = b''
        plain.append(piece)
        size += len(piece)
        more = not decompressor.eof and not decompressor.needs_input
        if size >= READ_SIZE:
            yield b''.join(plain)
            plain, size = [], 0
    yield b''.join(plain)


def _inflate_whole(decompressor, block):
    yield decompressor.decompress(block)


def _bites(blocks):
    """Cut blocks into bites."""
    for block in blocks:
        for start in range(0, len(block), BITE_SIZE):
            yield block[start:start + BITE_SIZE]


def _at_end(decompressor):
    if hasattr(decompressor, 'eof'):
        return decompressor.eof
    return bool(decompressor.unused_data)


def _ended_with_the_file(decompressor):
    """Tell whether the last member was complete. Python 2.7 has no `eof`: a complete member leaves a byte fed to it unused."""
    if hasattr(decompressor, 'eof'):
        return decompressor.eof
    try:
        decompressor.decompress(b'\0')
    except EOFError:
        return True
    except (zlib.error, IOError, ValueError):
        return False
    return bool(decompressor.unused_data)


def _decompress_by_tool(descriptor, command):
    """Yield what the host's own tool makes of the file."""
    program = find_tool(command[0])
    if program is None:
        raise Unreadable('this host has no %s to read it with' % command[0])
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(os.devnull, 'wb') as nowhere:
        # run_command would hold the whole log in memory; this reads it in blocks.
        tool = subprocess.Popen(  # pylint: disable=ansible-bad-function
            (program,) + command[1:], stdin=descriptor, stdout=subprocess.PIPE, stderr=nowhere, close_fds=True)
    try:
        while True:
            block = tool.stdout.read(READ_SIZE)
            if not block:
                break
            yield block
        if tool.wait():
            raise Unreadable('%s stopped with exit code %d' % (command[0], tool.returncode))
    finally:
        tool.stdout.close()
        if tool.poll() is None:
            tool.kill()
        tool.wait()
