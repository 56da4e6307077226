# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rerun with state_dir reads a real journal from where the last run ended, and gives what a full read gives, whatever happened to its files since."""

from __future__ import annotations

import datetime
import json
import random
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import journal_files
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.journal import CursorLost, Journal
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.state_file import NAME
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import synthetic

from . import journals, limited
from .test_journal import NOON, session
from .test_old_pythons import interpreter

LOG = synthetic.write(synthetic.Style(rfc3339=True, counters=True, tls_logged=True, noise=True), random.Random(3), 12)
ENTRIES = journals.entries_of(LOG)
THIRD = len(ENTRIES) // 3


class Host:
    """A folder of journal files, and the state of its audits."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder / "journal", folder / "state"
        self.folder.mkdir()
        self.live = self.folder / "system.journal"

    def audit(self, **options: Any) -> dict[str, Any]:
        facts: dict[str, Any] = audit_logs(
            [f"{self.folder}/*.journal"], timezone="UTC", internal_networks=["10.0.0.0/8"], include_clients=True, **options)
        return facts

    def rerun(self, anew: bool = False, **options: Any) -> dict[str, int]:
        """Audit with the state, and fully; both are the same but for the notice, where the state was of no use. Return the performance of the first."""
        resumed, full = self.audit(state_dir=str(self.state), **options), self.audit(**options)
        performance: dict[str, int] = resumed.pop("performance")
        del full["performance"]
        notices = resumed["coverage"]["notices"]
        resumed["coverage"]["notices"] = [notice for notice in notices if notice["kind"] != "state_rebuilt"]
        assert resumed == full
        assert len(notices) - len(resumed["coverage"]["notices"]) == anew
        return performance

    def rotate(self, number: int) -> Path:
        """As journald does: the file gets another name, and the next one goes on."""
        return self.live.rename(self.folder / f"system@{number:032x}-{number:016x}-{number:016x}.journal")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    journals.write(host.live, ENTRIES[:THIRD])
    return host


def test_only_what_is_new_is_read(host: Host) -> None:
    first = host.rerun()
    assert not first["resumed"]
    again = host.rerun()
    assert (again["bytes"], again["resumed"]) == (0, True)
    journals.write(host.live, ENTRIES[THIRD:THIRD + 5])
    more = host.rerun()
    assert more["resumed"]
    assert 0 < more["bytes"] < 1000


def test_in_many_steps(host: Host) -> None:
    chance = random.Random(8)
    at = THIRD
    while at < len(ENTRIES):
        end = at + chance.choice([0, 1, 2, 30])
        if end > at:
            journals.write(host.live, ENTRIES[at:end])
        performance = host.rerun()
        assert performance["resumed"] or at == THIRD
        at = end + (end == at)


def test_rotated(host: Host) -> None:
    host.rerun()
    journals.write(host.live, ENTRIES[THIRD:THIRD + 5])
    host.rotate(1)
    journals.write(host.live, ENTRIES[THIRD + 5:2 * THIRD])
    assert host.rerun()["resumed"]
    assert host.rerun() == {**host.rerun(), "bytes": 0, "seconds": pytest.approx(0, abs=60)}


def test_vacuumed(host: Host) -> None:
    oldest = host.rotate(1)
    journals.write(host.live, ENTRIES[THIRD:2 * THIRD])
    host.rerun()
    oldest.unlink()
    journals.write(host.live, ENTRIES[2 * THIRD:])
    assert not host.rerun(anew=True)["resumed"]
    assert host.rerun()["resumed"]


def test_the_entry_of_the_cursor_is_gone(host: Host) -> None:
    host.rerun()
    host.live.unlink()
    journals.write(host.live, ENTRIES[THIRD + 5:])
    assert not host.rerun(anew=True)["resumed"]


def test_older_entries_come_in(host: Host) -> None:
    host.live.unlink()
    journals.write(host.live, ENTRIES[THIRD:])
    host.rerun()
    journals.write(host.folder / "system@0.journal", ENTRIES[:THIRD])
    assert not host.rerun(anew=True)["resumed"]


def test_a_file_that_held_no_mail_gets_some_that_is_older(host: Host) -> None:
    other = host.folder / "system@other.journal"
    journals.write(other, session(7, -9000, SYSLOG_FACILITY="3"))
    host.rerun()
    journals.write(other, session(8, -8000))
    assert not host.rerun(anew=True)["resumed"]


def test_a_damaged_state(host: Host) -> None:
    host.rerun()
    lines = (host.state / NAME).read_bytes().split(b"\n")
    row = json.loads(lines[2])
    assert set(row) == {"cursor", "files", "bytes"}
    (host.state / NAME).write_bytes(b"\n".join(lines[:-1]))
    assert not host.rerun(anew=True)["resumed"]


def test_losses_are_noted_once(host: Host) -> None:
    """What reading notes of an entry is part of the state, and not noted again when reading goes on behind that entry."""
    forged = session(66, 20, _UID="1000", _COMM="logger")
    journals.write(host.live, [*forged, journals.entry(NOON + datetime.timedelta(seconds=40), b"x" * 300_000, SYSLOG_IDENTIFIER="postfix/cleanup")])
    host.rerun()
    assert not host.rerun()["resumed"], "an entry that is too long is no place to go on from"
    journals.write(host.live, session(67, 50))
    host.rerun()
    assert host.rerun()["resumed"]


def test_any_period_is_served(host: Host) -> None:
    host.rerun()
    full = host.audit(since="2026-11-24", until="2026-11-24")
    resumed = host.audit(since="2026-11-24", until="2026-11-24", state_dir=str(host.state))
    assert resumed["performance"]["resumed"]
    assert {name: resumed[name] for name in ("inbound", "services", "tls", "daily")} == {name: full[name] for name in ("inbound", "services", "tls", "daily")}


def test_nothing_is_written_in_check_mode(host: Host) -> None:
    host.audit(state_dir=str(host.state), write_state=False)
    assert not host.state.exists()


def test_a_cursor_goes_on_where_reading_ended(host: Host) -> None:
    class File:
        path = str(host.live)
        bytes = host.live.stat().st_size

    journal = Journal(Notices(), [File])
    assert b"".join(journal.blocks()).count(b"\n") == THIRD
    end = journal.cursor
    journal.go_to(end, Notices())
    assert b"".join(journal.blocks()) == b""
    assert journal.cursor == end
    journals.write(host.live, session(9, 5000))
    assert b"".join(journal.blocks()).count(b"postfix/smtpd[9]: ") == 2
    journal.go_to(end.replace("x=", "x=1"), Notices())
    with pytest.raises(CursorLost):
        list(journal.blocks())


def test_headers_tell_what_journalctl_tells(host: Host) -> None:
    ((file_id, (sequence, entries, number, first, last)),) = journal_files.look_at([str(host.live)]).items()
    assert (entries, number) == (THIRD, 1)
    moments = [int(entry.split(b"\n")[0].partition(b"=")[2]) for entry in (ENTRIES[0], ENTRIES[THIRD - 1])]
    assert [first, last] == moments
    assert len(file_id) == len(sequence) == 32
    assert journal_files.look_at([str(host.folder)]) is None


def test_old_pythons_go_on_too(host: Host, tmp_path: Path) -> None:
    python = interpreter("2.7")
    assert python, "no Python 2.7 on this machine"
    library = limited.library_for_old_pythons(tmp_path / "library")
    options = {"state_dir": str(host.state)}
    limited.audit(host.live, options=options, python=python, library=library, memory=4 << 30)
    journals.write(host.live, ENTRIES[THIRD:])
    old = limited.audit(host.live, options=options, python=python, library=library, memory=4 << 30)
    assert old.pop("performance")["resumed"]
    full = audit_logs([str(host.live)], timezone="UTC")
    del full["performance"]
    assert old == full
