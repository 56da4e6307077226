# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a mail log of any size in the style of a Postfix version and its syslog, with the figures that an audit must find.

    python tests/generators/postfix_log.py centos7 /tmp/logs 1000

The mix is that of a university department's server: most sessions are spam that is refused, about half of the lines are not smtpd's (cleanup, qmgr,
local, anvil, amavis, Dovecot), up to 24 sessions are open at once. Line forms are those of the versions' sources, see mtas/postfix_lines.py. Addresses
are of the documentation ranges and of 10.0.0.0/8. The log is rotated weekly into four files.
"""

from __future__ import annotations

import datetime
import os
import pathlib
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BEGIN = datetime.datetime(2026, 10, 26, 0, 0, 3)
FILES = 4
LANES = 24
OTHER_TAGS = {"dovecot": "dovecot", "amavis": "amavis[1207]"}
MAX_USE = 100  # sessions that one smtpd process serves
Line = tuple[str, str]  # daemon, message


@dataclass(frozen=True)
class Style:
    """What the version and its syslog decide."""

    rfc3339: bool
    counters: bool  # Postfix 3.0 and newer
    attempts: bool  # `setting up TLS connection` at log level 1: Postfix up to 2.8
    protocol: str
    cipher: str


STYLES = {
    "centos6": Style(False, False, True, "TLSv1", "DHE-RSA-AES256-SHA"),
    "centos7": Style(False, False, False, "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
    "postfix3": Style(False, True, False, "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
    "postfix3-iso": Style(True, True, False, "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
}
# Share of sessions: external, TLS, and what the client does.
KINDS = ((42, True, False, "unknown_user"), (8, True, True, "unknown_user"), (14, True, False, "nothing"), (11, True, False, "mail"), (12, True, True, "mail"),
         (7, False, False, "mail"), (4, False, True, "mail"), (2, True, True, "failed"))
CHOICES = [kind for kind in KINDS for unused in range(kind[0])]


class Log:
    """Makes the lines of a log and counts what they mean. All randomness comes from the seed."""

    def __init__(self, style: Style, seed: int) -> None:
        self._style = style
        self._chance = random.Random(seed)
        self._messages = 0
        self._second, self._text = -1, ""
        self.truth: Counter[tuple[str, ...]] = Counter()

    def session(self, choices: Sequence[tuple[int, bool, bool, str]] = CHOICES) -> Iterator[Line]:
        """The lines of one session of the choices, smtpd's and those of the daemons behind it."""
        chance, style = self._chance, self._style
        unused, external, tls, what = chance.choice(choices)
        low, high = chance.randrange(1, 255), chance.randrange(1, 255)
        client = f"mail{low}.sender{high}.example.net[198.51.{100 + low % 2}.{high}]" if external else f"pc{low}.example.edu[10.1.{low}.{high}]"
        scope = "external" if external else "internal"
        shown = "tls_failed" if what == "failed" else "tls" if tls else "plaintext"
        self.truth[scope, "sessions", shown] += 1
        if external and low < 60:
            address = f"198.51.{100 + low % 2}.{high}"
            yield "smtpd", f"warning: hostname mail{low}.sender{high}.example.net does not resolve to address {address}: Name or service not known"
        yield "smtpd", f"connect from {client}"
        counters = "ehlo=1"
        if tls:
            counters = "ehlo=2 starttls=1"
            if style.attempts:
                yield "smtpd", f"setting up TLS connection from {client}"
            if what == "failed":
                counters = "ehlo=1 starttls=0/1"
                yield "smtpd", f"SSL_accept error from {client}: -1"
                yield "smtpd", f"lost connection after STARTTLS from {client}"
            else:
                tail = " key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256" if style.counters else ""
                yield "smtpd", f"Anonymous TLS connection established from {client}: {style.protocol} with cipher {style.cipher} (256/256 bits){tail}"
        if what == "unknown_user":
            counters += " mail=1 rcpt=0/1"
            self.truth[scope, "rejected", shown] += 1
            yield "smtpd", (
                f"NOQUEUE: reject: RCPT from {client}: 550 5.1.1 <user{low}@dept.example.edu>: Recipient address rejected: "
                "User unknown in local recipient table; "
                f"from=<news{high}@sender{high}.example.net> to=<user{low}@dept.example.edu> proto=ESMTP helo=<mail{low}.sender{high}.example.net>")
        elif what == "mail":
            counters += " mail=1 rcpt=1 data=1"
            self.truth[scope, "messages", shown] += 1
            yield from self._message(client, low, high)
        yield "smtpd", f"disconnect from {client}" + (f" {counters} quit=1 commands={counters.count('=') + 1}" if style.counters else "")
        if low < 230:
            user = f"user=<user{low}>, method=PLAIN, rip=10.1.{low}.{high}, lip=10.1.0.2"
            yield "dovecot", f"imap-login: Login: {user}, mpid={20000 + high}, TLS, session=<AAAA{low}{high}>"
            yield "dovecot", f"imap(user{low}): Logged out in={low * high} out={high * 4711}"
        if low < 40:
            yield "anvil", f"statistics: max connection rate {low}/60s for (smtp:198.51.{100 + low % 2}.{high}) at Nov  2 10:45:00"

    def _message(self, client: str, low: int, high: int) -> Iterator[Line]:
        self._messages += 1
        queue_id = f"{(self._messages * 7919) % 0xFFFFF + 0x100000:X}{self._messages % 0xFFF + 0x1000:X}"
        yield "smtpd", f"{queue_id}: client={client}"
        yield "cleanup", f"{queue_id}: message-id=<20261026.{self._messages}.{low}@sender{high}.example.net>"
        yield "qmgr", f"{queue_id}: from=<news{high}@sender{high}.example.net>, size={3000 + low * high}, nrcpt=1 (queue active)"
        yield "local", (f"{queue_id}: to=<user{low}@dept.example.edu>, relay=local, delay=0.{low}, delays=0.1/0/0/0.{high}, dsn=2.0.0, status=sent "
                        "(delivered to command: /usr/bin/procmail -a \"$EXTENSION\")")
        yield "amavis", f"({high}-{low}) Passed CLEAN, <news{high}@sender{high}.example.net> -> <user{low}@dept.example.edu>, Hits: -{low}.{high}, {high} ms"
        yield "qmgr", f"{queue_id}: removed"

    def lines(self, size: int) -> Iterator[str]:
        """Lines of at least so many bytes, over four weeks, stamp and all."""
        chance, written = self._chance, 0
        span = datetime.timedelta(days=7 * FILES).total_seconds() - 60
        lanes: list[tuple[int, int, Iterator[Line]]] = []  # process, sessions it has served, lines to come
        pids = {"cleanup": 1801, "qmgr": 1702, "local": 1903, "anvil": 2105}
        next_pid = 2000
        while written < size or lanes:
            if written < size and len(lanes) < LANES:
                lanes.append((next_pid, 0, self.session()))
                next_pid = 2000 + (next_pid - 1999) % 30000
            lane = chance.randrange(len(lanes))
            pid, served, story = lanes[lane]
            line = next(story, None)
            if line is None:
                if written < size and served < MAX_USE:
                    lanes[lane] = pid, served + 1, self.session()
                else:
                    del lanes[lane]
                continue
            daemon, message = line
            tag = OTHER_TAGS.get(daemon) or f"postfix/{daemon}[{pid if daemon == 'smtpd' else pids[daemon]}]"
            text = f"{self._stamp(int(span * min(written, size) / size))} mx1 {tag}: {message}\n"
            written += len(text)
            yield text

    def _stamp(self, second: int) -> str:
        if second != self._second:
            self._second = second
            moment = BEGIN + datetime.timedelta(seconds=second)
            self._text = moment.isoformat() if self._style.rfc3339 else f"{MONTHS[moment.month - 1]} {moment.day:2} {moment:%H:%M:%S}"
        return f"{self._text}.{self._chance.randrange(1000000):06}+00:00" if self._style.rfc3339 else self._text


def write(style: str, folder: pathlib.Path, megabytes: int, seed: int = 1) -> dict[str, dict[str, dict[str, int]]]:
    """Write maillog-20261101 and so on up to maillog into a folder. Return inbound sessions, messages and rejected by scope, as the facts give them."""
    folder.mkdir(parents=True, exist_ok=True)
    log = Log(STYLES[style], seed)
    size = megabytes * 1_000_000
    written, number = 0, 0
    handle = None
    for line in log.lines(size):
        if handle is None or (written >= size * (number) // FILES and number < FILES):
            if handle:
                handle.close()
            number += 1
            path = folder / (f"maillog-{BEGIN + datetime.timedelta(days=7 * number):%Y%m%d}" if number < FILES else "maillog")
            handle = path.open("w", encoding="ascii", buffering=1 << 20)
        handle.write(line)
        written += len(line)
    if handle:
        handle.close()
    for number, path in enumerate([*sorted(folder.glob("maillog-*")), folder / "maillog"], 1):
        stamp = (BEGIN + datetime.timedelta(days=7 * number)).replace(tzinfo=datetime.timezone.utc).timestamp()
        os.utime(path, (stamp, stamp))
    return _figures(log.truth)


def _figures(truth: Counter[tuple[str, ...]]) -> dict[str, dict[str, dict[str, int]]]:
    inbound = {}
    for scope in ("external", "internal", "total"):
        inbound[scope] = {
            kind: {name: sum(truth[of, kind, name] for of in ("external", "internal") if scope in (of, "total")) for name in names}
            for kind, names in (("sessions", ("tls", "plaintext", "tls_failed")), ("messages", ("tls", "plaintext")), ("rejected", ("tls", "plaintext")))
        }
    return inbound


if __name__ == "__main__":
    print(write(sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])))
