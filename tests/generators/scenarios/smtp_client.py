# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted SMTP client that writes down what it did and saw, one session at a time. Runs inside the root of a generator, Python 3.9 and newer."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

TIMEOUT = 20


class Session:
    """One connection. `record` is its entry in truth.json."""

    def __init__(self, scenario: str, src: str, server: str, port: int) -> None:
        self.record: dict[str, Any] = {
            "scenario": scenario, "src": src, "port": port, "start": time.time(), "tls": "none", "tls_version": None, "cipher": None,
            "messages": [], "replies": [],
        }
        family = socket.AF_INET6 if ":" in src else socket.AF_INET
        self._socket: socket.socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.settimeout(TIMEOUT)
        self._socket.bind((src, 0))
        self._socket.connect((server, port))
        self._buffer = b""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_unused: object) -> None:
        self._socket.close()

    def reply(self) -> str:
        """Read one reply, its last line; empty when the server is gone."""
        while True:
            while b"\n" not in self._buffer:
                try:
                    data = self._socket.recv(4096)
                except OSError:
                    data = b""
                if not data:
                    return ""
                self._buffer += data
            line, self._buffer = self._buffer.split(b"\n", 1)
            if line[3:4] != b"-":
                return line.decode("latin-1").strip()

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode("latin-1") + b"\r\n")

    def command(self, text: str) -> str:
        self.send(text)
        reply = self.reply()
        self.record["replies"].append([text, reply])
        return reply

    def greet(self, helo: str = "client.sender.test", verb: str = "EHLO") -> Session:
        self.record["replies"].append(["<connect>", self.reply()])
        self.command(f"{verb} {helo}")
        return self

    def handshake(self, version: str | None = None, verify: bool = False, how: str = "implicit") -> bool:
        """Begin TLS. version: TLSv1_2 or TLSv1_3 alone; verify: refuse the server's certificate."""
        context = ssl.create_default_context() if verify else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
        try:
            wrapped = context.wrap_socket(self._socket, server_hostname="mx1.example.test")
        except OSError as error:
            self.record["tls"] = "failed"
            self.record["replies"].append(["<handshake>", f"EXC {error.__class__.__name__}"])
            return False
        self._socket = wrapped
        name, _protocol, _bits = wrapped.cipher() or ("", "", 0)
        self.record.update(tls=how, tls_version=wrapped.version(), cipher=name)
        return True

    def starttls(self, **options: Any) -> bool:
        if not self.command("STARTTLS").startswith("220"):
            self.record["tls"] = "refused"
            return False
        if not self.handshake(how="starttls", **options):
            return False
        self.command("EHLO client.sender.test")
        return True

    def mail(self, *rcpts: str, sender: str = "sender@sender.test", subject: str = "test", message_id: str = "", abort: bool = False) -> bool:
        """Send one message; abort: hang up in the middle of its text. Return whether it was accepted."""
        message: dict[str, Any] = {"transport": "tls" if self.record["tls"] in ("starttls", "implicit") else "plain", "accepted": False}
        self.record["messages"].append(message)
        if not self.command(f"MAIL FROM:<{sender}>").startswith("250"):
            return False
        taken = [self.command(f"RCPT TO:<{rcpt}>").startswith("250") for rcpt in rcpts]
        if not any(taken) or not self.command("DATA").startswith("354"):
            self.command("RSET")
            return False
        self.send(f"From: <{sender}>\r\nSubject: {subject}\r\nMessage-ID: <{message_id or time.time_ns()}@sender.test>\r\n\r\nA line.")
        if abort:
            return False
        reply = self.command(".")
        message.update(accepted=reply.startswith("250"), data_reply=reply)
        return bool(message["accepted"])

    def quit(self) -> None:
        self.command("QUIT")
