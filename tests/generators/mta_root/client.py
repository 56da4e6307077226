# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP client that does as it is told, right or wrong, and writes down what became of it. Python 3.9 and newer, standard library."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any


class Client:
    """One session. `record` is its row of truth.json."""

    def __init__(self, scenario: str, src: str, server: str, port: int, implicit: bool = False, tls_version: str | None = None) -> None:
        self.record: dict[str, Any] = {
            "scenario": scenario, "src": src, "port": port, "start": time.time(), "tls": "none", "tls_version": None, "cipher": None,
            "messages": [], "replies": [],
        }
        self._implicit = implicit
        self._tls_version = tls_version
        family = socket.AF_INET6 if ":" in src else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.settimeout(15)
        self._socket.bind((src, 0))
        self._socket.connect((server, port))
        self._file: Any = None
        if implicit:
            if not self.handshake():
                return
        else:
            self._file = self._socket.makefile("rb")
        self._note("<connect>", self._reply())

    def _note(self, command: str, reply: str) -> str:
        self.record["replies"].append([command, reply])
        return reply

    def _reply(self) -> str:
        while True:
            line = self._file.readline().decode("utf-8", "replace").rstrip("\r\n")
            if line[3:4] != "-":
                return line or "EXC closed"

    def say(self, command: str) -> str:
        try:
            self._socket.sendall(command.encode() + b"\r\n")
            return self._note(command, self._reply())
        except (OSError, ssl.SSLError) as error:
            return self._note(command, f"EXC {error}")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def handshake(self, verify: bool = False) -> bool:
        """Make the handshake now. verify: trust no certificate, so that it fails at the client."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        if not verify:
            context.verify_mode = ssl.CERT_NONE
        if self._tls_version:
            context.minimum_version = context.maximum_version = ssl.TLSVersion[self._tls_version]
        try:
            wrapped = context.wrap_socket(self._socket)
        except (OSError, ssl.SSLError):
            self.record["tls"] = "failed"
            self.close()
            return False
        self._socket = wrapped
        self._file = wrapped.makefile("rb")
        self.record["tls"] = "implicit" if self._implicit else "starttls"
        self.record["tls_version"] = wrapped.version()
        self.record["cipher"] = wrapped.cipher()[0]  # type: ignore[index]
        return True

    def starttls(self, verify: bool = False) -> bool:
        reply = self.say("STARTTLS")
        if not reply.startswith("220"):
            self.record["tls"] = "refused"
            return False
        return self.handshake(verify)

    def mail(self, sender: str, recipients: list[str], headers: str = "", body: str = "text", parameters: str = "") -> bool:
        """Send one message. Return whether it was accepted."""
        message: dict[str, Any] = {
            "transport": "tls" if self.record["tls"] in ("starttls", "implicit") else "plain", "mail_from": sender,
            "rcpts": [], "accepted": False,
        }
        self.record["messages"].append(message)
        if not self.say(f"MAIL FROM:<{sender}>{parameters}").startswith("2"):
            return False
        for recipient in recipients:
            reply = self.say(f"RCPT TO:<{recipient}>")
            message["rcpts"].append({"addr": recipient, "reply": reply, "ok": reply.startswith("2")})
        if not any(recipient["ok"] for recipient in message["rcpts"]) or not self.say("DATA").startswith("3"):
            self.say("RSET")
            return False
        number = f"{self.record['start']:.6f}.{len(self.record['messages'])}"
        if "Message-ID:" not in headers:
            headers += f"Message-ID: <{number}@sender.test>\r\n"
        self.send(f"From: <{sender}>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n{headers}\r\n{body}\r\n".encode())
        message["accepted"] = self.say(".").startswith("2")
        return bool(message["accepted"])

    def quit(self) -> None:
        self.say("QUIT")
        self.close()

    def close(self) -> None:
        self.record["end"] = time.time()
        self._socket.close()

    def abort(self) -> None:
        """Reset the connection."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()
