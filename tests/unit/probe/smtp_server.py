# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server on loopback that answers as a test wants it to, over real sockets and real TLS. What it was told is kept."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

Answer = Callable[["Session", str], "str | None"]


class Session:
    """One client's."""

    def __init__(self, server: Server, connection: socket.socket) -> None:
        self.server, self.connection = server, connection
        self.stream = connection.makefile("rb")
        self.secured = False

    def say(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")

    def run(self) -> None:
        if self.server.implicit:
            self._secure()
        self.say(self.server.banner)
        while True:
            line = self.stream.readline().decode().strip()
            if not line:
                return
            self.server.lines.append(line)
            answer = self.server.answers.get(line.split()[0].upper(), _usual)(self, line)
            if answer is None:
                return
            self.say(answer)
            if line.upper() == "STARTTLS" and answer.startswith("220"):
                self._secure()
            if line.upper() == "DATA" and answer.startswith("354"):
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += self.stream.readline()
                self.server.mails.append(body)
                self.say(self.server.taken)
            if line.upper() == "QUIT":
                return

    def _secure(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.stream, self.secured = self.connection.makefile("rb"), True


def _usual(session: Session, line: str) -> str | None:
    verb = line.split()[0].upper()
    if verb == "EHLO":
        extensions = [name for name in session.server.extensions if not (session.secured and name == "STARTTLS")]
        return "\r\n".join(f"250-{name}" for name in ["mx.example.org", *extensions]) + "\r\n250 HELP"
    return {"STARTTLS": "220 go", "DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")


class Server:
    """answers: by verb, instead of the usual ones; None ends the connection. taken: the answer to the end of a mail."""

    def __init__(self, certificate: Path, **settings: object) -> None:
        self.certificate, self.banner, self.taken, self.implicit = certificate, "220 mx.example.org ESMTP", "250 2.0.0 Ok", False
        self.extensions = ["STARTTLS", "SIZE 1000000"]
        self.answers: dict[str, Answer] = {}
        self.lines: list[str] = []
        self.mails: list[bytes] = []
        self.times: list[float] = []
        vars(self).update(settings)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.times.append(time.monotonic())
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        session = Session(self, connection)
        try:
            session.run()
        except (OSError, ValueError, IndexError):
            pass
        finally:
            session.stream.close()
            session.connection.close()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def make_certificate(path: Path, kind: str = "rsa", days: int = 9) -> Path:
    """A certificate with its key in one file."""
    algorithm = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    done = subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", str(days), "-subj", "/CN=mx.example.org", "-keyout", "-",
                           "-out", "-"], capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path
