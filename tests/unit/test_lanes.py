# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` runs its targets side by side, tells all that they print, and fails when one of them does."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

LANES = pathlib.Path(__file__).parents[1] / "tools" / "lanes.py"
# `first` ends once `second` has begun: both run at the same time, or the test waits in vain.
MAKEFILE = """
.PHONY: first second bad slow
first: ; @echo first says; until test -e begun; do sleep 0.05; done; echo first ends
second: ; @touch begun; echo second says
bad: ; @echo bad says >&2; exit 3
slow: ; @echo $$$$ > pid; echo slow says; sleep 600
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    return tmp_path


def start(folder: pathlib.Path, *arguments: str) -> subprocess.Popen[str]:
    settings = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    return subprocess.Popen([sys.executable, str(LANES), *arguments], cwd=folder, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def test_targets_run_side_by_side_and_print_apart(folder: pathlib.Path) -> None:
    process = start(folder, "first", "second")
    shown = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 0
    assert shown[shown.index("first says") + 1] == "first ends"
    assert shown[-1] == "[lanes] passed: first, second; failed: none"


def test_one_that_fails_fails_the_whole_after_the_rest_has_run(folder: pathlib.Path) -> None:
    process = start(folder, "--lanes", "1", "bad", "second")
    shown = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert "bad says" in shown and "second says" in shown
    assert shown.splitlines()[-1] == "[lanes] passed: second; failed: bad"


def test_it_tells_what_runs_and_ends_it_when_interrupted(folder: pathlib.Path) -> None:
    process = start(folder, "--heartbeat", "0.2", "slow")
    assert process.stdout
    while "slow runs for" not in (line := process.stdout.readline()) or "slow says" not in line:
        assert line
    process.send_signal(signal.SIGTERM)
    shown = process.communicate(timeout=60)[0]
    assert process.returncode == 128 + signal.SIGTERM
    assert "\nslow says\n" in shown
    deadline = time.monotonic() + 10
    while pathlib.Path("/proc", (folder / "pid").read_text().strip()).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
