# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the README works, in its order, in a fresh clone."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import textwrap

from ansible_collections.mailfleet.tls_audit.tests.tools import checkout

from .playbooks import ROOT

# This very run.
NOT_AGAIN = "make test"


def commands() -> list[str]:
    """The commands of all `sh` blocks, those in list items too."""
    blocks = re.findall(r"^( *)```sh\n(.*?)^ *```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [line for unused, block in blocks for line in textwrap.dedent(block).splitlines() if line.strip()]


def test_every_command_works(tmp_path: pathlib.Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    checkout.copy(clone)
    assert len(commands()) > 5
    settings = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MAKE", "MFLAGS", "TEST_"))}
    for command in commands():
        if command == NOT_AGAIN:
            continue
        done = subprocess.run(
            ["bash", "-c", command], cwd=clone, env={**settings, "PWD": str(clone)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        if command.startswith(("make audit", "make report")):
            verdict, path = done.stdout.splitlines()[-2:]
            assert verdict.endswith(".")
            assert path == str(clone / "report" / "index.html")
    assert (clone / "report" / "index.html").exists()


def test_links_and_pictures_exist() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / link).exists(), link
