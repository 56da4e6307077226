# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the logs of the example inventory that the real logs do not hold as they are: a rotated set, and an old Postfix without TLS logging.

    python tests/generators/example_logs.py

The lines are those of the real logs; `rotated` is one log cut in three, `postfix-2.10-no-tls-log` is one at TLS log level 0 without the
command counters that Postfix 2.10 does not write. The output is the same whenever it is run, and is kept in the repository.
"""

from __future__ import annotations

import bz2
import gzip
import pathlib
import re

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"


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


def main() -> None:
    real = FIXTURES / "real-logs"
    rotated(FIXTURES / "example" / "rotated", (real / "postfix-3.10.13-debian13" / "Q-pid-reuse" / "maillog.iso").read_bytes())
    without_counters(FIXTURES / "example" / "postfix-2.10-no-tls-log", (real / "postfix-3.5.25-debian11" / "B-loglevel0" / "maillog.iso").read_bytes())


if __name__ == "__main__":
    main()
