# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files made to mislead, stop or exhaust the parser: archives, odd kinds of files, and files that change while they are read.

Each lies as maillog.1 beside a good log of one session with TLS and one without, which must count whatever becomes of the other. All is read under
a memory limit and a time limit, in a process of its own, archives by Python 2.7 too.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.tests.integration import debian

from . import limited
from .attacks import plain, tls
from .test_attacks import counts, kinds
from .test_old_pythons import interpreter

GOOD = tls() + plain()
# 2,000 sessions of the day before.
OLDER = b"".join(plain(number, day=b"Nov 23") for number in range(2000))
NOON = 1795521600  # 24 November 2026


def zstd(data: bytes, *options: str) -> bytes:
    """Compress with the zstd tool, which is installed where it is missing."""
    if not shutil.which("zstd"):
        debian.install("zstd")
    return subprocess.run(["zstd", "-qc", *options], input=data, capture_output=True, check=True).stdout


COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": lambda data: zstd(data, "--check")}


@pytest.fixture(scope="module")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """This Python, and 2.7 with a library that it can import."""
    old = interpreter("2.7")
    assert old, "no Python 2.7 on this machine: archives were not tried under it"
    for tool in ("xz", "zstd"):
        if not shutil.which(tool):
            debian.install({"xz": "xz-utils"}.get(tool, tool))
    return [{}, {"python": old, "library": limited.library_for_old_pythons(tmp_path_factory.mktemp("library"))}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "maillog").write_bytes(GOOD)
    return tmp_path


def audit(folder: Path, **limits: Any) -> dict[str, Any]:
    for path in folder.glob("maillog*"):
        if not path.is_symlink() and (path.is_file() or path.is_dir()):
            os.utime(path, (NOON, NOON) if path.name == "maillog" else (NOON - 43200,) * 2)
    return limited.audit(folder / "maillog*", **limits)


def other(facts: dict[str, Any]) -> dict[str, Any]:
    (row,) = [row for row in facts["sources"] if not row["path"].endswith("/maillog")]
    return row


@pytest.mark.parametrize("kind", COMPRESS)
def test_archive_whole(kind: str, folder: Path, pythons: list[dict[str, Any]]) -> None:
    (folder / f"maillog.1.{kind}").write_bytes(COMPRESS[kind](OLDER[:70_000]) + COMPRESS[kind](OLDER[70_000:]))
    for python in pythons:
        facts = audit(folder, **python)
        assert counts(facts) == (2002, 1, 2001, 0)
        assert kinds(facts) == set()


@pytest.mark.parametrize("kind", COMPRESS)
def test_archive_cut_short(kind: str, folder: Path, pythons: list[dict[str, Any]]) -> None:
    whole = COMPRESS[kind](OLDER * 12)
    (folder / f"maillog.1.{kind}").write_bytes(whole[:len(whole) * 2 // 3])
    for python in pythons:
        facts = audit(folder, **python)
        assert counts(facts)[1] == 1
        assert "truncated" in kinds(facts)
        assert other(facts)["reason"]
        # bzip2 gives nothing of a block that is not whole, and the whole is one block.
        assert counts(facts)[0] > 100 or kind == "bz2"


@pytest.mark.parametrize("kind", COMPRESS)
def test_archive_with_a_bad_checksum(kind: str, folder: Path, pythons: list[dict[str, Any]]) -> None:
    """What came before counts; of xz and bzip2 the last few KiB may be lost."""
    broken = bytearray(COMPRESS[kind](OLDER))
    broken[{"gz": -6, "bz2": 11, "xz": -40, "zst": -2}[kind]] ^= 0xFF
    (folder / f"maillog.1.{kind}").write_bytes(bytes(broken))
    for python in pythons:
        facts = audit(folder, **python)
        assert "truncated" in kinds(facts)
        assert other(facts)["reason"]
        least = {"gz": 2002, "bz2": 2, "xz": 1900, "zst": 1}[kind]
        assert counts(facts)[0] >= least


@pytest.mark.parametrize("kind", COMPRESS)
def test_archive_that_is_a_bomb(kind: str, folder: Path, pythons: list[dict[str, Any]]) -> None:
    """More of one byte than there is memory, in a few KiB: neither memory nor time may follow it."""
    zeros = bytes(1 << 20)
    if kind == "zst":
        with (folder / "zeros").open("wb") as file:
            file.truncate(1 << 30)
        with (folder / "maillog.1.zst").open("wb") as file:
            subprocess.run(["zstd", "-q", "-1", "-c", str(folder / "zeros")], stdout=file, check=True)
        (folder / "zeros").unlink()
    else:
        compressor: Any = {"gz": lambda: __import__("zlib").compressobj(9, 8, 31), "bz2": bz2.BZ2Compressor, "xz": lzma.LZMACompressor}[kind]()
        with (folder / f"maillog.1.{kind}").open("wb") as file:
            for _megabyte in range(400):
                file.write(compressor.compress(zeros))
            file.write(compressor.flush())
    for python in pythons:
        facts = audit(folder, **python)
        assert counts(facts) == (2, 1, 1, 0)
        assert "truncated" in kinds(facts)
        assert "expands" in other(facts)["reason"]


def test_archive_of_line_breaks(folder: Path) -> None:
    """A bound on bytes alone does not bound lines."""
    (folder / "maillog.1.gz").write_bytes(gzip.compress(b"\n" * (120 << 20)))
    facts = audit(folder)
    assert counts(facts) == (2, 1, 1, 0)


def test_archive_of_a_hundred_thousand_empty_members(folder: Path, pythons: list[dict[str, Any]]) -> None:
    (folder / "maillog.1.gz").write_bytes(gzip.compress(b"") * 100_000 + gzip.compress(OLDER))
    for python in pythons:
        assert counts(audit(folder, **python)) == (2002, 1, 2001, 0)


def test_archive_within_an_archive(folder: Path) -> None:
    (folder / "maillog.1.gz").write_bytes(gzip.compress(gzip.compress(OLDER)))
    assert counts(audit(folder)) == (2, 1, 1, 0)


@pytest.mark.parametrize("head", [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"LPKSHHRH"])
def test_archive_that_is_none(head: bytes, folder: Path, pythons: list[dict[str, Any]]) -> None:
    (folder / "maillog.1").write_bytes(head + OLDER)
    for python in pythons:
        facts = audit(folder, **python)
        assert counts(facts) == (2, 1, 1, 0)
        assert other(facts)["reason"]


def test_the_time_is_up(folder: Path) -> None:
    """More than can be read in a second; what was read counts, and what was not is told."""
    for number in range(2, 9):
        (folder / f"maillog.{number}").write_bytes(OLDER.replace(b"smtpd", b"s%d/smtpd" % number) * 200)
    facts = limited.audit(folder / "maillog*", options={"max_seconds": 1})
    assert "out_of_time" in kinds(facts)
    assert facts["inbound"]["total"]["sessions"]["total"] < 2_800_002
    reasons = {row["reason"] for row in facts["sources"]} - {None}
    assert reasons and all("the time was up" in reason for reason in reasons)
    assert {row["status"] for row in facts["sources"]} <= {"read", "skipped"}
    assert facts["performance"]["seconds"] < 10


def test_a_device(folder: Path) -> None:
    try:
        os.mknod(folder / "maillog.1", stat.S_IFCHR | 0o644, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        pytest.fail("only root can make a device; it was not tried")
    facts = audit(folder)
    assert (counts(facts), other(facts)["status"]) == ((2, 1, 1, 0), "skipped")


@pytest.mark.parametrize("path", ["/proc/self/mem", "/proc/self/pagemap", "/proc/kmsg"])
def test_a_file_that_opens_and_cannot_be_read(path: str, folder: Path) -> None:
    facts = limited.audit(folder / "maillog", Path(path))
    assert counts(facts) == (2, 1, 1, 0)
    assert next(row for row in facts["sources"] if row["path"] == path)["status"] in ("unreadable", "read")
    if path == "/proc/self/mem":
        assert "unreadable" in kinds(facts)


@pytest.mark.parametrize("error", ["EIO", "ESTALE", "EINTR"])
def test_reading_fails_midway(error: str, folder: Path) -> None:
    """The kernel's own error, put in by strace: the third block of the file cannot be read."""
    if not shutil.which("strace"):
        debian.install("strace")
    (folder / "maillog.1").write_bytes(OLDER * 8)
    size = len(OLDER) * 8
    trace = ["strace", "-f", "-qq", "-o", str(folder / "trace"), "-P", str(folder / "maillog.1"), "-e", "trace=read", "-e", f"inject=read:error={error}:when=6"]
    facts = audit(folder, wrapper=trace, memory=2 << 30)
    assert error in (folder / "trace").read_text()
    if error == "EINTR":  # no error at all: the call is made again
        assert counts(facts) == (16002, 1, 16001, 0)
        return
    assert "truncated" in kinds(facts)
    assert "reading stopped" in other(facts)["reason"]
    assert other(facts)["bytes"] == size
    assert 2 < counts(facts)[0] < 16002


def test_files_that_vanish(folder: Path) -> None:
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            for number in range(1, 30):
                (folder / f"maillog.{number}").write_bytes(plain(number, day=b"Nov 23"))
            for number in range(1, 30):
                (folder / f"maillog.{number}").unlink()

    ghost = threading.Thread(target=come_and_go)
    ghost.start()
    try:
        for facts in limited.audit_all([([folder / "maillog*"], {})] * 40):
            assert 2 <= counts(facts)[0] <= 31
            assert counts(facts)[1] == 1
    finally:
        stop.set()
        ghost.join()


def test_a_file_that_is_cut_while_it_is_read(folder: Path) -> None:
    stop = threading.Event()
    whole = OLDER * 20

    def cut() -> None:
        with (folder / "maillog.1").open("r+b") as file:
            while not stop.is_set():
                file.truncate(3000)
                file.seek(0)
                file.write(whole)
                file.flush()

    (folder / "maillog.1").write_bytes(whole)
    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        for facts in limited.audit_all([([folder / "maillog*"], {})] * 10):
            sessions = facts["inbound"]["total"]["sessions"]
            assert sessions["tls"] == 1
            assert 2 <= sessions["total"] <= 40_002
            assert sessions["total"] == sum(sessions[kind] for kind in ("tls", "plaintext", "tls_failed", "unknown"))
    finally:
        stop.set()
        cutter.join()


def test_names_with_every_byte(folder: Path) -> None:
    """File names are input, too: they go into notices and the report."""
    for number, name in enumerate((b"maillog-\n2026", b"maillog-\x1b[2J", b"maillog-\xff\xfe", b"maillog-<script>", b"maillog-{{7*7}}", b"maillog-$(id)",
                                   b"maillog-;id")):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(plain(number))
    facts = limited.audit(folder / "maillog*")
    assert counts(facts)[1] == 1
    assert all(not set(row["path"]) & {"\n", "\x1b"} for row in facts["sources"])


def test_this_python_has_its_own_decoders() -> None:
    assert sys.version_info >= (3, 10)
