# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run make targets several at a time, in the order given, and fail when one of them does.

    python3 tests/tools/lanes.py --lanes 2 test-integration test-lint test-unit

A target's output is kept in .cache/lanes and printed whole when the target ends, however it ends; a line a minute tells what runs meanwhile. The slowest
target belongs first. Targets that run at the same time must not build the same virtual environment: build those before.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import BinaryIO

# Beside the Makefile.
LOGS = pathlib.Path(".cache", "lanes")
LAST_LINE_WIDTH = 90


@dataclass
class Target:
    """A make target that runs."""

    name: str
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.log = LOGS / f"{self.name}.log"
        with self.log.open("wb") as output:
            # A session of its own: ended as a whole, with whatever it started.
            self.process = subprocess.Popen(
                [os.environ.get("MAKE", "make"), "--no-print-directory", self.name], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True)

    @property
    def minutes(self) -> str:
        return f"{(time.monotonic() - self.started) / 60:.1f} min"

    def last_line(self) -> str:
        """The end of what it printed last."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            lines = log.read().decode("utf-8", "replace").splitlines()
        return next((line.strip()[-LAST_LINE_WIDTH:] for line in reversed(lines) if line.strip()), "nothing printed yet")

    def end(self) -> None:
        """End it and all that it started, at once: what it runs in namespaces ends with it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass


def show(target: Target, outcome: str) -> None:
    """Print a target's whole output between two lines that name it."""
    out: BinaryIO = sys.stdout.buffer
    out.write(f"\n===== {target.name}: {outcome} after {target.minutes}\n".encode())
    with target.log.open("rb") as log:
        while block := log.read(1 << 16):
            out.write(block)
    out.write(f"===== end of {target.name}\n\n".encode())
    out.flush()


def say(text: str) -> None:
    print(f"[lanes] {text}", flush=True)


def run(names: list[str], lanes: int, heartbeat: float) -> list[str]:
    """Run all targets, whatever becomes of each; return those that failed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    waiting, running, failed = list(names), [], []
    beat = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                running.append(Target(waiting.pop(0)))
                say(f"{running[-1].name} begins")
            time.sleep(0.2)
            for target in [target for target in running if target.process.poll() is not None]:
                code = target.process.returncode
                show(target, "passed" if code == 0 else f"FAILED (exit status {code})")
                running.remove(target)
                if code:
                    failed.append(target.name)
            if time.monotonic() - beat >= heartbeat:
                beat = time.monotonic()
                for target in running:
                    say(f"{target.name} runs for {target.minutes}: {target.last_line()}")
    finally:
        # Only when this is interrupted is there anything left.
        for target in running:
            target.end()
            show(target, "ended")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Run make targets several at a time.")
    parser.add_argument("--lanes", type=int, default=2, help="how many run at the same time")
    parser.add_argument("--heartbeat", type=float, default=60, help="seconds from one word of what runs to the next")
    parser.add_argument("targets", nargs="+")
    arguments = parser.parse_args()

    def interrupted(number: int, unused: object) -> None:
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    failed = run(arguments.targets, max(1, arguments.lanes), arguments.heartbeat)
    passed = [name for name in arguments.targets if name not in failed]
    say(f"passed: {', '.join(passed) or 'none'}; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
