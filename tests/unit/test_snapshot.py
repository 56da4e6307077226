# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that fails goes back to where it began, a rollback to the beginning, and nobody else's change is lost unseen."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._snapshot.journal import Journal
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._snapshot.snapshot import SnapshotError


@pytest.fixture
def files(tmp_path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    main, extra = tmp_path / "main.cf", tmp_path / "extra.conf"
    main.write_bytes(b"# \xff as it was\n")
    main.chmod(0o640)
    os.utime(main, (1, 1))
    return main, extra


def journal(tmp_path: pathlib.Path) -> Journal:
    """A new one each time, as each task has."""
    return Journal(str(tmp_path / "backups"), os.rename)


def test_back_to_the_beginning(tmp_path: pathlib.Path, files: tuple[pathlib.Path, pathlib.Path]) -> None:
    main, extra = files
    for number in range(2):
        assert journal(tmp_path).begin([str(main), str(extra)], {"services": [f"s{number}"]}) is (number == 0)
        main.write_text(f"run {number}")
        main.chmod(0o600)
        extra.write_text("new")
        assert journal(tmp_path).unfinished
        journal(tmp_path).finish()
        assert not journal(tmp_path).unfinished and journal(tmp_path).first.changed_since() == []
    assert journal(tmp_path).first.notes == {"services": ["s0"]}
    journal(tmp_path).undo_all()
    assert main.read_bytes() == b"# \xff as it was\n" and main.stat().st_mode & 0o777 == 0o640 and main.stat().st_mtime == 1 and not extra.exists()
    assert not journal(tmp_path).first.exists


def test_back_to_where_the_run_began(tmp_path: pathlib.Path, files: tuple[pathlib.Path, pathlib.Path]) -> None:
    main, unused = files
    journal(tmp_path).begin([str(main)])
    main.write_text("first run")
    journal(tmp_path).finish()
    main.write_text("somebody else")
    assert journal(tmp_path).first.changed_since() == [str(main)]
    journal(tmp_path).begin([str(main)])
    main.write_text("second run")
    journal(tmp_path).undo_run()
    assert main.read_text() == "somebody else"
    journal(tmp_path).begin([str(main)])
    main.write_text("third run")
    journal(tmp_path).finish()
    # The rollback still knows that not all of it is ours.
    assert journal(tmp_path).first.changed_since() == [str(main)]


def test_a_failed_first_run_leaves_nothing(tmp_path: pathlib.Path, files: tuple[pathlib.Path, pathlib.Path]) -> None:
    main, unused = files
    journal(tmp_path).begin([str(main)])
    main.write_text("half done")
    journal(tmp_path).undo_run()
    assert main.read_bytes() == b"# \xff as it was\n" and not journal(tmp_path).first.exists and not journal(tmp_path).unfinished


def test_a_run_that_was_cut_off_goes_on(tmp_path: pathlib.Path, files: tuple[pathlib.Path, pathlib.Path]) -> None:
    main, unused = files
    journal(tmp_path).begin([str(main)])
    main.write_text("half done")
    assert not journal(tmp_path).begin([str(main)])
    main.write_text("done")
    journal(tmp_path).finish()
    journal(tmp_path).undo_all()
    assert main.read_bytes() == b"# \xff as it was\n"


def test_a_broken_manifest_is_said(tmp_path: pathlib.Path, files: tuple[pathlib.Path, pathlib.Path]) -> None:
    journal(tmp_path).begin([str(files[0])])
    (tmp_path / "backups" / "first" / "manifest.json").write_text("{")
    with pytest.raises(SnapshotError, match="manifest.json"):
        journal(tmp_path)
