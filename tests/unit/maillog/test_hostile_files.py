# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of hostile/expected.json that are no single file: archives, rotations, and what is no regular file.

The cases of one file are in tests/unit/maillog/test_hostile.py. Here each is built as its `why` says; `maillog` is a00_control, one TLS session
and one in plaintext, unless said otherwise.
"""

from __future__ import annotations

import datetime
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

HOSTILE = Path(__file__).resolve().parents[2] / "fixtures" / "hostile"
ALL_CASES: dict[str, Any] = json.loads((HOSTILE / "expected.json").read_text(encoding="utf-8"))["cases"]
CASES = {name: case for name, case in ALL_CASES.items() if not (HOSTILE / f"{name}.log").exists()}
CONTROL = (HOSTILE / "a00_control.log").read_bytes()
BUILDERS: dict[str, Callable[[Path], None]] = {}


def builds(name: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def register(build: Callable[[Path], None]) -> Callable[[Path], None]:
        BUILDERS[name] = build
        return build
    return register


def session(day: str, clock: str, pid: int, tls: bool = False) -> bytes:
    """One session of three seconds, or two without TLS: `Nov 23`, `09:00`."""
    client = "client.example[192.0.2.1]"
    messages = [f"connect from {client}"]
    if tls:
        messages.append(f"Anonymous TLS connection established from {client}: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)")
    messages.append(f"disconnect from {client} {'ehlo=2 starttls=1 quit=1 commands=4' if tls else 'ehlo=1 quit=1 commands=2'}")
    return "".join(f"{day} {clock}:{second:02} mx1 postfix/smtpd[{pid}]: {message}\n" for second, message in enumerate(messages)).encode()


OLDER = session("Nov 23", "09:00", 50)


@builds("c03_gz_truncated")
def _cut_archive(folder: Path) -> None:
    second = gzip.compress(session("Nov 23", "09:30", 51))
    (folder / "maillog.1.gz").write_bytes(gzip.compress(OLDER) + second[:12])


@builds("c05_gz_multi_member_trailing_zeros")
def _members(folder: Path) -> None:
    lines = CONTROL.splitlines(keepends=True)
    (folder / "maillog").unlink()
    (folder / "maillog.1.gz").write_bytes(gzip.compress(b"".join(lines[:2])) + gzip.compress(b"".join(lines[2:])) + bytes(512))


@builds("c06_gz_name_not_gz")
def _text_named_gz(folder: Path) -> None:
    (folder / "maillog").rename(folder / "maillog.1.gz")


@builds("c08_dup_plain_and_gz")
def _both_generations(folder: Path) -> None:
    (folder / "maillog.1").write_bytes(OLDER)
    (folder / "maillog.1.gz").write_bytes(gzip.compress(OLDER))


@builds("c09_copytruncate_interrupted")
def _copied_not_truncated(folder: Path) -> None:
    (folder / "maillog.1").write_bytes(CONTROL)
    (folder / "maillog").write_bytes(CONTROL + session("Nov 24", "10:05", 102, tls=True))


@builds("c11_rotation_order")
def _two_sessions_across_four_files(folder: Path) -> None:
    tls = session("Nov 20", "09:00", 7, tls=True).splitlines(keepends=True)
    plain = session("Nov 23", "09:00", 7).splitlines(keepends=True)
    # In any other order the last line would end no session, or the TLS of one would be another's.
    for name, lines in (("maillog.10", tls[:2]), ("maillog.2", tls[2:]), ("maillog.1", plain[:1]), ("maillog", plain[1:])):
        (folder / name).write_bytes(b"".join(lines))


@builds("c12_unrelated_siblings")
def _leftovers(folder: Path) -> None:
    for number, name in enumerate(("maillog.1.gz.tmp", "maillog.offset", "maillog.rpmsave", "maillog.swp", "maillog~")):
        (folder / name).write_bytes(session("Nov 23", f"08:{number:02}", 60 + number))


@builds("d16_mixed_timestamps")
def _upgraded(folder: Path) -> None:
    (folder / "maillog.1").write_bytes(session("Nov 24", "09:59", 7, tls=True))
    lines = session("Nov 24", "10:00", 8).decode().replace("Nov 24 10:00:", "2026-11-24T10:00:").replace(" mx1", "+09:00 mx1")
    (folder / "maillog").write_text(lines, encoding="utf-8")


@builds("e01_fifo")
def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "maillog.1")


@builds("e02_symlink_loop")
def _loop(folder: Path) -> None:
    (folder / "maillog.1").symlink_to("maillog.2")
    (folder / "maillog.2").symlink_to("maillog.1")


@builds("e04_dir_named_log")
def _folder(folder: Path) -> None:
    (folder / "maillog.1").mkdir()


@builds("e05_gz_bomb_1g")
def _bomb(folder: Path) -> None:
    chunk = b"A" * (1 << 20)
    with gzip.open(folder / "maillog.1.gz", "wb", compresslevel=1) as archive:
        for _megabyte in range(1024):
            archive.write(chunk)


@builds("e07_sparse_10g")
def _sparse(folder: Path) -> None:
    # A fifth of the case's 10 GiB: every hole is read, at some 450 MB/s, and no budget on bytes ends it.
    with (folder / "maillog.1").open("wb") as file:
        file.truncate(2 << 30)


@builds("e08_dev_zero_symlink")
def _zeroes(folder: Path) -> None:
    (folder / "maillog.2").symlink_to("/dev/zero")


@builds("e10_unreadable")
def _unreadable(folder: Path) -> None:
    (folder / "maillog.1").write_bytes(OLDER)
    (folder / "maillog.1").chmod(0)


@builds("e11_hardlink_dup")
def _hard_link(folder: Path) -> None:
    (folder / "maillog.1").hardlink_to(folder / "maillog")


@builds("e16_100k_siblings")
def _siblings(folder: Path) -> None:
    for number in range(100_000):
        os.close(os.open(folder / f"maillog-{number:06}", os.O_CREAT | os.O_WRONLY))


@builds("e17_socket_device")
def _socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(".", os.O_RDONLY)
        try:
            os.chdir(folder)  # a socket's whole path has to be short
            server.bind("maillog.3")
        finally:
            os.fchdir(here)
            os.close(here)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account can enter, with the control log."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        path = Path(name)
        path.chmod(0o755)
        (path / "maillog").write_bytes(CONTROL)
        yield path


@pytest.fixture
def plain_account() -> Iterator[None]:
    """No rights of root for the length of a test: nothing is unreadable to root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def date_files(folder: Path, case: dict[str, Any]) -> None:
    """Give the live file the case's time and the others, as listed (the live one first, then the newest), an hour less each."""
    newest = datetime.datetime.fromisoformat(case.get("mtime", "2026-11-24T12:00:00Z").replace("Z", "+00:00")).timestamp()
    named = sorted((path for path in folder.iterdir() if not path.is_symlink()), key=lambda path: (len(path.name), path.name))
    for hours, path in enumerate(named[:50]):
        os.utime(path, (newest - 3600 * hours,) * 2)


def counts(facts: dict[str, Any]) -> dict[str, int]:
    sessions = facts["inbound"]["total"]["sessions"]
    return {"sessions": sessions["total"], "sessions_tls": sessions["tls"], "sessions_plain": sessions["plaintext"], "sessions_unknown": sessions["unknown"]}


def expected(name: str) -> dict[str, int]:
    return {key: CASES[name]["expect"][key] for key in ("sessions", "sessions_tls", "sessions_plain", "sessions_unknown")}


def audit(folder: Path, timezone: str = "UTC") -> dict[str, Any]:
    facts: dict[str, Any] = audit_logs([str(folder / "maillog*")], timezone=timezone)
    return facts


def row(facts: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [source for source in facts["sources"] if Path(source["path"]).name == name]
    return found


def test_every_case_is_here() -> None:
    assert set(BUILDERS) | {"e13_growing", "e14_swap_race"} == set(CASES)


@pytest.mark.parametrize("name", sorted(set(BUILDERS) - {"e05_gz_bomb_1g", "e10_unreadable"}))
def test_counts(name: str, folder: Path) -> None:
    BUILDERS[name](folder)
    date_files(folder, CASES[name])
    begun = time.process_time()
    facts = audit(folder, CASES[name].get("tz", "UTC"))
    assert counts(facts) == expected(name)
    assert time.process_time() - begun < (1 if name == "e01_fifo" else 30)
    assert len(json.dumps(facts)) < 64 * 1024


@pytest.mark.parametrize(("name", "file", "statuses"), [
    ("c03_gz_truncated", "maillog.1.gz", {"read"}),
    ("c08_dup_plain_and_gz", "maillog.1.gz", {"duplicate", "read"}),
    ("e01_fifo", "maillog.1", {"skipped"}),
    ("e02_symlink_loop", "maillog.1", {"skipped", "unreadable"}),
    ("e04_dir_named_log", "maillog.1", {"skipped"}),
    ("e08_dev_zero_symlink", "maillog.2", {"skipped"}),
    ("e11_hardlink_dup", "maillog.1", {"duplicate", "read"}),
    ("e17_socket_device", "maillog.3", {"skipped"}),
])
def test_what_was_not_read_is_told(name: str, file: str, statuses: set[str], folder: Path) -> None:
    BUILDERS[name](folder)
    date_files(folder, CASES[name])
    facts = audit(folder)
    assert row(facts, file)["status"] in statuses
    if row(facts, file)["status"] != "read":
        assert row(facts, file)["reason"]
    if name in ("c08_dup_plain_and_gz", "e11_hardlink_dup"):
        assert [source["status"] for source in facts["sources"]].count("duplicate") == 1
    assert facts["coverage"]["notices"]


def test_leftovers_are_listed(folder: Path) -> None:
    BUILDERS["c12_unrelated_siblings"](folder)
    assert {Path(source["path"]).name for source in audit(folder)["sources"] if source["status"] == "skipped"} == {
        "maillog.1.gz.tmp", "maillog.offset", "maillog.rpmsave", "maillog.swp", "maillog~"}


def test_times_with_and_without_an_offset_meet(folder: Path) -> None:
    BUILDERS["d16_mixed_timestamps"](folder)
    date_files(folder, CASES["d16_mixed_timestamps"])
    period = audit(folder, "Asia/Tokyo")["period"]
    moments = [datetime.datetime.fromisoformat(period[end]) for end in ("first", "last")]
    zone = datetime.timezone(datetime.timedelta(hours=9))
    assert moments == [datetime.datetime(2026, 11, 24, 9, 59, 0, tzinfo=zone), datetime.datetime(2026, 11, 24, 10, 0, 1, tzinfo=zone)]


def test_an_unreadable_file_is_told(folder: Path, request: pytest.FixtureRequest) -> None:
    BUILDERS["e10_unreadable"](folder)
    request.getfixturevalue("plain_account")
    facts = audit(folder)
    assert counts(facts) == expected("e10_unreadable")
    assert row(facts, "maillog.1")["status"] == "unreadable"
    assert "unreadable" in {notice["kind"] for notice in facts["coverage"]["notices"]}


def test_a_bomb_takes_little_memory(folder: Path) -> None:
    BUILDERS["e05_gz_bomb_1g"](folder)
    program = (
        "import json, resource, sys\n"
        "from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "facts = audit_logs([sys.argv[1]], timezone='UTC')\n"
        "json.dump([facts, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before], sys.stdout)\n")
    collections = HOSTILE.parents[2] / "collections"
    answer = subprocess.run(
        [sys.executable, "-c", program, str(folder / "maillog*")], env={**os.environ, "PYTHONPATH": str(collections)},
        capture_output=True, text=True, check=True, timeout=60)
    facts, grown = json.loads(answer.stdout)
    assert counts(facts) == expected("e05_gz_bomb_1g")
    assert grown < 64 * 1024  # ru_maxrss is in KiB
    assert facts["coverage"]["notices"]


def test_a_file_that_grows_is_read_to_where_it_was(folder: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with (folder / "maillog").open("ab") as file:
            while not stop.is_set():
                file.write(b"Nov 24 10:01:00 mx1 other[1]: still here\n" * 1000)
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _again in range(5):
            assert counts(audit(folder)) == expected("e13_growing")
    finally:
        stop.set()
        writer.join()


def test_a_file_swapped_for_a_link_is_never_followed_out_of_its_folder(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"".join(session("Nov 22", f"08:{number:02}", 200 + number) for number in range(9)))
    stop = threading.Event()

    def swap() -> None:
        file, link, name = folder / "new-file", folder / "new-link", folder / "maillog.1"
        while not stop.is_set():
            file.write_bytes(b"Nov 23 10:00:00 mx1 other[1]: nothing\n")
            file.rename(name)
            link.symlink_to(outside)
            link.rename(name)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            assert counts(audit(folder)) == expected("e14_swap_race")
    finally:
        stop.set()
        swapper.join()
