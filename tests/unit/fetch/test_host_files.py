# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's files through its shell, seen as Python sees them."""

from __future__ import annotations

import glob
import os
import pathlib

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch import host_files
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.host_files import Gone, HostFiles
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell
from ansible_collections.mailfleet.tls_audit.tests.integration.old_logs import HOSTILE, fill

BOUNDED = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.binary(min_size=1, max_size=12).map(lambda name: name.replace(b"\0", b"0").replace(b"/", b"_")).filter(lambda name: name not in (b".", b".."))


PATTERNS = (
    "*", "maillog*", "maillog.?", "maillog.[1-3]*", "maillog.[!1-3]*", "maillog.[^1]*", "[m]aillog", "maillog.[]1]", "maillog[", "odd/*", "odd/*'*", "odd/*$*",
    "odd/maillog- *", "odd/*[*]*", "*/maillog", "**", "nothing*", "maillog", "maillog.7", "maillog.8", "nothing", "odd/maillog-`*", "odd/maillog-\\\\*",
)


def by_python(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern][:os.path.lexists(pattern)]


def test_names_are_those_of_pythons_glob(shell: Shell, tmp_path: pathlib.Path) -> None:
    fill(tmp_path / "logs")
    whole = [f"{tmp_path}/logs/{pattern}" for pattern in PATTERNS]
    for pattern, names in zip(whole, HostFiles(shell).names(whole), strict=True):
        assert names == by_python(pattern), pattern


@BOUNDED
@given(names=st.lists(NAMES, max_size=5), pattern=st.text(alphabet="*?[]!-^ab\\$'\"` ;&|(){}~#\n\u00e9", min_size=1, max_size=8))
@example(names=[os.fsencode(name.replace("/", "_")) for name in HOSTILE], pattern="*")
def test_any_pattern_means_what_it_means_to_python(shell: Shell, tmp_path_factory: pytest.TempPathFactory, names: list[bytes], pattern: str) -> None:
    folder = tmp_path_factory.mktemp("names")
    for name in names:
        (pathlib.Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(name)
    whole = f"{folder}/{pattern}"
    # `[z-a]` and the like: shells and Python differ on what is no range, and such a pattern names no log.
    if "[" not in pattern:
        assert HostFiles(shell).names([whole]) == [by_python(whole)]
    files = HostFiles(shell)
    for path, look in files.look([os.fsdecode(os.fsencode(folder) + b"/" + name) for name in names]).items():
        assert b"".join(files.read(look)) == os.fsencode(os.path.basename(path))


def test_what_names_are(shell: Shell, tmp_path: pathlib.Path) -> None:
    logs = tmp_path / "logs"
    fill(logs)
    looks = HostFiles(shell).look([str(path) for path in sorted(logs.iterdir())])
    by_name = {os.path.basename(path): look for path, look in looks.items()}
    assert by_name["maillog"].is_regular and by_name["maillog"].refusal is None
    assert by_name["maillog"].size == (logs / "maillog").stat().st_size
    assert by_name["maillog"].modified == int((logs / "maillog").stat().st_mtime)
    assert by_name["maillog"].identity == by_name["maillog.5"].identity
    assert (by_name["maillog.6"].path, by_name["maillog.6"].leaves_folder) == (str(logs / "maillog.1"), False)
    assert by_name["maillog.7"].leaves_folder
    assert by_name["maillog.8"].mode == 0 and not by_name["maillog.8"].leaves_folder
    assert not by_name["maillog.9"].is_regular and not by_name["maillog.10"].is_regular


def test_a_large_file_comes_whole_and_in_bounded_pieces(shell: Shell, tmp_path: pathlib.Path) -> None:
    data = os.urandom(1 << 20) * 17 + b"end"
    (tmp_path / "log").write_bytes(data)
    files = HostFiles(shell)
    pieces = list(files.read(files.look([str(tmp_path / "log")])[str(tmp_path / "log")]))
    assert max(len(piece) for piece in pieces) == host_files.CHUNK
    assert b"".join(pieces) == data


def test_a_file_that_is_rotated_meanwhile_is_read_to_its_end(shell: Shell, tmp_path: pathlib.Path) -> None:
    log = tmp_path / "log"
    data = b"".join(b"%07d\n" % number for number in range(2 * host_files.CHUNK // 8 + 5))
    log.write_bytes(data)
    files = HostFiles(shell)
    reading = files.read(files.look([str(log)])[str(log)], [f"{tmp_path}/log*"])
    got = next(reading)
    log.rename(tmp_path / "log.1")
    log.write_bytes(b"new\n" * host_files.CHUNK)
    assert got + b"".join(reading) == data


@pytest.mark.parametrize("replacement", ["file", "fifo", "link", "nothing"])
def test_another_file_of_the_name_is_not_read(shell: Shell, tmp_path: pathlib.Path, replacement: str) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * (host_files.CHUNK + 1))
    files = HostFiles(shell)
    reading = files.read(files.look([str(log)])[str(log)], [f"{tmp_path}/log*"])
    next(reading)
    (tmp_path / "keeps-the-inode").hardlink_to(log)
    log.unlink()
    if replacement == "file":
        log.write_bytes(b"y" * (2 * host_files.CHUNK))
    elif replacement == "link":
        log.symlink_to("/etc/passwd")
    elif replacement == "fifo":
        os.mkfifo(log)
    with pytest.raises(Gone, match="rotated away"):
        next(reading)


def test_a_truncated_file_ends_early(shell: Shell, tmp_path: pathlib.Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * (host_files.CHUNK + 1000))
    files = HostFiles(shell)
    reading = files.read(files.look([str(log)])[str(log)])
    next(reading)
    os.truncate(log, 10)
    assert b"".join(reading) == b""


def test_many_names_fit_into_command_lines(shell: Shell, tmp_path: pathlib.Path) -> None:
    for number in range(130):
        (tmp_path / ("'" * 200 + str(number))).write_bytes(b"%d" % number)
    files = HostFiles(shell)
    (names,) = files.names([f"{tmp_path}/*"])
    assert sum(look.size for look in files.look([name for name in names if not name.endswith("box")]).values()) == 10 + 180 + 90
