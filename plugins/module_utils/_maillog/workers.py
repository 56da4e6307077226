# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several processes that read pieces of the logs at the same time. PRIVATE to the collection.

This process is one of the workers: no more than `workers` processes read. Pieces are handed out in their order, so that the disk is read
nearly in sequence. A worker sends its parts back through a pipe; none of it touches the disk.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import fcntl
import json
import os
import select
import signal
import struct

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, part_data, reading
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError

MIN_PIECE = 8 * 1024 * 1024
MAX_PIECE = 64 * 1024 * 1024
PIECES_PER_WORKER = 16
# Pieces are handed out through a pipe, which holds so many numbers of 4 bytes.
MAX_PIECES = 8000

_NUMBER = struct.Struct('>I')
_HEADER = struct.Struct('>II')
_DONE = 0xffffffff


class Piece:
    """A range of a source's bytes, or a whole compressed source. limit: the date that the file was last written."""

    def __init__(self, source, begin, end, limit):
        self.source = source
        self.begin = begin
        self.end = end
        self.limit = limit

    def read(self, part):
        """Read the piece into a new part and return that."""
        part.begin_file(self.limit, self.begin > 0)
        reading.read(self.source, part, self.begin, self.end)
        return part


def cut(source, begin, end, limit, size):
    """Return the pieces of about this size that a source's range has; a compressed one is a single piece."""
    pieces = []
    while begin < end:
        at = end if source.compression != 'none' or end - begin < 2 * size else min(end, source.line_end(begin + size))
        pieces.append(Piece(source, begin, at, limit))
        begin = at
    return pieces


def piece_size(total, workers):
    """Return the size of pieces for so many bytes."""
    if workers == 1:
        return total + 1
    return max(MIN_PIECE, min(MAX_PIECE, total // (PIECES_PER_WORKER * workers)), total // MAX_PIECES)


def read_parts(pieces, whole, workers):
    """Yield the part of each piece in order, read by so many processes. whole: what they will be merged into.

    Raise AuditError when a worker dies: what it had read is not known then.
    """
    if workers == 1 or len(pieces) < 2:
        for piece in pieces:
            yield piece.read(whole.new_part())
        return
    queue = _Queue(len(pieces))
    children = [_Child(pieces, whole, queue) for unused in range(min(workers, len(pieces)) - 1)]
    parts = {}
    try:
        for number in range(len(pieces)):
            while number not in parts:
                taken = queue.take()
                if taken is not None:
                    parts[taken] = pieces[taken].read(whole.new_part())
                _receive(children, parts, wait=taken is None)
            part = parts.pop(number)
            yield _received(part, whole) if isinstance(part, bytes) else part
    finally:
        queue.close()
        for child in children:
            child.end()


def _received(data, whole):
    part, content = whole.new_part(), json.loads(data.decode('ascii'))
    if 'overflowed' in content:
        part.sessions.overflowed = True
        return part
    return part_data.load(content, part)


class _Queue:
    """Numbers of pieces that nobody has taken yet, shared by all processes."""

    def __init__(self, count):
        self._out, into = os.pipe()
        os.write(into, b''.join(_NUMBER.pack(number) for number in range(count)))
        os.close(into)

    def take(self):
        """Return the next piece's number, or None."""
        taken = _retried(os.read, self._out, _NUMBER.size)
        return _NUMBER.unpack(taken)[0] if taken else None

    def close(self):
        os.close(self._out)


class _Child:
    """A worker process, seen from the one that merges."""

    def __init__(self, pieces, whole, queue):
        self.pipe, into = os.pipe()
        self.done = False
        self._data = b''
        self.process = os.fork()
        if not self.process:
            # Nothing of the module's may run here a second time: no handler, no exit function, no output.
            try:
                os.close(self.pipe)
                _work(pieces, whole, queue, _Sender(into))
                os._exit(0)
            finally:
                os._exit(1)
        os.close(into)

    def receive(self, parts):
        """Take in what the worker has sent."""
        block = _retried(os.read, self.pipe, 1 << 20)
        if not block:
            raise AuditError('workers: a worker process ended before it had read its part of the logs (%s); nothing was counted. '
                             'Run with workers: 1, or see whether the host is short of memory' % self._ending(), 'error')
        data = self._data + block
        position = 0
        while len(data) - position >= _HEADER.size:
            number, length = _HEADER.unpack_from(data, position)
            if number == _DONE:
                self.done = True
                break
            if len(data) - position - _HEADER.size < length:
                break
            position += _HEADER.size
            parts[number] = data[position:position + length]
            position += length
        self._data = data[position:]

    def _ending(self):
        status = _retried(os.waitpid, self.process, 0)[1]
        self.process = None
        return 'signal %d' % os.WTERMSIG(status) if os.WIFSIGNALED(status) else 'exit status %d' % os.WEXITSTATUS(status)

    def end(self):
        """Wait for the worker, which has nothing more to say."""
        os.close(self.pipe)
        if self.process is not None:
            if not self.done:
                os.kill(self.process, signal.SIGTERM)
            _retried(os.waitpid, self.process, 0)


def _receive(children, parts, wait):
    """Take in what workers have sent. wait: until there is something."""
    pipes = dict((child.pipe, child) for child in children if not child.done)
    while pipes:
        ready = _retried(select.select, list(pipes), [], [], None if wait else 0)[0]
        for pipe in ready:
            pipes[pipe].receive(parts)
        if wait or not ready:
            return
        pipes = dict((child.pipe, child) for child in children if not child.done)


class _Sender:
    """Sends what a worker has read, without waiting for the other side as long as there is more to read."""

    def __init__(self, pipe):
        self._pipe = pipe
        self._waiting = []
        self._sent = 0              # of the first that waits
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_NONBLOCK)

    def send(self, number, data=b''):
        """Send a piece's part, or as much of it as the other side takes now; all that waits with the last one."""
        self._waiting.append(_HEADER.pack(number, len(data)) + data)
        while self._waiting:
            if number == _DONE:
                _retried(select.select, [], [self._pipe], [])
            first = self._waiting[0]
            try:
                self._sent += _retried(os.write, self._pipe, memoryview(first)[self._sent:self._sent + (1 << 16)])
            except (IOError, OSError) as error:
                if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
                    raise
                if number != _DONE:
                    return
            if self._sent == len(first):
                self._waiting.pop(0)
                self._sent = 0


def _work(pieces, whole, queue, sender):
    """Read pieces as long as there are some."""
    reopened = set()
    number = queue.take()
    while number is not None:
        piece = pieces[number]
        part = whole.new_part()
        try:
            if id(piece.source) not in reopened:
                piece.source.reopen()
                reopened.add(id(piece.source))
            piece.read(part)
        except archives.Unreadable as error:
            part.begin_file(piece.limit, piece.begin > 0)
            reading.stop(error, part, piece.source)
        sender.send(number, json.dumps({'overflowed': True} if part.overflowed else part_data.dump(part)).encode('ascii'))
        number = queue.take()
    sender.send(_DONE)


def _retried(call, *arguments):
    """Call, and call again when a signal came between: Python 2.7 does not by itself."""
    while True:
        try:
            return call(*arguments)
        except (IOError, OSError, select.error) as error:
            if error.args[0] != errno.EINTR:
                raise
