# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up empties no folder that a link leads to, and no audit is begun on an inventory that is not there."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).parents[2]


def test_a_linked_environment_is_left_alone(tmp_path: pathlib.Path) -> None:
    for name in ("Makefile", "requirements/run.txt", "tests/tools/pythons.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/kept").touch()
    (tmp_path / ".venv").symlink_to("shared")
    run = subprocess.run(["make", "venv"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode != 0 and ".venv is a link" in run.stderr
    assert (tmp_path / "shared/kept").exists()


def test_an_inventory_that_is_not_there_is_no_success(tmp_path: pathlib.Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for made in ("requirements/run.txt", "tests/tools/pythons.py", ".venv/.installed"):
        (tmp_path / made).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / made).touch()
    (tmp_path / "there.ini").touch()
    program = tmp_path / ".venv/bin/ansible-playbook"
    program.write_text("#!/bin/sh\necho begun\n")
    program.chmod(0o755)
    for inventory, begun in (("missing.ini", False), ("there.ini", True), ("mx1.example.edu,", True)):
        # No report is written either, as in check mode.
        command = ["make", "audit", f"INVENTORY={inventory}"]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (run.returncode == 0, "begun" in run.stdout, "no such file" in run.stderr) == (begun, begun, not begun), run.stdout + run.stderr
