# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any bytes in, never an exception, never a broken sum. A bounded part of what tests/fuzz does for a million lines."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.tests.fuzz import checks, logs
from ansible_collections.mailfleet.tls_audit.tests.fuzz.__main__ import one_round

ROOT = Path(__file__).resolve().parents[3]


def no_journal(log: bytes) -> bool:
    """A file of systemd's journal is none of the logs here: where no journal is to be read, naming one alone is an error."""
    return not log.startswith(b"LPKSHH")


@given(st.binary(max_size=2000).filter(no_journal))
@example(log=b"LPKSH")
@settings(max_examples=300, deadline=None)
def test_any_bytes(log: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "maillog"
        path.write_bytes(log)
        checks.check_invariants(log, checks.audit(path, journal_mode="never"))


@given(st.lists(st.one_of(st.sampled_from(logs.WORDS), st.binary(max_size=8)), max_size=200).map(b"".join).filter(no_journal), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_words_that_the_parser_looks_for(log: bytes, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "maillog"
        path.write_bytes(log)
        facts = checks.audit(path, journal_mode="never")
        checks.check_invariants(log, facts)
        if not log.startswith((b"\x1f\x8b", b"BZh", b"\xfd7z", b"\x28\xb5", b"LPK")):
            checks.check_other_ways(log, path, facts, random.Random(seed))


@given(st.sampled_from([gzip.compress, bz2.compress, lzma.compress]), st.binary(max_size=300),
       st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
@settings(max_examples=300, deadline=None)
def test_archives_with_any_bytes_changed(compress: object, log: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(compress(log))  # type: ignore[operator]
    for at, value in changes:
        data[at % len(data)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "maillog.1.gz"
        path.write_bytes(bytes(data))
        (Path(folder) / "maillog").write_bytes(b"Nov 24 10:00:00 mx1 other[1]: x\n")
        facts = checks.audit(Path(folder) / "maillog*", journal_mode="never")
        assert {source["status"] for source in facts["sources"]} <= {"read", "duplicate", "unreadable", "skipped"}


@pytest.mark.parametrize("seed", range(20))
def test_one_round(seed: int, tmp_path: Path) -> None:
    one_round(seed, tmp_path / "maillog", lines=400)


@pytest.mark.parametrize("seed", [
    4100625400,  # a stamp with 32 digits of a second was one in one piece of the log, and none in another
    451806928,   # a damaged line of cleanup's was the rest of a session in a part, and took in what cleanup rejected later
    2856325820,  # a word within a damaged line made it one of OpenSMTPD's, or not, by the lines beside it
])
def test_a_seed_that_once_broke(seed: int, tmp_path: Path) -> None:
    one_round(seed, tmp_path / "maillog")


def test_the_runner(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ansible_collections.mailfleet.tls_audit.tests.fuzz", "--lines", "5000", "--seed", "7", "--keep", str(tmp_path / "kept")]
    done = subprocess.run(command, cwd=ROOT / "collections", capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing broke" in done.stdout
