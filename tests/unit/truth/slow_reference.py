# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slow second count of Postfix logs, for the tests to hold the product against: one line at a time, every session kept, clarity alone.

It reads BSD and RFC 3339 lines of one host's files, oldest first, and counts by the definitions of the contract. It was written from the
formats alone, without a look at the product. Where the formats leave a choice, the choice is a comment that begins with `Choice:`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# `Nov 24 10:42:10 host tag[pid]: message` or `2026-11-24T10:42:10.123456+00:00 host tag[pid]: message`.
LINE = re.compile(rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) (?P<name>[^\s\[\]]+)\[(?P<pid>\d+)\]: (?P<message>.*)")
CLIENT = rb"\S*\[(?P<address>[0-9A-Fa-f.:]+)\](?::\d+)?"
QUEUE_ID = rb"(?P<queue_id>[0-9A-Za-z]{5,})"

CONNECT = re.compile(rb"connect from " + CLIENT)
DISCONNECT = re.compile(rb"disconnect from " + CLIENT + rb"(?P<counters>(?: [a-z]+=\d+(?:/\d+)?)*)(?: notes=\S+)?")
ESTABLISHED = re.compile(
    rb"(?:(?:Anonymous|Verified|Trusted|Untrusted) )?TLS connection established from " + CLIENT
    + rb"(?: to \S+)?: (?P<protocol>\S+) with cipher (?P<cipher>\S+) \(.*"
)
HANDSHAKE_ERROR = re.compile(rb"SSL_accept error from " + CLIENT + rb": .*")
CLIENT_OF_MESSAGE = re.compile(QUEUE_ID + rb": client=.*")
PROXY_ACCEPTED = re.compile(rb"(?:NOQUEUE: )?proxy-accept: END-OF-MESSAGE: 2.*")
REJECT = re.compile(QUEUE_ID + rb": (?:milter-)?reject: .*")
QUEUED = re.compile(QUEUE_ID + rb": from=<.*")
UNKNOWN_USER = re.compile(rb"[^:]*: (?:milter-)?reject: RCPT from " + CLIENT + rb": 5\d\d 5\.1\.1 .*")
# Services that speak TLS from the first byte, by their names in Postfix's master.cf and at IANA: no STARTTLS shows it.
IMPLICIT_TLS = {"smtps", "submissions", "ssmtp", "465"}


@dataclass
class Message:
    over_tls: bool  # TLS was on, as far as the log had shown, when the first recipient was accepted
    accepted: bool = False
    waits_for_proxy: bool = False  # it goes through a filter before the queue
    begun: bool = True  # by a line `client=`, of which one is for each message


@dataclass
class Refusal:
    over_tls: bool
    unknown_user: bool


@dataclass
class Session:
    service: str
    address: str
    handshakes: list[tuple[str, str]] = field(default_factory=list)  # (protocol, cipher)
    handshake_errors: int = 0
    counters: dict[str, str] | None = None  # those of `disconnect`; None before Postfix 3.0
    ended: bool = False  # by `disconnect`, or by the next session of the same process: Choice: then a line about TLS would have come
    instance: str = "postfix"
    messages: list[Message] = field(default_factory=list)
    rejects: list[Refusal] = field(default_factory=list)  # one per refused command

    def accepted_messages(self) -> list[Message]:
        """The messages that were accepted. Choice: the number in `disconnect` counts, unless it counts chunks too (bdat) or what was sent before TLS."""
        data = (self.counters or {}).get("data", "0").partition("/")[0]
        begun = [message for message in self.messages if message.begun]
        if self.counters is None or "bdat" in self.counters or (self.handshakes and any(not message.over_tls for message in begun)):
            return [message for message in self.messages if message.accepted]
        # Choice: a filter's line that a message was accepted before TLS is told apart by TLS, and counts for itself.
        return begun[:int(data)] + [message for message in self.messages if self.handshakes and not message.over_tls]

    def starttls_succeeded(self) -> bool:
        done = (self.counters or {}).get("starttls", "0").partition("/")[0]
        return int(done) > 0


@dataclass
class Log:
    sessions: list[Session] = field(default_factory=list)
    orphans: int = 0  # `disconnect` without a session
    shown: set[str] = field(default_factory=set)  # services, as they are logged, of which any line told a handshake, whatever its session

    def read(self, paths: Iterable[Path]) -> Log:
        open_sessions: dict[tuple[bytes, bytes, bytes], Session] = {}  # by host, service and process
        messages: dict[tuple[bytes, bytes], tuple[Session, Message]] = {}  # by host and queue id
        for path in paths:
            for line in path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"):
                match = LINE.fullmatch(line.rstrip(b"\r"))
                if match:
                    self._line(match["host"], match["name"], match["pid"], match["message"], open_sessions, messages)
        return self

    def _line(
        self, host: bytes, name: bytes, pid: bytes, message: bytes,
        open_sessions: dict[tuple[bytes, bytes, bytes], Session], messages: dict[tuple[bytes, bytes], tuple[Session, Message]],
    ) -> None:
        instance, _slash, program = name.rpartition(b"/")
        if not instance:
            return
        if program in (b"smtpd", b"tlsproxy") and ESTABLISHED.fullmatch(message):
            self.shown.add(name.decode())
        if program == b"smtpd":
            self._smtpd((host, name, pid), message, open_sessions, messages)
        elif program == b"qmgr":
            queued = QUEUED.fullmatch(message)
            if queued and (host, queued["queue_id"]) in messages:
                # Choice: what the queue manager took over is accepted once, and no longer to be rejected.
                messages.pop((host, queued["queue_id"]))[1].accepted = True
        elif program == b"cleanup":
            reject = REJECT.fullmatch(message)
            if reject and (host, reject["queue_id"]) in messages:
                session, sent = messages[host, reject["queue_id"]]
                session.rejects.append(Refusal(sent.over_tls, False))

    def _smtpd(
        self, key: tuple[bytes, bytes, bytes], message: bytes,
        open_sessions: dict[tuple[bytes, bytes, bytes], Session], messages: dict[tuple[bytes, bytes], tuple[Session, Message]],
    ) -> None:
        connect = CONNECT.fullmatch(message)
        if connect:
            # A process serves one client at a time: an older session of this process has ended without a word.
            session = Session(key[1].decode().removeprefix("postfix/"), connect["address"].decode(), instance=key[1].decode().partition("/")[0])
            if key in open_sessions:
                open_sessions[key].ended = True
            open_sessions[key] = session
            self.sessions.append(session)
            return
        disconnect = DISCONNECT.fullmatch(message)
        if disconnect:
            ended = open_sessions.pop(key, None)
            if ended is None:
                self.orphans += 1
            else:
                ended.ended = True
                pairs = [pair.partition("=") for pair in disconnect["counters"].decode().split()]
                ended.counters = {word: count for word, _equals, count in pairs} if pairs else None
            return
        current = open_sessions.get(key)
        if current is None:
            begun = CLIENT_OF_MESSAGE.fullmatch(message)
            if begun:
                # A session that began before the log does has this queue id now.
                messages.pop((key[0], begun["queue_id"]), None)
            return
        established = ESTABLISHED.fullmatch(message)
        if established:
            current.handshakes.append((established["protocol"].decode(), established["cipher"].decode()))
        elif HANDSHAKE_ERROR.fullmatch(message):
            current.handshake_errors += 1
        elif REJECT.fullmatch(message):
            current.rejects.append(Refusal(bool(current.handshakes), bool(UNKNOWN_USER.fullmatch(message))))
        elif PROXY_ACCEPTED.fullmatch(message):
            # Its `client=` has no queue id of its own.
            pending = [sent for sent in current.messages if sent.over_tls == bool(current.handshakes) and sent.waits_for_proxy]
            if pending:
                pending[0].accepted, pending[0].waits_for_proxy = True, False
            else:
                current.messages.append(Message(over_tls=bool(current.handshakes), accepted=True, begun=False))
        else:
            client = CLIENT_OF_MESSAGE.fullmatch(message)
            if client:
                sent = Message(over_tls=bool(current.handshakes), waits_for_proxy=client["queue_id"] == b"NOQUEUE")
                current.messages.append(sent)
                messages[key[0], client["queue_id"]] = (current, sent)


def scope_of(address: str, internal_networks: Iterable[str]) -> str:
    client = ipaddress.ip_address(address)
    if client.is_loopback:
        return "local"
    return "internal" if any(client in ipaddress.ip_network(network) for network in internal_networks) else "external"


def _could_have_shown_tls(session: Session, shown: set[str]) -> bool:
    """Whether the log shows that TLS logging was on: a handshake was logged, of the same service if that speaks TLS from the start, else of its instance.

    Choice: over the whole of the files, so tests with a log whose level changes must not depend on this.
    """
    if IMPLICIT_TLS.intersection(session.service.split("/")):
        return any(service.removeprefix("postfix/") == session.service for service in shown)
    return any(service.partition("/")[0] == session.instance for service in shown)


def class_of(session: Session, shown: set[str]) -> str:
    if session.handshakes or session.starttls_succeeded():
        return "tls"
    if session.handshake_errors:
        return "tls_failed"
    if not session.ended:
        # Choice: what a session did before it was cut off is not known, whatever the log could have shown.
        return "unknown"
    if session.counters is not None and not IMPLICIT_TLS.intersection(session.service.split("/")):
        return "plaintext"
    return "plaintext" if _could_have_shown_tls(session, shown) else "unknown"


def count(paths: Iterable[Path], internal_networks: Iterable[str]) -> dict[str, Any]:
    """Return the subset of the module's facts that this count knows: inbound, services and tls."""
    networks = list(internal_networks)
    log = Log().read(paths)
    inbound: dict[str, dict[str, dict[str, int]]] = {}
    for scope in ("total", "external", "internal", "local"):
        inbound[scope] = {
            "sessions": dict.fromkeys(("total", "tls", "plaintext", "tls_failed", "unknown"), 0),
            "messages": dict.fromkeys(("total", "tls", "plaintext", "unknown"), 0),
            "rejected": dict.fromkeys(("total", "tls", "plaintext", "unknown", "unknown_user"), 0),
        }
    services: dict[str, dict[str, dict[str, int]]] = {}
    protocols: dict[str, int] = {}
    ciphers: dict[str, int] = {}
    for session in log.sessions:
        shown = class_of(session, log.shown)
        scope = scope_of(session.address, networks)
        places = [inbound[scope]]
        if scope != "local":
            service = services.setdefault(session.service, {kind: dict.fromkeys(counts, 0) for kind, counts in inbound["total"].items()})
            places += [inbound["total"], service]
            if session.handshakes:
                # Choice: a session counts once, with its first handshake; a second one in a session cannot be.
                protocol, cipher = session.handshakes[0]
                protocols[protocol] = protocols.get(protocol, 0) + 1
                ciphers[cipher] = ciphers.get(cipher, 0) + 1
        for place in places:
            place["sessions"]["total"] += 1
            place["sessions"][shown] += 1
            for message in session.accepted_messages():
                place["messages"]["total"] += 1
                place["messages"][_class_behind(message, session, shown)] += 1
            for refusal in session.rejects:
                place["rejected"]["total"] += 1
                place["rejected"][_class_behind(refusal, session, shown)] += 1
                place["rejected"]["unknown_user"] += refusal.unknown_user
    kept = {name: {"sessions": s["sessions"], "messages": s["messages"]} for name, s in sorted(services.items())}
    return {"inbound": inbound, "services": kept, "tls": {"protocols": protocols, "ciphers": ciphers}}


def _class_behind(event: Message | Refusal, session: Session, shown: str) -> str:
    """The class of a message or refusal, which have no class `tls_failed`.

    Choice: what went on after a failed handshake was not encrypted. Where only the counters say that TLS came, they do not say when: a client that means
    to use it does so before it sends.
    """
    if shown == "tls" and session.handshakes and not event.over_tls:
        return "plaintext"
    return "plaintext" if shown == "tls_failed" else shown
