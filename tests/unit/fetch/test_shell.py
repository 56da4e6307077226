# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes come back as they are, whatever the shell, the encoder and the noise around them."""

from __future__ import annotations

import pathlib
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Execute, Shell

EVERYTHING = bytes(range(256)) * 1000 + b"\r\n\r\n\0\xff\xfe"


@pytest.mark.parametrize("missing", [(), ("base64",), ("base64", "openssl"), ("base64", "openssl", "uuencode")], ids=["base64", "openssl", "uuencode", "od"])
@pytest.mark.parametrize("compress", [False, True])
def test_bytes_come_back_as_they_are(without: Callable[..., Shell], tmp_path: pathlib.Path, missing: tuple[str, ...], compress: bool) -> None:
    (tmp_path / "file").write_bytes(EVERYTHING)
    shell = without(*missing)
    assert shell.run(f"cat {shlex.quote(str(tmp_path / 'file'))}", len(EVERYTHING), compress) == EVERYTHING
    assert shell.run("true", 0, compress) == b""


def test_a_terminal_between_and_noise_around_change_nothing(execute: Execute) -> None:
    def noisy(command: str, terminal: bool) -> dict[str, Any]:
        answer = dict(execute(command, terminal))
        answer["stdout"] = ("Welcome\nmailfleet-begin\n" + answer["stdout"] + "Bye\n").replace("\n", "\r\n")
        return answer
    assert Shell(noisy).run("printf 'a\\nb\\000'", 10) == b"a\nb\0"


def test_it_asks_for_a_terminal_where_sudo_does(execute: Execute) -> None:
    asked = []

    def sudo(command: str, terminal: bool) -> Any:
        asked.append(terminal)
        return execute(command, terminal) if terminal else {"stdout": "", "stderr": "sudo: sorry, you must have a tty to run sudo\n", "rc": 1}
    shell = Shell(sudo)
    assert shell.run("printf x", 1) == b"x"
    assert asked == [False, True, True]


def test_without_an_encoder_the_error_names_all(without: Callable[..., Shell]) -> None:
    with pytest.raises(AuditError, match="none of base64, openssl, uuencode, od"):
        without("base64", "openssl", "uuencode", "od")


def test_a_missing_tool_is_named(without: Callable[..., Shell]) -> None:
    with pytest.raises(AuditError, match="lacks stat and dd,"):
        without("stat", "dd").require("stat", "dd")


@pytest.mark.parametrize("compress", [False, True])
def test_more_than_expected_is_an_error(shell: Shell, compress: bool) -> None:
    with pytest.raises(AuditError, match="longer than 99 bytes"):
        shell.run("head -c 100 /dev/zero", 99, compress)


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_an_answer_that_was_cut_is_an_error(execute: Execute, cut: int) -> None:
    def broken(command: str, terminal: bool) -> Any:
        answer = dict(execute(command, terminal))
        if "cat" in command:
            answer["stdout"] = answer["stdout"][:-cut]
        return answer
    with pytest.raises(AuditError, match="did not answer"):
        Shell(broken).run("cat /etc/passwd", 100000)


def test_what_the_host_said_instead_is_in_the_error() -> None:
    with pytest.raises(AuditError, match="code 1: This account is currently not available"):
        Shell(lambda command, terminal: {"stdout": "This account is currently not available.\n", "stderr": "", "rc": 1})
