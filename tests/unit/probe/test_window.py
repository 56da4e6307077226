# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was logged since a moment, whatever became of the files in between."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._trail import window

OLD, NEW = b"Nov 29 01:00:00 mx a[1]: old\n", b"Nov 29 02:00:00 mx a[1]: new\n"


class Log:
    """A log and the moment that was taken of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mail.log"
        self.patterns = [str(folder / "mail.log*")]
        self.path.write_bytes(OLD)
        self.moment = window.now(self.patterns, Host())

    def since(self) -> bytes:
        found = window.Window(self.patterns, self.moment, Notices())
        found.read()
        return found.text


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_only_what_is_new(log: Log) -> None:
    assert log.since() == b""
    with log.path.open("ab") as handle:
        handle.write(NEW)
    assert log.since() == NEW


def test_rotated_in_between(log: Log) -> None:
    with log.path.open("ab") as handle:
        handle.write(NEW)
    log.path.rename(log.path.with_name("mail.log.1"))
    log.path.write_bytes(NEW * 2)
    assert log.since().count(NEW) == 3 and OLD not in log.since()


def test_emptied_in_between_as_copytruncate_does(log: Log) -> None:
    log.path.write_bytes(b"")
    log.path.write_bytes(b"x\n")
    assert log.since() == b"x\n"


def test_files_that_were_old_then_are_not_read(log: Log) -> None:
    other = log.path.with_name("mail.log.2")
    other.write_bytes(OLD)
    os.utime(other, (1, 1))
    (log.path.parent / "mail.log.3.gz").write_bytes(gzip.compress(NEW))
    assert log.since() == b""


def test_links_and_pipes(log: Log, tmp_path: Path) -> None:
    secret = tmp_path / "other"
    secret.mkdir()
    (secret / "shadow").write_bytes(NEW)
    (tmp_path / "mail.log.1").symlink_to(secret / "shadow")
    os.mkfifo(tmp_path / "mail.log.2")
    assert log.since() == b""


def test_no_log_at_all(tmp_path: Path) -> None:
    patterns = [str(tmp_path / "none*")]
    found = window.Window(patterns, window.now(patterns, Host()), Notices())
    found.read()
    assert not found.readable and found.text == b""


@pytest.mark.parametrize("word", [
    "", "x", "1", "1|2|3", "1||$(id)", "1|1:2||", "1|../etc:2|", "1" * 40 + "||", "{{ 1 }}", "1|1:2|s=1 --file=/etc/shadow",
])
def test_a_word_of_somebody_elses_is_refused(word: str) -> None:
    with pytest.raises(window.NoMoment):
        window.Window(None, word, Notices())


def test_the_journals_place() -> None:
    for word in ("1795904780||s=ab;i=1;b=2;m=3;t=4;x=5", "1795904780|12:34,56:78|"):
        window.Window(None, word, Notices())
