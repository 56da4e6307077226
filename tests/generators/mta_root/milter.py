# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A milter that refuses what says so: the wire protocol of libmilter's mfdef.h, as much of it as that takes."""

from __future__ import annotations

import socket
import struct
import threading

PORT = 10025
_NO_ANSWER = b"DAQK"
_REJECT, _TEMPFAIL, _DISCARD, _CONTINUE = b"r", b"t", b"d", b"c"


def start() -> None:
    """Listen in a thread."""
    listener = socket.create_server(("127.0.0.1", PORT))
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()


def _accept(listener: socket.socket) -> None:
    while True:
        connection, _peer = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    stream = connection.makefile("rwb")
    at_the_end = _CONTINUE
    while True:
        head = stream.read(4)
        if len(head) < 4:
            return
        packet = stream.read(struct.unpack(">I", head)[0])
        command, data = packet[:1], packet[1:]
        answer = _CONTINUE
        if command == b"O":
            answer = b"O" + struct.pack(">III", 6, 0, 0)
        elif command == b"C":
            at_the_end = _CONTINUE
        elif command == b"M" and b"milter-tempfail" in data:
            answer = _TEMPFAIL
        elif command == b"R" and b"milter-reject" in data:
            answer = _REJECT
        elif command == b"M":
            at_the_end = _CONTINUE
        elif command == b"L" and data.startswith(b"X-Milter\0"):
            at_the_end = {b"reject": _REJECT, b"discard": _DISCARD, b"tempfail": _TEMPFAIL}[data[9:].strip(b"\0 ")]
        elif command == b"E":
            answer = at_the_end
        if command not in _NO_ANSWER:
            stream.write(struct.pack(">I", len(answer)) + answer)
            stream.flush()
        if command == b"Q":
            return
