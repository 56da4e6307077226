# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz the parser of mail logs with at least so many generated lines:

    PYTHONPATH=collections python -m ansible_collections.mailfleet.tls_audit.tests.fuzz --lines 1000000

A log that breaks something is kept, and printed with the seed that makes it again (--seed N --rounds 1).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from ansible_collections.mailfleet.tls_audit.tests.fuzz import checks, logs

LINES = 4000  # of one log


def one_round(seed: int, path: Path, lines: int = LINES) -> tuple[str, int]:
    """Make the log of a seed and check all that must hold. Return its kind and its lines."""
    chance = random.Random(seed)
    kind = chance.choice(("written", "written", "rearranged", "spoiled", "babble"))
    log = logs.babble(chance, lines) if kind == "babble" else logs.written(chance, lines)
    # Another draw, so that a seed of old makes the log of old.
    if random.Random(~seed).random() < 0.3:
        kind = random.Random(~seed).choice(("others", "others spoiled"))
        log = logs.others(chance, lines, reused=kind == "others spoiled")
    if kind == "rearranged":
        log = logs.rearranged(chance, log)
    elif kind.endswith("spoiled"):
        log = logs.spoiled(chance, log)
    path.write_bytes(log)
    facts = checks.audit(path)
    if kind.startswith("others"):
        checks.check_sums(facts)
    else:
        checks.check_invariants(log, facts)
    if kind in ("written", "rearranged"):
        checks.check_reference(path, facts)
    checks.check_other_ways(log, path, facts, chance)
    return kind, log.count(b"\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the parser of mail logs.")
    parser.add_argument("--lines", type=int, default=1_000_000, help="at least so many lines in all (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=sys.maxsize, help="at most so many logs")
    parser.add_argument("--seed", type=int, default=None, help="of the first log (default: chosen anew each time)")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failure"), help="where to keep a log that broke something (default: %(default)s)")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    begun, done, kinds = time.monotonic(), 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "maillog"
        for number in range(options.rounds):
            if done >= options.lines:
                break
            try:
                kind, lines = one_round(seed + number, path)
            except Exception:
                traceback.print_exc()
                shutil.copy(path, options.keep)
                print(f"seed {seed + number} broke it; the log is {options.keep}; --seed {seed + number} --rounds 1 makes it again", file=sys.stderr)
                return 1
            done += lines
            kinds[kind] += lines
    by_kind = ", ".join(f"{kind} {lines}" for kind, lines in sorted(kinds.items()))
    print(f"{done} lines ({by_kind}), seed {seed}, {time.monotonic() - begun:.0f} s: nothing broke")
    return 0


if __name__ == "__main__":
    sys.exit(main())
