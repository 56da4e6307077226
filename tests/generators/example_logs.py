# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the logs of the example inventory that the real logs do not hold as they are.

    python tests/generators/example_logs.py

`rotated` is one real log cut in three; `postfix-2.10-no-tls-log` is one at TLS log level 0 without the command counters that Postfix 2.10
does not write. The real logs are of minutes: `before` holds four made-up weeks that lead up to each, with what an audit must find in them,
truth.json. The output is the same whenever it is run, and is kept in the repository.
"""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import pathlib
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from postfix_log import STYLES, Log  # noqa: E402  # pylint: disable=wrong-import-position

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"

# The real logs begin on the next day.
LAST_DAY = datetime.date(2026, 11, 23)
DAYS = 28
# What is not smtpd's and tells nothing here.
LEFT_OUT = {"anvil", "amavis", "dovecot"}
PROTOCOLS = (("TLSv1.3 with cipher TLS_AES_256_GCM_SHA384",) * 13 + ("TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384",) * 6
             + ("TLSv1 with cipher ECDHE-RSA-AES256-SHA",))


@dataclass(frozen=True)
class Department:
    """How much mail a department's server gets, and what its log shows of it."""

    name: str
    sessions: int          # on a working day
    tls_percent: int       # of the messages from outside, on the first day
    tls_lines: bool = True
    counters: bool = True


DEPARTMENTS = (
    Department("physics", 48, 52), Department("chemistry", 30, 64, tls_lines=False), Department("library", 64, 41),
    Department("history", 20, 47, tls_lines=False, counters=False), Department("economics", 24, 58), Department("arts", 12, 35),
)


def rotated(target: pathlib.Path, log: bytes) -> None:
    """Cut a log in three at line ends; the older parts are compressed, sessions go on across the cuts."""
    lines = log.splitlines(keepends=True)
    third = len(lines) // 3
    target.mkdir(parents=True, exist_ok=True)
    (target / "maillog.2.bz2").write_bytes(bz2.compress(b"".join(lines[:third])))
    (target / "maillog.1.gz").write_bytes(gzip.compress(b"".join(lines[third:2 * third]), mtime=0))
    (target / "maillog").write_bytes(b"".join(lines[2 * third:]))


def without_counters(target: pathlib.Path, log: bytes) -> None:
    """Take the command counters off, as Postfix before 3.0 writes no such thing."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "maillog").write_bytes(re.sub(rb"(disconnect from \S+\]) [a-z]+=[^\n]*", rb"\1", log))


def _lines(department: Department, log: Log, chance: random.Random) -> Iterator[str]:
    """The lines of all days, in the order of their times."""
    pid = 2000
    for number in range(DAYS):
        day = LAST_DAY - datetime.timedelta(days=DAYS - 1 - number)
        tls = department.tls_percent * 10 + 5 * number + chance.randrange(-60, 60)
        kinds = ((300, True, False, "unknown_user"), (60, True, True, "unknown_user"), (110, True, False, "nothing"), (16, True, True, "failed"),
                 (340 * (1000 - tls) // 1000, True, False, "mail"), (340 * tls // 1000, True, True, "mail"),
                 (90, False, False, "mail"), (70, False, True, "mail"))
        choices = [kind for kind in kinds for _time in range(kind[0])]
        count = round(department.sessions * (0.45 if day.weekday() > 4 else 1) * chance.uniform(0.85, 1.15))
        slot = 86000 // count
        for index in range(count):
            pid = 2000 + (pid - 1999) % 30000
            second = index * slot + chance.randrange(slot // 2)
            moment = datetime.datetime.combine(day, datetime.time(), datetime.timezone.utc) + datetime.timedelta(seconds=second)
            protocol = chance.choice(PROTOCOLS)
            for daemon, message in log.session(choices):
                if daemon in LEFT_OUT or (" TLS connection established " in message and not department.tls_lines):
                    continue
                moment += datetime.timedelta(microseconds=chance.randrange(2000, 400000))
                message = re.sub(r"TLSv\S+ with cipher \S+", protocol, message)
                # The example's campus network is 10.20.0.0/24.
                message = re.sub(r"\[10\.1\.\d+\.(\d+)\]", r"[10.20.0.\1]", message)
                yield f"{moment.isoformat(timespec='microseconds')} mx1 postfix/{daemon}[{pid if daemon == 'smtpd' else 1700}]: {message}\n"


def before(folder: pathlib.Path) -> None:
    """Write four weeks of each department, and what is in them by scope, kind and class."""
    truth = {}
    for seed, department in enumerate(DEPARTMENTS):
        log = Log(STYLES["postfix3-iso" if department.counters else "centos7"], seed)
        text = "".join(_lines(department, log, random.Random(f"example {seed}")))
        target = folder / "rotated" / "maillog.3.gz" if department.name == "library" else folder / "before" / f"{department.name}.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))
        truth[department.name] = {"/".join(key): count for key, count in sorted(log.truth.items())}
    (folder / "before" / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


def main() -> None:
    before(FIXTURES / "example")
    real = FIXTURES / "real-logs"
    rotated(FIXTURES / "example" / "rotated", (real / "postfix-3.10.13-debian13" / "Q-pid-reuse" / "maillog.iso").read_bytes())
    without_counters(FIXTURES / "example" / "postfix-2.10-no-tls-log", (real / "postfix-3.5.25-debian11" / "B-loglevel0" / "maillog.iso").read_bytes())


if __name__ == "__main__":
    main()
