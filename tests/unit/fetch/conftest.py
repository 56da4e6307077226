# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This machine's own shells, as they are at the other end of a connection: dash, bash and busybox, where they are installed."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Execute, Shell
from ansible_collections.mailfleet.tls_audit.tests.integration import debian

SHELLS = ("dash", "bash", "busybox")


@pytest.fixture(params=SHELLS)
def execute(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Execute:
    """Runs command lines in one of the shells; busybox with its own tools alone before the machine's."""
    if shutil.which(request.param) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        debian.install(request.param)
    program = shutil.which(request.param)
    assert program, f"LOUD: no {request.param} on this machine, and it could not be installed"
    path = os.environ["PATH"]
    if request.param == "busybox":
        folder = tmp_path / "box"
        folder.mkdir()
        subprocess.run([program, "--install", "-s", str(folder)], check=True)
        program, path = str(folder / "sh"), str(folder)

    def run(command: str, terminal: bool) -> dict[str, Any]:
        done = subprocess.run([program, "-c", command], env={"PATH": path}, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return {"stdout": done.stdout.decode("utf-8", "surrogateescape"), "stderr": done.stderr.decode("utf-8", "replace"), "rc": done.returncode}
    return run


@pytest.fixture
def shell(execute: Execute) -> Shell:
    return Shell(execute, nice=5)


@pytest.fixture
def without(execute: Execute) -> Callable[..., Shell]:
    """A shell that finds no program of these names."""
    def make(*names: str) -> Shell:
        hidden = f" {' '.join(names)} "

        def run(command: str, terminal: bool) -> Any:
            return execute(command.replace("type $t ", f"case '{hidden}' in *\" $t \"*) false;; *) type $t;; esac "), terminal)
        return Shell(run)
    return make
