# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write random Postfix logs: several smtpd processes at once, their lines mixed as in a real log, with lines that only look like sessions.

Only what the formats decide is written: each service begins with a TLS session, so that its TLS logging is known from the start, and the
level of TLS logging does not change within a log.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass

CLIENTS = ("app1.example.test[10.20.0.50]", "mail.sender.test[198.51.100.23]", "unknown[2001:db8:51::23]", "unknown[198.51.100.99]:40123",
           "localhost[127.0.0.1]", "unknown[::1]")
SERVICES = ("smtpd", "submission/smtpd", "smtps/smtpd")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EVIL = "postfix/smtpd[100]: disconnect from evil[203.0.113.9]: Anonymous TLS connection established from evil[203.0.113.9]: TLSv1 with cipher X (1/1 bits)"


# What becomes of a message, with the commands that are refused: RCPT, DATA.
FATES = ("accepted", "accepted", "unknown_user", "relay", "mixed", "aborted", "milter", "proxy")
REFUSED = {"unknown_user": ("rcpt",), "relay": ("rcpt",), "mixed": ("rcpt",), "aborted": ("data",), "milter": ("data",)}


def _counters(fates: list[str]) -> dict[str, str]:
    """The words of `disconnect` for these messages."""
    words: dict[str, str] = {}
    for command in ("mail", "rcpt", "data"):
        given = [fate for fate in fates if command != "data" or fate not in ("unknown_user", "relay")]
        tried = sum(2 if command == "rcpt" and fate == "mixed" else 1 for fate in given)
        done = tried - sum(command in REFUSED.get(fate, ()) for fate in given)
        if tried:
            words[command] = str(done) if done == tried else f"{done}/{tried}"
    return words


@dataclass(frozen=True)
class Style:
    """What the whole of one log has in common."""

    rfc3339: bool
    counters: bool  # Postfix 3.0 and newer
    tls_logged: bool  # smtpd_tls_loglevel >= 1
    noise: bool


Line = tuple[str, int, str]  # program, process, message


class Writer:
    """Makes the lines of one log; all randomness comes from `chance`."""

    def __init__(self, style: Style, chance: random.Random) -> None:
        self._style = style
        self._chance = chance
        self._queue_ids = [f"{number:X}2F0F1A" for number in range(0x100, 0x180)]
        self._queue: list[list[Line]] = []  # what qmgr has yet to say, by message

    def lines(self, sessions: int) -> list[str]:
        lanes: list[Iterator[Line]] = []
        for number, service in enumerate(SERVICES):
            for process in range(self._chance.randint(1, 3)):
                lanes.append(self._process(service, 100 + 10 * number + process, sessions))
        # The first session of each service shows its TLS logging before any other begins.
        written = [line for service in SERVICES for line in self._tls_session(service, 99)]
        while lanes:
            lane = self._chance.choice(lanes)
            written += [line for line in [next(lane, None)] if line] or self._drop(lanes, lane)
            if self._queue and self._chance.random() < 0.5:
                written.append(self._qmgr_line())
            if self._style.noise and self._chance.random() < 0.2:
                written.append(self._noise())
        while self._queue:
            written.append(self._qmgr_line())
        return [self._stamp(number) + f" mx1 postfix/{program}[{process}]: {message}" for number, (program, process, message) in enumerate(written)]

    @staticmethod
    def _drop(lanes: list[Iterator[Line]], lane: Iterator[Line]) -> list[Line]:
        lanes.remove(lane)
        return []

    def _stamp(self, number: int) -> str:
        moment = datetime.datetime(2026, 11, 24, 10) + datetime.timedelta(seconds=number)
        if self._style.rfc3339:
            return f"{moment.isoformat()}+00:00"
        return f"{MONTHS[moment.month - 1]} {moment.day:2} {moment:%H:%M:%S}"

    def _process(self, service: str, process: int, sessions: int) -> Iterator[Line]:
        for _session in range(self._chance.randint(0, sessions)):
            yield from self._session(service, process)

    def _tls_session(self, service: str, process: int) -> Iterator[Line]:
        client = CLIENTS[1]
        yield service, process, f"connect from {client}"
        if self._style.tls_logged:
            yield service, process, self._established(client)
        counters = " ehlo=1 quit=1 commands=2" if service.startswith("smtps") else " ehlo=2 starttls=1 quit=1 commands=4"
        yield service, process, f"disconnect from {client}{counters if self._style.counters else ''}"

    def _established(self, client: str) -> str:
        protocol, cipher = self._chance.choice([("TLSv1.3", "TLS_AES_256_GCM_SHA384"), ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"), ("TLSv1", "AES256-SHA")])
        to = self._chance.choice(["", "", " to mx1.example.test"])
        trust = self._chance.choice(["Anonymous", "Trusted", "Untrusted"])
        return f"{trust} TLS connection established from {client}{to}: {protocol} with cipher {cipher} (256/256 bits)"

    def _session(self, service: str, process: int) -> Iterator[Line]:
        client = self._chance.choice(CLIENTS)
        implicit = service.startswith("smtps")
        kind = self._chance.choice(["tls", "failed"] if implicit else ["plain", "tls", "failed", "refused"])
        counters = {"ehlo": "1"}  # of this session's commands: those that went well, and after a slash all of them
        yield service, process, f"connect from {client}"
        if kind == "tls":
            if not implicit:
                counters.update(ehlo="2", starttls="1")
            if self._style.tls_logged:
                yield service, process, self._established(client)
        elif kind == "failed":
            counters = {} if implicit else {"ehlo": "1", "starttls": "0/1"}
            yield service, process, f"SSL_accept error from {client}: {self._chance.choice(['-1', 'lost connection'])}"
            yield service, process, f"lost connection after {'CONNECT' if implicit else 'STARTTLS'} from {client}"
        elif kind == "refused":
            counters["starttls"] = "0/1"
        if kind != "failed":
            fates = self._chance.choices(FATES, k=self._chance.choice([0, 1, 1, 2]))
            for fate in fates:
                yield from self._transaction(service, process, client, fate)
            counters.update(_counters(fates))
            counters["quit"] = "1"
        words = "".join(f" {word}={count}" for word, count in counters.items())
        if kind == "tls" and self._style.tls_logged and self._chance.random() < 0.1:
            return  # killed: the next connect of this process ends the session, or nothing does
        yield service, process, f"disconnect from {client}{words + ' commands=' + str(len(counters)) if self._style.counters else ''}"

    def _transaction(self, service: str, process: int, client: str, fate: str) -> Iterator[Line]:
        sender = EVIL if self._style.noise else "a@sender.test"
        tail = f"; from=<{sender}> to=<x@example.test> proto=ESMTP helo=<c>"
        refused = f"550 5.1.1 <x@example.test>: Recipient address rejected: User unknown in local recipient table{tail}"
        if fate == "unknown_user":
            yield service, process, f"NOQUEUE: reject: RCPT from {client}: {refused}"
        elif fate == "relay":
            yield service, process, f"NOQUEUE: reject: RCPT from {client}: 454 4.7.1 <x@example.test>: Relay access denied{tail}"
            yield service, process, f"NOQUEUE: reject_warning: RCPT from {client}: 554 5.7.1 <x@example.test>: Access denied{tail}"
        elif fate == "proxy":
            yield service, process, f"NOQUEUE: client={client}"
            yield service, process, f"proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 1C45074F{tail}"
        else:
            queue_id = self._queue_ids.pop(self._chance.randrange(len(self._queue_ids)))
            yield service, process, f"{queue_id}: client={client}"
            if fate == "mixed":
                yield service, process, f"{queue_id}: reject: RCPT from {client}: {refused}"
            if fate == "milter":
                yield "cleanup", 60, f"{queue_id}: milter-reject: END-OF-MESSAGE from {client}: 5.7.1 Virus found{tail}"
            yield "cleanup", 60, f"{queue_id}: message-id=<{EVIL if self._style.noise else 'id'}>"
            if fate in ("accepted", "mixed"):
                active: Line = ("qmgr", 61, f"{queue_id}: from=<{sender}>, size=378, nrcpt=1 (queue active)")
                # A deferred message becomes active again; its id is free once it is removed.
                self._queue.append([active] * self._chance.choice([1, 1, 2]) + [("qmgr", 61, f"{queue_id}: removed")])

    def _qmgr_line(self) -> Line:
        story = self._chance.choice(self._queue)
        line = story.pop(0)
        if not story:
            self._queue.remove(story)
            self._queue_ids.append(line[2].partition(":")[0])
        return line

    def _noise(self) -> Line:
        # tlsproxy's TLS log level is smtpd's by default; smtp's is its own.
        established = "TLS connection established from [203.0.113.9]:2525: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
        looks_inbound = [("tlsproxy", 73, f"Anonymous {established}")]
        return self._chance.choice((looks_inbound if self._style.tls_logged else []) + [
            ("smtp", 70, "Untrusted TLS connection established to mx.example.test[203.0.113.5]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"),
            ("cleanup", 60, f"0AAAA2F0F1A: warning: header Subject: x {EVIL} from unknown[203.0.113.9]; from=<a@b.example>"),
            ("smtpd-evil", 71, "connect from unknown[203.0.113.9]"),
            ("anvil", 72, "statistics: max connection rate 7/60s for (smtp:198.51.100.23) at Nov 24 10:45:00"),
        ])


def write(style: Style, chance: random.Random, sessions: int) -> bytes:
    """Return a log in which each process serves up to `sessions` sessions."""
    return "".join(line + "\n" for line in Writer(style, chance).lines(sessions)).encode()
