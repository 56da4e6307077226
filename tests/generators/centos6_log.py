# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the mail log of a CentOS 6 server (Postfix 2.6.6, smtpd_tls_loglevel 1) with exactly so many sessions of each kind.

    python tests/generators/centos6_log.py A /tmp/server-a

The servers are the three of the published table. Line forms are those of Postfix 2.6's source (smtpd.c, tls_server.c); the log is rotated weekly
as logrotate does it there (`maillog-20171105`, the older ones compressed), times carry no year, up to eight sessions are open at once.
Clients outside have addresses of the documentation ranges, clients inside are in 10.0.0.0/8. Nothing comes from loopback, for the by-hand
method counts that too.
"""

from __future__ import annotations

import datetime
import gzip
import os
import pathlib
import random
import shutil
import sys
from dataclasses import dataclass
from typing import Iterator, TextIO


@dataclass(frozen=True)
class Server:
    """One row of the published table: its period, and sessions by where from and whether TLS."""

    first: datetime.date
    last: datetime.date
    total: int
    tls: int
    external: int
    external_tls: int
    percent: int
    external_percent: int


SERVERS = {
    "A": Server(datetime.date(2017, 10, 29), datetime.date(2017, 12, 10), 76032, 18496, 49016, 1491, 24, 3),
    "B": Server(datetime.date(2016, 4, 20), datetime.date(2017, 12, 10), 2210894, 274071, 2114847, 196812, 12, 9),
    "C": Server(datetime.date(2017, 6, 10), datetime.date(2017, 12, 10), 957621, 100754, 840284, 80922, 11, 10),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OPEN_SESSIONS = 8


def kinds(server: Server, chance: random.Random) -> Iterator[tuple[bool, bool]]:
    """Yield (external, tls) for each session: all kinds in random order, each exactly as often as the table says."""
    left = {
        (True, True): server.external_tls, (True, False): server.external - server.external_tls,
        (False, True): server.tls - server.external_tls, (False, False): server.total - server.external - (server.tls - server.external_tls),
    }
    # TLS logging is seen from the first session on.
    left[(True, True)] -= 1
    yield True, True
    for remaining in range(server.total - 1, 0, -1):
        draw = chance.randrange(remaining)
        for kind, count in left.items():
            if draw < count:
                left[kind] -= 1
                yield kind
                break
            draw -= count


def session_lines(number: int, external: bool, tls: bool, chance: random.Random) -> list[str]:
    """The messages of one session, daemon first."""
    octet = chance.randrange(1, 255)
    client = f"mail{octet}.example.net[198.51.100.{octet}]" if external else f"pc{octet}.example.edu[10.1.2.{octet}]"
    lines = [f"smtpd connect from {client}"]
    if tls:
        lines.append(f"smtpd setting up TLS connection from {client}")
        lines.append(f"smtpd Anonymous TLS connection established from {client}: TLSv1 with cipher DHE-RSA-AES256-SHA (256/256 bits)")
    fate = chance.random()
    if external and fate < 0.5:
        lines.append(
            f"smtpd NOQUEUE: reject: RCPT from {client}: 550 5.1.1 <nosuch@example.edu>: Recipient address rejected: User unknown in local recipient table; "
            f"from=<a@example.net> to=<nosuch@example.edu> proto=ESMTP helo=<mail.example.net>")
    elif fate > 0.8:
        queue_id = f"{number % 0xFFFFF + 0x100000:X}0A1B"
        lines.append(f"smtpd {queue_id}: client={client}")
        lines.append(f"qmgr {queue_id}: from=<a@example.net>, size=4242, nrcpt=1 (queue active)")
    lines.append(f"smtpd disconnect from {client}")
    return lines


class Rotation:
    """Writes lines to the file that the time calls for; on Sundays at 03:00 a new one is begun."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._next: datetime.datetime | None = None
        self._file: TextIO | None = None

    def write(self, moment: datetime.datetime, text: str) -> None:
        if self._next is None or moment >= self._next:
            self.close(self._next)
            days = (6 - moment.weekday()) % 7
            self._next = datetime.datetime.combine(moment.date() + datetime.timedelta(days), datetime.time(3))
            if self._next <= moment:
                self._next += datetime.timedelta(7)
            self._file = (self._folder / "maillog").open("w")
        assert self._file
        self._file.write(text)

    def close(self, rotated: datetime.datetime | None) -> None:
        """Close the live file, and rename it when it is rotated."""
        if self._file is None:
            return
        self._file.close()
        live = self._folder / "maillog"
        if rotated:
            target = live.with_name(f"maillog-{rotated:%Y%m%d}")
            live.rename(target)
            stamp = rotated.replace(tzinfo=datetime.timezone.utc).timestamp()
            os.utime(target, (stamp, stamp))


def generate(name: str, folder: pathlib.Path, compress: int = 2) -> None:
    """Write the log of server A, B or C into a folder. compress: the oldest so many files are compressed."""
    server = SERVERS[name]
    chance = random.Random(name)
    folder.mkdir(parents=True, exist_ok=True)
    rotation = Rotation(folder)
    begin = datetime.datetime.combine(server.first, datetime.time(0, 0, 12))
    span = (datetime.datetime.combine(server.last, datetime.time(23, 59, 0)) - begin).total_seconds()
    open_sessions: dict[int, list[str]] = {}
    free = [2000 + number * 7 for number in range(OPEN_SESSIONS)]
    second, moment, stamp = -1, begin, ""

    def write(pid: int, lines: list[str]) -> None:
        pids = {"smtpd": pid, "qmgr": 1999}
        messages = (line.split(" ", 1) for line in lines)
        rotation.write(moment, "".join(f"{stamp} mx1 postfix/{daemon}[{pids[daemon]}]: {message}\n" for daemon, message in messages))

    for number, (external, tls) in enumerate(kinds(server, chance)):
        now = int(span * number / (server.total - 1))
        if now != second:
            second, moment = now, begin + datetime.timedelta(seconds=now)
            stamp = f"{MONTHS[moment.month - 1]} {moment.day:2} {moment:%H:%M:%S}"
        lines = session_lines(number, external, tls, chance)
        pid = free.pop()
        write(pid, lines[:1])
        open_sessions[pid] = lines[1:]
        if not free:
            ending = chance.choice(sorted(open_sessions))
            write(ending, open_sessions.pop(ending))
            free.append(ending)
    for pid, lines in open_sessions.items():
        write(pid, lines)
    rotation.close(None)
    end = (moment + datetime.timedelta(minutes=5)).replace(tzinfo=datetime.timezone.utc).timestamp()
    os.utime(folder / "maillog", (end, end))
    for path in sorted(folder.glob("maillog-*"))[:compress]:
        packed = path.with_name(path.name + ".gz")
        with path.open("rb") as plain, gzip.GzipFile(packed, "wb", 1, mtime=0) as archive:
            shutil.copyfileobj(plain, archive, 1 << 20)
        os.utime(packed, (path.stat().st_atime, path.stat().st_mtime))
        path.unlink()


if __name__ == "__main__":
    generate(sys.argv[1], pathlib.Path(sys.argv[2]))
