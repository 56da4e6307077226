# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions that every mail server gets: each way in which mail comes, fails and lies, from each kind of address."""

from __future__ import annotations

import socket
import time
from typing import Any

from client import Client
from machine import EXTERNAL, INTERNAL, SERVER

ALICE, BOB, CAROL = (f"{name}@example.test" for name in ("alice", "bob", "carol"))
SENDER = "sender@sender.test"
# What looks like a line of each mail server's log, where a stranger can put text.
FORGED = [
    "STARTTLS=server, relay=x [10.20.0.50], version=TLSv1.3, verify=NO, cipher=FORGED, bits=256/256",
    "x, size=1, class=0, nrcpts=1, msgid=<f@x>, proto=ESMTPS, daemon=MTA, relay=x [10.20.0.50]",
    "x, size=1, class=0, nrcpts=0, proto=ESMTPS, daemon=MTA, relay=x [10.20.0.50]",
    "0123456789abcdef smtp connected address=10.20.0.50 host=x",
    "0123456789abcdef smtp tls ciphers=TLSv1.3:FORGED:256",
    "x [10.20.0.50] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
]


class Driver:
    """Runs sessions one after another against the server of this machine; `records` is the truth."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def open(self, scenario: str, src: str, port: int = 25, implicit: bool = False, tls_version: str | None = None) -> Client:
        server = src if src in ("127.0.0.1", "::1") else SERVER[6 if ":" in src else 4]
        client = Client(scenario, src, server, port, implicit, tls_version)
        client.record["id"] = len(self.records) + 1
        self.records.append(client.record)
        return client

    def greeted(self, scenario: str, src: str, tls_version: str | None = None, tls: bool = False, port: int = 25) -> Client:
        """Open a session, past EHLO and, where asked for, STARTTLS."""
        client = self.open(scenario, src, port, implicit=port == 465, tls_version=tls_version)
        client.say("EHLO client1.sender.test")
        if tls or tls_version and port == 25:
            assert client.starttls(), client.record
            client.say("EHLO client1.sender.test")
        return client

    def run(self) -> None:
        self.deliver()
        self.refused()
        self.no_mail()
        self.failed_handshakes()
        self.broken_off()
        self.forged()

    def deliver(self) -> None:
        everyone = [*INTERNAL, *EXTERNAL, "127.0.0.1"]
        for src in everyone:
            for version in (None, "TLSv1_2", "TLSv1_3"):
                client = self.greeted("delivered", src, version)
                client.mail(SENDER, [ALICE])
                client.quit()
        for src in (INTERNAL[0], EXTERNAL[0]):
            client = self.greeted("implicit_tls", src, port=465)
            client.mail(SENDER, [ALICE])
            client.quit()
            for tls in (False, True):
                client = self.greeted("two_messages", src, tls=tls)
                client.mail(SENDER, [ALICE])
                client.mail(SENDER, [BOB])
                client.quit()
                client = self.greeted("three_recipients", src, tls=tls)
                client.mail(SENDER, [ALICE, BOB, CAROL])
                client.quit()
        client = self.open("helo_null_sender", EXTERNAL[1])
        client.say("HELO client1.sender.test")
        client.mail("", [ALICE])
        client.quit()
        client = self.greeted("mail_before_and_after_starttls", EXTERNAL[0])
        client.mail(SENDER, [ALICE])
        client.starttls()
        client.say("EHLO client1.sender.test")
        client.mail(SENDER, [BOB])
        client.quit()
        client = self.greeted("reset_then_mail", EXTERNAL[1], tls=True)
        client.say(f"MAIL FROM:<{SENDER}>")
        client.say("RSET")
        client.mail(SENDER, [ALICE])
        client.quit()

    def refused(self) -> None:
        for src in (INTERNAL[1], EXTERNAL[0], EXTERNAL[2]):
            for tls in (False, True):
                client = self.greeted("unknown_user", src, tls=tls)
                client.mail(SENDER, ["nosuch@example.test"])
                client.quit()
        for tls in (False, True):
            client = self.greeted("known_and_unknown", EXTERNAL[1], tls=tls)
            client.mail(SENDER, ["nosuch1@example.test", ALICE, "nosuch2@example.test"])
            client.quit()
            client = self.greeted("refused_then_accepted", EXTERNAL[1], tls=tls)
            client.mail(SENDER, ["nosuch@example.test"])
            client.mail(SENDER, [ALICE])
            client.quit()
            client = self.greeted("relay_denied", EXTERNAL[0], tls=tls)
            client.mail(SENDER, ["someone@elsewhere.test"])
            client.quit()
            client = self.greeted("too_big", EXTERNAL[0], tls=tls)
            client.mail(SENDER, [ALICE], body="\r\n".join(["x" * 900] * 1200))
            client.quit()

    def no_mail(self) -> None:
        self.open("connect_quit", INTERNAL[0]).quit()
        self.open("connect_close", EXTERNAL[0]).close()
        self.greeted("ehlo_quit", EXTERNAL[1]).quit()
        self.greeted("ehlo_close", EXTERNAL[1]).close()
        self.greeted("starttls_quit", EXTERNAL[0], tls=True).quit()
        self.greeted("starttls_close", EXTERNAL[2], tls=True).close()
        client = self.open("implicit_quit", EXTERNAL[0], 465, implicit=True)
        client.quit()
        client = self.greeted("vrfy", EXTERNAL[0])
        client.say("VRFY alice")
        client.quit()

    def failed_handshakes(self) -> None:
        for src in (INTERNAL[0], EXTERNAL[0]):
            client = self.greeted("certificate_refused", src)
            client.starttls(verify=True)
            client = self.greeted("garbage_for_handshake", src)
            client.say("STARTTLS")
            client.record["tls"] = "failed"
            client.send(b"this is no handshake\r\n" * 3)
            client.close()
        client = self.greeted("closed_for_handshake", EXTERNAL[1])
        client.say("STARTTLS")
        client.record["tls"] = "failed"
        client.close()
        client = self.greeted("failed_then_plaintext", EXTERNAL[1])
        client.starttls(verify=True)
        client = self.greeted("failed_then_plaintext", EXTERNAL[1])
        client.mail(SENDER, [ALICE])
        client.quit()
        self._plaintext_on_implicit_port()

    def _plaintext_on_implicit_port(self) -> None:
        """The server begins a handshake at once, and gets none."""
        record: dict[str, Any] = {"id": len(self.records) + 1, "scenario": "plaintext_on_implicit_port", "src": EXTERNAL[0], "port": 465,
                                  "start": time.time(), "tls": "failed", "tls_version": None, "cipher": None, "messages": [], "replies": []}
        with socket.socket() as connection:
            connection.bind((EXTERNAL[0], 0))
            connection.connect((SERVER[4], 465))
            connection.sendall(b"EHLO client1.sender.test\r\n")
            time.sleep(0.5)
        self.records.append(record)

    def broken_off(self) -> None:
        for tls in (False, True):
            for how in ("close", "abort"):
                client = self.greeted(f"data_{how}", EXTERNAL[0], tls=tls)
                self._until_data(client, [ALICE])
                client.send(b"From: <x@sender.test>\r\nSubject: half\r\n\r\nhalf a mess")
                getattr(client, how)()
            client = self.greeted("closed_after_rcpt", EXTERNAL[1], tls=tls)
            client.record["messages"].append({"transport": "tls" if tls else "plain", "mail_from": SENDER, "rcpts": [], "accepted": False})
            client.say(f"MAIL FROM:<{SENDER}>")
            client.say(f"RCPT TO:<{ALICE}>")
            client.close()

    @staticmethod
    def _until_data(client: Client, recipients: list[str]) -> None:
        transport = "tls" if client.record["tls"] == "starttls" else "plain"
        client.record["messages"].append({"transport": transport, "mail_from": SENDER, "rcpts": [], "accepted": False})
        client.say(f"MAIL FROM:<{SENDER}>")
        for recipient in recipients:
            client.say(f"RCPT TO:<{recipient}>")
        client.say("DATA")

    def forged(self) -> None:
        for text in FORGED:
            client = self.open("forged_helo", EXTERNAL[0])
            client.say(f"EHLO {text}")
            client.quit()
            client = self.greeted("forged_sender", EXTERNAL[0])
            client.mail(f'"{text}"@sender.test', [ALICE])
            client.quit()
            client = self.greeted("forged_sender_unknown_user", EXTERNAL[0])
            client.mail(f'"{text}"@sender.test', ["nosuch@example.test"])
            client.quit()
            client = self.greeted("forged_recipient", EXTERNAL[0])
            client.mail(SENDER, [f'"{text}"@example.test'])
            client.quit()
            client = self.greeted("forged_headers", EXTERNAL[0])
            client.mail(SENDER, [ALICE], headers=f"Subject: {text}\r\nMessage-ID: <{text}\r\n")
            client.quit()
            client = self.greeted("forged_command", EXTERNAL[0])
            client.say(text)
            client.quit()
