# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that check a release stand beside this Python, which is that of requirements/release.txt."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

TOOLS = pathlib.Path(sys.executable).parent


def run(*command: str, folder: pathlib.Path, **more: str) -> str:
    """Run a tool of this environment in a folder and return what it prints. Raise AssertionError with its output when it fails."""
    settings = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "GALAXY_"))}
    settings.update(PATH=f"{TOOLS}{os.pathsep}{os.environ['PATH']}", ANSIBLE_NOCOLOR="1", PWD=str(folder), **more)
    assert (TOOLS / command[0]).exists(), f"{command[0]} is missing: these tests run by make test-release"
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]], cwd=folder, env=settings, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout
