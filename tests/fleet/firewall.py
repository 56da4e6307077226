# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a perimeter firewall that looks into SMTP, for the tests alone. It stands between a public address and a mail server.

    python -m ...tests.fleet.firewall RULES.json

RULES.json: a list of {"listen": address, "server": address, "port": 25, "virus": what becomes of EICAR, "tls": what becomes of STARTTLS, "certificate": path}.

virus: pass, replace (another attachment), reset (the connection ends), refuse (554), swallow (250, and nothing is passed on), hang (no answer).
tls: pass (then nothing more can be seen), mask (`250-XXXXXXXA`, as some inspection does), intercept (with the certificate in its own place).
mail: pass, or defer: 451 to the first RCPT from each sender, as greylisting does; hang: no answer to DATA, whatever it is; swallow all.
"""

from __future__ import annotations

import base64
import json
import re
import select
import socket
import ssl
import struct
import sys
import threading
from dataclasses import dataclass
from typing import BinaryIO

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp.test_mail import eicar

VIRUS = base64.b64encode(eicar())
INSTEAD = base64.b64encode(b"A virus was found here and removed by the firewall.")
WAIT = 60


@dataclass
class Rule:
    """What happens between one public address and one server."""

    listen: str
    server: str
    port: int = 25
    virus: str = "pass"
    tls: str = "pass"
    mail: str = "pass"
    certificate: str = ""


class Side:
    """One of the two connections."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.stream: BinaryIO = connection.makefile("rb")

    def secure(self, context: ssl.SSLContext, server_side: bool) -> None:
        self.connection = context.wrap_socket(self.connection, server_side=server_side)
        self.stream = self.connection.makefile("rb")

    def line(self) -> bytes:
        line = self.stream.readline(65536)
        if not line:
            raise ConnectionError("ended")
        return line

    def reply(self) -> bytes:
        """A whole reply, of however many lines."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return b"".join(lines)

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)


class Conversation:
    """One client's. SMTP without PIPELINING is a line, a reply, a line, a reply."""

    deferred: set[bytes] = set()

    def __init__(self, rule: Rule, client: socket.socket) -> None:
        self.rule = rule
        client.settimeout(WAIT)
        self.client = Side(client)
        self.server = Side(socket.create_connection((rule.server, rule.port), WAIT))
        self.sender = b""

    def run(self) -> None:
        try:
            self.client.say(self.server.reply())
            while self._command(self.client.line()):
                pass
        except (OSError, ValueError):
            pass
        finally:
            for side in (self.client, self.server):
                side.connection.close()
                side.stream.close()

    def _ask(self, line: bytes) -> bytes:
        self.server.say(line)
        return self.server.reply()

    def _command(self, line: bytes) -> bool:
        """Handle a command. Return whether the conversation goes on."""
        verb = line[:8].upper().strip()
        if verb.startswith(b"EHLO"):
            reply = self._ask(line)
            self.client.say(re.sub(rb"STARTTLS|CHUNKING", b"XXXXXXXA", reply) if self.rule.tls == "mask" else reply)
        elif verb == b"STARTTLS" and self.rule.tls == "mask":
            self.client.say(b"500 5.5.1 Command unrecognized\r\n")
        elif verb == b"STARTTLS":
            return self._start_tls(line)
        elif verb == b"DATA":
            return self._data(line)
        else:
            if verb.startswith(b"MAIL"):
                self.sender = line
            if verb.startswith(b"RCPT") and self.rule.mail == "defer" and self.sender not in self.deferred:
                self.deferred.add(self.sender)
                self.client.say(b"451 4.7.1 Greylisted, please come back later\r\n")
                return True
            self.client.say(self._ask(line))
            return verb != b"QUIT"
        return True

    def _start_tls(self, line: bytes) -> bool:
        reply = self._ask(line)
        self.client.say(reply)
        if not reply.startswith(b"220"):
            return True
        if self.rule.tls == "pass":
            self._pump()
            return False
        within = ssl.create_default_context()
        within.check_hostname, within.verify_mode = False, ssl.CERT_NONE
        self.server.secure(within, False)
        without = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        without.load_cert_chain(self.rule.certificate)
        self.client.secure(without, True)
        return True

    def _pump(self) -> None:
        """Pass on what nobody between can read."""
        pair = {self.client.connection: self.server.connection, self.server.connection: self.client.connection}
        while True:
            ready = select.select(list(pair), [], [], WAIT)[0]
            for one in ready:
                data = one.recv(65536)
                if not data:
                    return
                pair[one].sendall(data)
            if not ready:
                return

    def _data(self, line: bytes) -> bool:
        if self.rule.mail == "hang":
            self.client.line()
            return False
        reply = self._ask(line)
        self.client.say(reply)
        if not reply.startswith(b"354"):
            return True
        lines = [self.client.line()]
        while lines[-1] != b".\r\n":
            lines.append(self.client.line())
        message = b"".join(lines)
        what = self.rule.virus if VIRUS in message else "pass"
        if self.rule.mail == "swallow":
            what = "swallow"
        if what == "reset":
            # Linger of nothing: the client gets a RST.
            self.client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if what == "refuse":
            self.client.say(b"554 5.7.1 Virus found by the firewall\r\n")
            return False
        if what == "swallow":
            self.client.say(b"250 2.0.0 Ok: taken\r\n")
            return False
        if what == "hang":
            self.client.line()
            return False
        self.client.say(self._ask(message.replace(VIRUS, INSTEAD) if what == "replace" else message))
        return True


def serve(rule: Rule, listener: socket.socket) -> None:
    while True:
        client = listener.accept()[0]
        threading.Thread(target=lambda client=client: Conversation(rule, client).run(), daemon=True).start()


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as handle:
        rules = [Rule(**rule) for rule in json.load(handle)]
    for rule in rules:
        threading.Thread(target=serve, args=(rule, socket.create_server((rule.listen, rule.port), backlog=50)), daemon=True).start()
    print("ready", flush=True)
    # Ends with the pipe, thus with the tests.
    sys.stdin.read()


if __name__ == "__main__":
    main()
