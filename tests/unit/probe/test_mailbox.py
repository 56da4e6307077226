# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies in mailboxes of both kinds, and in what is none."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import test_mail
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._trail import mailbox

MARKER = "run1p25-eicar-plaintext"
DIGEST = test_mail.attachment_sha256("eicar")
MAIL = test_mail.message("eicar", MARKER, "probe@example.net", "av@example.org").replace(b"\r\n", b"\n")
REPLACED = MAIL.replace(base64.b64encode(test_mail.eicar()), base64.b64encode(b"A virus was here."))
STRIPPED = MAIL[:MAIL.index(b"--mailfleet-test-part\nContent-Type: application")] + b"--mailfleet-test-part--\n"
OTHER = b"From: a@b\nSubject: private\nMessage-ID: <1@b>\n\nhello\n"


def find(path: Path, since: float = 0.0) -> tuple[Any, mailbox.Mailbox]:
    box = mailbox.Mailbox([str(path)], since)
    return box.find({MARKER: DIGEST})[MARKER], box


def maildir(folder: Path, *mails: bytes, name: str = "new") -> Path:
    for part in ("new", "cur", "tmp", name):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        (folder / name / f"{number}.host").write_bytes(mail)
    return folder


def mbox(path: Path, *mails: bytes) -> Path:
    path.write_bytes(b"".join(b"From probe@example.net  Sun Nov 29 02:14:09 2026\n" + mail + b"\n" for mail in mails))
    return path


@pytest.mark.parametrize("mails, intact", [
    ((OTHER, MAIL), True), ((REPLACED, OTHER), False), ((STRIPPED,), False), ((REPLACED, MAIL), True), ((OTHER,), None), ((), None),
    # A gateway gave it another Message-ID, and left the subject.
    ((MAIL.replace(b"Message-ID: <run1", b"Message-ID: <x"),), True),
    # Quoted in somebody's answer, or another step's: not it.
    ((OTHER + b"> " + MARKER.encode(),), None), ((MAIL.replace(b"plaintext", b"plaintextx"),), None), ((MAIL.replace(b"run1p25", b"xrun1p25"),), None),
])
def test_as_sent_or_not(tmp_path: Path, mails: tuple[bytes, ...], intact: bool | None) -> None:
    for found, box in (find(maildir(tmp_path / "Maildir", *mails)), find(mbox(tmp_path / "mbox", *mails))):
        assert (None if found is None else found["intact"]) is intact
        assert len(box.looked) == 1 and not box.unread
        if found:
            assert (found["sha256"] == DIGEST) == found["intact"] and found["size"] > 100


def test_a_filter_moved_it(tmp_path: Path) -> None:
    assert find(maildir(tmp_path, MAIL, name=".Junk/new"))[0]["intact"] is True
    assert find(maildir(tmp_path / "b", MAIL, name="cur"))[0]["intact"] is True


def test_old_mails_are_not_read(tmp_path: Path) -> None:
    maildir(tmp_path, MAIL)
    os.utime(tmp_path / "new" / "0.host", (1, 1))
    assert find(tmp_path, time.time())[0] is None


def test_links_pipes_and_huge_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(MAIL)
    folder = maildir(tmp_path / "Maildir")
    (folder / "new" / "link").symlink_to(secret)
    found, box = find(folder)
    assert found is None and box.unread
    os.mkfifo(tmp_path / "fifo")
    assert find(tmp_path / "fifo")[0] is None
    (tmp_path / "link").symlink_to(mbox(tmp_path / "mbox", MAIL))
    found, box = find(tmp_path / "link")
    assert found is None and box.unread
    # The end of a large mbox is what was delivered last.
    with (tmp_path / "large").open("wb") as handle:
        handle.truncate(3 * 1024**3)
        handle.seek(0, os.SEEK_END)
        handle.write(b"\nFrom x Sun\n" + MAIL)
    assert find(tmp_path / "large")[0]["intact"] is True


def test_nothing_there_and_bytes_of_any_kind(tmp_path: Path) -> None:
    found, box = find(tmp_path / "none")
    assert found is None and not box.looked and not box.unread
    junk = bytes(range(256)) * 40 + MARKER.encode() + b"\0\xff\n"
    assert find(mbox(tmp_path / "junk", junk, b"Message-ID: <" + MARKER.encode() + b"@x>\nContent-Type: multipart/mixed\n\n\xff"))[0]["intact"] is False


def test_usual_places() -> None:
    assert mailbox.usual_places("root+x@example.org") == ["/var/mail/root", "/var/spool/mail/root", "/root/Maildir", "/root/.maildir", "/root/mbox"]
    assert mailbox.usual_places("no.such.user@example.org") == ["/var/mail/no.such.user", "/var/spool/mail/no.such.user"]
    for bad in ("../../etc/shadow@x", "", "a/b@x", "-x@y", "..@x", "$(id)@x"):
        assert mailbox.usual_places(bad) == []
