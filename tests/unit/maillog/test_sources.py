# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pathlib
import socket

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, decompression, log_files, sources
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.rotation import LogName, is_log_of

LINES = b"".join(b"Nov 24 10:%02d:%02d mx1 postfix/smtpd[%d]: connect from x[192.0.2.1]\n" % (n // 60, n % 60, n) for n in range(3000))


def content(source: log_files.Source) -> bytes:
    return b"".join(source.blocks())


def rows(patterns: list[str]) -> tuple[list[log_files.Source], Notices]:
    notices = Notices()
    return sources.find(patterns, notices), notices


@pytest.mark.parametrize("names", [
    ["maillog.3.gz", "maillog.2.gz", "maillog.1", "maillog"],
    ["maillog.10", "maillog.9", "maillog.2", "maillog"],
    ["maillog-20161225.gz", "maillog-20170101", "maillog-20170108", "maillog"],
    ["mail.log-2017-01-01.xz", "mail.log-2017-01-08", "mail.log"],
    ["maillog-20170101-1483225201", "maillog-20170101-1483228801", "maillog"],
])
def test_rotations_are_ordered_oldest_first(names: list[str]) -> None:
    assert sorted(names, key=lambda name: LogName("/var/log/" + name).order()) == names
    assert len({LogName("/var/log/" + name).live for name in names}) == 1


@pytest.mark.parametrize(("name", "expected"), [
    ("maillog", True), ("maillog.1", True), ("maillog-20170101.gz", True), ("maillog.2017-01-01", True),
    ("maillog~", False), ("maillog.swp", False), ("maillog.1.gz.tmp", False), ("maillog.offset", False), ("maillog.rpmsave", False), ("maillog_custom", False),
])
def test_leftovers_are_no_logs(name: str, expected: bool) -> None:
    assert is_log_of("/var/log/maillog*", "/var/log/" + name) is expected


def test_an_asterisk_alone_names_no_log_whose_rotations_are_meant() -> None:
    assert is_log_of("/srv/logs/*/*", "/srv/logs/mx1/maillog")
    assert not is_log_of("/srv/logs/*/*", "/srv/logs/mx1/maillog.swp")


@pytest.mark.parametrize(("name", "data", "compression"), [
    ("a", LINES, "none"),
    ("a.gz", gzip.compress(LINES), "gzip"),
    ("a.bz2", bz2.compress(LINES), "bzip2"),
    ("a.xz", lzma.compress(LINES), "xz"),
    ("named-wrong.gz", LINES, "none"),
    ("members.gz", gzip.compress(LINES[:70000]) + gzip.compress(LINES[70000:]), "gzip"),
    ("padded.gz", gzip.compress(LINES[:70000]) + b"\0" * 1024 + gzip.compress(LINES[70000:]) + b"\0" * 512, "gzip"),
    ("members.bz2", bz2.compress(LINES[:70000]) + bz2.compress(LINES[70000:]), "bzip2"),
    ("members.xz", lzma.compress(LINES[:70000]) + lzma.compress(LINES[70000:]), "xz"),
])
def test_all_compressions_give_the_same_bytes(tmp_path: pathlib.Path, name: str, data: bytes, compression: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    (source,), unused = rows([str(path)])
    assert source.compression == compression
    assert content(source) == LINES
    source.close()


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_cut_archive_gives_what_was_decoded(tmp_path: pathlib.Path, compress: object) -> None:
    path = tmp_path / "maillog.1.gz"
    whole = compress(LINES * 20)  # type: ignore[operator]
    path.write_bytes(whole[: len(whole) * 2 // 3])
    (source,), unused = rows([str(path)])
    got = b""
    with pytest.raises(archives.Unreadable):
        for block in source.blocks():
            got += block
    assert LINES.startswith(got[:1000]) if compress is not gzip.compress else len(got) > len(LINES)
    source.close()


def test_data_before_a_bad_checksum_counts(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "maillog.1.gz"
    whole = bytearray(gzip.compress(LINES))
    whole[-6] ^= 0xFF
    path.write_bytes(bytes(whole))
    (source,), unused = rows([str(path)])
    got = b""
    with pytest.raises(archives.Unreadable, match="damaged"):
        for block in source.blocks():
            got += block
    assert got == LINES
    source.close()


def test_a_bomb_is_stopped(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "maillog.1.gz"
    path.write_bytes(gzip.compress(b"\n" * (512 << 20), 9))
    (source,), unused = rows([str(path)])
    size = 0
    with pytest.raises(archives.Unreadable, match="expands"):
        for block in source.blocks():
            assert len(block) <= 1 << 20
            size += len(block)
    assert size <= decompression.EXPANSION_GRACE + decompression.MAX_EXPANSION * path.stat().st_size + (1 << 20)
    source.close()


def test_the_same_data_twice_counts_once(tmp_path: pathlib.Path) -> None:
    (tmp_path / "maillog.1").write_bytes(LINES)
    (tmp_path / "maillog.1.gz").write_bytes(gzip.compress(LINES))
    (tmp_path / "maillog").write_bytes(b"Nov 25 10:00:00 mx1 x: y\n")
    os.link(tmp_path / "maillog", tmp_path / "maillog.2")
    found, notices = rows([str(tmp_path / "maillog*")])
    assert sorted(source.status for source in found) == ["duplicate", "duplicate", "read", "read"]
    assert notices.as_list()[0]["kind"] == "duplicate_source"
    assert notices.as_list()[0]["count"] == 2


def test_a_copy_before_a_truncation_that_never_happened(tmp_path: pathlib.Path) -> None:
    (tmp_path / "maillog").write_bytes(LINES)
    (tmp_path / "maillog.1").write_bytes(LINES[:100000])
    found, unused = rows([str(tmp_path / "maillog*")])
    assert [(os.path.basename(source.path), source.status) for source in found] == [("maillog.1", "duplicate"), ("maillog", "read")]


def test_only_regular_files_are_read(tmp_path: pathlib.Path) -> None:
    (tmp_path / "maillog").write_bytes(LINES)
    os.mkfifo(tmp_path / "maillog.1")
    (tmp_path / "maillog.2").mkdir()
    (tmp_path / "maillog.3").symlink_to("/dev/zero")
    (tmp_path / "maillog.4").symlink_to("maillog.4")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "maillog.5"))
        found, notices = rows([str(tmp_path / "maillog*")])
    assert {os.path.basename(source.path): source.status for source in found} == {
        "maillog": "read", "maillog.1": "skipped", "maillog.2": "skipped", "maillog.3": "skipped", "maillog.4": "skipped", "maillog.5": "skipped"}
    assert {notice["kind"] for notice in notices.as_list()} == {"link", "not_a_file"}


def test_a_link_within_its_folder_is_followed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "mail-2026").write_bytes(LINES)
    (tmp_path / "maillog").symlink_to("mail-2026")
    (source,), unused = rows([str(tmp_path / "maillog")])
    assert content(source) == LINES


def test_nothing_matches(tmp_path: pathlib.Path) -> None:
    with pytest.raises(AuditError, match="paths: '.*/nolog.*' matches no file"):
        rows([str(tmp_path / "nolog*")])
    (tmp_path / "maillog").write_bytes(LINES)
    found, notices = rows([str(tmp_path / "maillog"), str(tmp_path / "nolog")])
    assert len(found) == 1
    assert "no_match" in notices
