# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that Python can do to count sessions of a well-behaved log: what compare.py times the audit against.

    python tests/benchmarks/simplest_count.py FOLDER

One host, one service, Postfix before 3.0, every line in its place and none forged: no line's start is looked at, no process ends without a word, every
queue id is a message, nobody but Postfix writes to the log. A session is a number. Prints the sessions by class as JSON. It is no part of the
product, and shows what the product's care costs.
"""

from __future__ import annotations

import json
import pathlib
import sys
from collections import Counter

ATTEMPTED, HANDSHAKE, MESSAGE, REJECTED = 2, 4, 8, 8 << 20
CHUNK = 1 << 18


def count(paths: list[pathlib.Path]) -> Counter[int]:
    """How often each number was met: the scope, what was seen, messages and refused commands."""
    sessions: dict[bytes, int] = {}
    scopes: dict[bytes, int] = {}
    total: Counter[int] = Counter()
    for path in paths:
        with path.open("rb") as log:
            kept = b""
            while block := log.read(CHUNK):
                end = block.rfind(b"\n") + 1
                chunk, kept = kept + block[:end], block[end:]
                ended: list[int] = []
                for line in chunk.split(b" postfix/smtpd[")[1:]:
                    process, word, rest = line.split(b" ", 2)
                    if word == b"connect":
                        address = rest[rest.index(b"["):rest.index(b"\n")]
                        scope = scopes.get(address)
                        if scope is None:
                            scope = scopes[address] = int(address.startswith(b"[10."))
                        sessions[process] = scope
                    elif word == b"disconnect":
                        ended.append(sessions.pop(process))
                    elif word == b"NOQUEUE:":
                        sessions[process] += REJECTED
                    elif word == b"setting":
                        sessions[process] |= ATTEMPTED
                    elif rest[:7] == b"client=":
                        sessions[process] += MESSAGE
                    elif rest[:3] == b"TLS":
                        sessions[process] |= HANDSHAKE
                total.update(ended)
    return total


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    kinds: Counter[str] = Counter()
    for number, times in count([*sorted(folder.glob("maillog-*")), folder / "maillog"]).items():
        kinds["tls" if number & HANDSHAKE else "tls_failed" if number & ATTEMPTED else "plaintext"] += times
    print(json.dumps(kinds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
