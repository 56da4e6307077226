# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rerun with state_dir reads what is new alone, and gives what a full read gives, whatever happened to the files since."""

from __future__ import annotations

import bz2
import gzip
import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import checkpoints, workers
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.state_file import NAME
from ansible_collections.mailfleet.tls_audit.tests.unit.maillog.test_parts import chaos
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import synthetic

OPTIONS: dict[str, Any] = {"timezone": "UTC", "internal_networks": ["10.0.0.0/8"], "include_clients": True}
LOG = synthetic.write(synthetic.Style(rfc3339=True, counters=True, tls_logged=True, noise=True), random.Random(5), 40)


class Host:
    """A folder of logs, and the state of its audits."""

    def __init__(self, folder: Path) -> None:
        self.logs, self.state = folder / "log", folder / "state"
        self.logs.mkdir()
        self.live = self.logs / "maillog"

    def audit(self, **options: Any) -> dict[str, Any]:
        facts: dict[str, Any] = audit_logs([f"{self.logs}/maillog*"], **{**OPTIONS, **options})
        return facts

    def rerun(self, **options: Any) -> dict[str, int]:
        """Audit with the state, and fully; both are the same. Return the performance of the first."""
        resumed, full = self.audit(state_dir=str(self.state), **options), self.audit(**options)
        performance: dict[str, int] = resumed.pop("performance")
        del full["performance"]
        assert resumed == full
        return performance

    def rotate(self, compress: bool = False) -> None:
        """As logrotate does: each generation one up, the newest may be compressed."""
        for number in range(8, 0, -1):
            for ending in ("", ".gz", ".bz2"):
                path = self.logs / f"maillog.{number}{ending}"
                if path.exists():
                    path.rename(self.logs / f"maillog.{number + 1}{ending}")
        self.live.rename(self.logs / "maillog.1")
        if compress:
            self.compress(1)
        self.live.touch()

    def compress(self, number: int, pack: Any = gzip.compress, ending: str = ".gz") -> None:
        plain = self.logs / f"maillog.{number}"
        packed = self.logs / f"maillog.{number}{ending}"
        packed.write_bytes(pack(plain.read_bytes()))
        shutil.copystat(plain, packed)
        plain.unlink()

    def append(self, data: bytes) -> None:
        with self.live.open("ab") as log:
            log.write(data)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    host.append(LOG[:20_000])
    return host


def test_only_what_is_new_is_read(host: Host) -> None:
    first = host.rerun()
    assert (first["bytes"], first["resumed"]) == (20_000, False)
    ended = LOG.rindex(b"\n", 0, 20_000) + 1
    # The last line was not complete: it is read again.
    again = host.rerun()
    assert (again["bytes"], again["resumed"]) == (20_000 - ended, True)
    host.append(LOG[20_000:30_000])
    assert host.rerun()["bytes"] == 30_000 - ended


def test_rotated_and_compressed(host: Host) -> None:
    host.append(LOG[20_000:LOG.index(b"\n", 30_000) + 1])
    host.rerun()
    host.rotate()
    host.append(LOG[40_000:50_000])
    assert host.rerun()["bytes"] == 10_000
    host.compress(1)
    assert host.rerun()["bytes"] < 200
    host.rotate()
    host.compress(2, bz2.compress, ".bz2") if (host.logs / "maillog.2").exists() else None
    assert host.rerun()["bytes"] < 200
    # What was written between the last run and the compression has to be read, with all before it.
    host.append(LOG[:15_000])
    host.rerun()
    host.append(LOG[15_000:15_500])
    host.rotate(compress=True)
    assert host.rerun()["resumed"]


def test_copied_and_truncated(host: Host) -> None:
    host.append(LOG[20_000:LOG.index(b"\n", 30_000) + 1])
    host.rerun()
    shutil.copy2(host.live, host.logs / "maillog.1")
    os.truncate(host.live, 0)
    host.append(LOG[50_000:52_000])
    assert host.rerun()["bytes"] == 2_000


def test_truncated_and_grown_beyond(host: Host) -> None:
    host.rerun()
    os.truncate(host.live, 0)
    host.append(LOG[30_000:60_000])
    assert host.rerun()["bytes"] == 30_000


def test_removed_logs_no_longer_count(host: Host) -> None:
    host.rotate()
    host.append(LOG[20_000:40_000])
    host.rerun()
    (host.logs / "maillog.1").unlink()
    assert host.rerun()["bytes"] < 200


@pytest.mark.parametrize("changed", [{"internal_networks": ["192.0.2.0/24"]}, {"timezone": "Asia/Tokyo"}, {"include_clients": False}, {"host_field": "mx1"}])
def test_another_configuration_reads_anew(host: Host, changed: dict[str, Any]) -> None:
    host.rerun()
    assert host.rerun(**changed)["bytes"] == 20_000
    assert host.rerun(**changed)["resumed"]


def test_options_of_the_facts_alone_read_nothing(host: Host) -> None:
    host.rerun()
    assert host.rerun(since="2026-11-25", max_days=3)["bytes"] < 200


def test_other_code_reads_anew(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.rerun()
    monkeypatch.setattr(checkpoints.part_data, "VERSION", 0)
    assert host.rerun()["bytes"] == 20_000


@pytest.mark.parametrize("damage", [
    lambda state: state.write_bytes(b""), lambda state: state.write_bytes(state.read_bytes()[:-5]), lambda state: state.write_bytes(b"\0" * 1000),
    lambda state: state.write_bytes(state.read_bytes().replace(b"smtpd", b"sntpd", 1)), lambda state: state.chmod(0o666),
    lambda state: (state.rename(state.with_name("other")), state.symlink_to("other")), lambda state: (state.unlink(), os.mkfifo(state)),
])
def test_a_damaged_state_is_made_anew_with_a_notice(host: Host, damage: Any) -> None:
    host.rerun()
    damage(host.state / NAME)
    facts = host.audit(state_dir=str(host.state))
    assert facts["performance"]["bytes"] == 20_000
    (notice,) = [notice for notice in facts["coverage"]["notices"] if notice["kind"] == "state_rebuilt"]
    assert str(host.state) in notice["detail"] or notice["detail"].startswith("the state in /")
    assert host.rerun()["resumed"]


def test_the_state_is_private(host: Host) -> None:
    host.rerun()
    assert [path.name for path in host.state.iterdir()] == [NAME]
    assert (host.state / NAME).stat().st_mode & 0o777 == 0o600
    assert host.state.stat().st_mode & 0o777 == 0o700
    assert b"192.0.2." not in audit_without_clients(host)


def audit_without_clients(host: Host) -> bytes:
    host.rerun(include_clients=False)
    return (host.state / NAME).read_bytes()


def test_nothing_is_written_in_check_mode(host: Host) -> None:
    host.audit(state_dir=str(host.state), write_state=False)
    assert not host.state.exists()
    host.rerun()
    before = (host.state / NAME).read_bytes()
    host.append(LOG[20_000:30_000])
    assert host.rerun(write_state=False)["resumed"]
    assert (host.state / NAME).read_bytes() == before


@pytest.mark.parametrize(("make", "words"), [
    (lambda state: state.symlink_to("/tmp"), "not a folder"), (lambda state: state.write_bytes(b""), "not a folder"),
    (lambda state: (state.mkdir(), state.chmod(0o777)), "nobody else may write"), (lambda state: (state.mkdir(), os.chown(state, 1234, -1)), "must belong"),
    (lambda state: (state.mkdir(), state.parent.chmod(0o777)), "others can replace"),
])
def test_a_folder_of_others_is_refused(host: Host, make: Any, words: str) -> None:
    make(host.state)
    with pytest.raises(AuditError, match=f"state_dir: .*{words}"):
        host.audit(state_dir=str(host.state))


@pytest.mark.parametrize("folder", ["relative", "/nowhere/at/all"])
def test_a_folder_that_cannot_be(host: Host, folder: str) -> None:
    with pytest.raises(AuditError, match=f"state_dir: '{folder}'"):
        host.audit(state_dir=folder)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_any_history(seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "MIN_PIECE", 700)
        host = Host(Path(folder))
        log = chaos(chance, 300)
        written = 0
        host.live.touch()
        for unused in range(chance.randint(2, 8)):
            for step in chance.choices(["append", "append", "rotate", "compress", "copytruncate", "truncate", "remove", "touch"], k=chance.randint(1, 3)):
                rotated = sorted(host.logs.glob("maillog.[0-9]"))
                if step == "append":
                    more = chance.randint(0, 6000)
                    host.append(log[written:written + more])
                    written += more
                elif step == "rotate":
                    host.rotate(compress=chance.random() < 0.3)
                elif step == "compress" and rotated:
                    host.compress(int(rotated[0].name[-1]), *chance.choice([(gzip.compress, ".gz"), (bz2.compress, ".bz2")]))
                elif step == "copytruncate":
                    host.rotate()
                    host.live.write_bytes((host.logs / "maillog.1").read_bytes())
                    os.truncate(host.live, 0)
                elif step == "truncate":
                    os.truncate(host.live, chance.randint(0, host.live.stat().st_size))
                elif step == "remove" and len(list(host.logs.iterdir())) > 1:
                    max(host.logs.iterdir()).unlink()
                elif step == "touch":
                    stamp = 1_700_000_000 + chance.randrange(60_000_000)
                    os.utime(chance.choice(list(host.logs.iterdir())), (stamp, stamp))
            if host.live.exists():
                host.rerun(workers=chance.choice([1, 1, 2]))
            else:
                host.live.touch()
