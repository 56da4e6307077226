# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes count what one counts, and one that dies is an error."""

from __future__ import annotations

import bz2
import gzip
import os
import random
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import workers
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.tests.unit.maillog import parts
from ansible_collections.mailfleet.tls_audit.tests.unit.maillog.test_parts import chaos
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import synthetic

NOTED = synthetic.Style(rfc3339=True, counters=True, tls_logged=True, noise=True)


def audit(folder: Path, **options: Any) -> dict[str, Any]:
    facts: dict[str, Any] = audit_logs([f"{folder}/maillog*"], timezone="UTC", internal_networks=["10.0.0.0/8"], include_clients=True, **options)
    del facts["performance"]["seconds"]
    return facts


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MIN_PIECE", 700)


@given(seed=st.integers(0, 2**32), files=st.integers(1, 4), processes=st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_same_facts(seed: int, files: int, processes: int) -> None:
    chance = random.Random(seed)
    log = chaos(chance, 150) if chance.random() < 0.5 else synthetic.write(NOTED, chance, 6)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for number, piece in enumerate(reversed(parts.cut(log, chance, files - 1))):
            pack = chance.choice([bytes, lambda data: data[:-1], gzip.compress, bz2.compress, lambda data: gzip.compress(data)[:-9]])
            (folder / (f"maillog.{number}" if number else "maillog")).write_bytes(pack(piece))
        assert audit(folder, workers=processes) == audit(folder)


def test_pieces_cover_the_file(tmp_path: Path) -> None:
    (tmp_path / "maillog").write_bytes(synthetic.write(NOTED, random.Random(1), 12) + b"a line without its end")
    one, two = audit(tmp_path), audit(tmp_path, workers=3)
    assert one == two
    assert one["sources"][0]["lines"] > 100
    assert two["performance"] == {"bytes": (tmp_path / "maillog").stat().st_size, "resumed": False}


def test_a_worker_that_dies_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "maillog").write_bytes(synthetic.write(NOTED, random.Random(1), 12))
    parent, read = os.getpid(), workers.Piece.read

    def read_or_die(self: workers.Piece, part: Any) -> Any:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(self, part)

    monkeypatch.setattr(workers.Piece, "read", read_or_die)
    # The worker may find nothing left to do; it dies as soon as it finds something.
    for unused in range(20):
        try:
            audit(tmp_path, workers=2)
        except AuditError as error:
            assert "workers" in str(error)
            assert "signal 9" in str(error)
            assert error.kind == "error"
            break
    else:
        pytest.fail("no worker ever died")
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("number", [0, -1, 65])
def test_numbers_of_workers(tmp_path: Path, number: int) -> None:
    (tmp_path / "maillog").write_bytes(b"")
    with pytest.raises(AuditError, match=f"workers: {number}"):
        audit(tmp_path, workers=number)


def test_a_log_of_forged_names_is_read_in_one_go(tmp_path: Path) -> None:
    log = b"".join(b"Nov 24 10:00:00 mx1 x%d/smtpd[7]: connect from a[192.0.2.1]\n" % number for number in range(900))
    (tmp_path / "maillog").write_bytes(log)
    assert audit(tmp_path, workers=2) == audit(tmp_path)
