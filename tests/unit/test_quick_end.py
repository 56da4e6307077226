# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's process ends early on a host, and nothing of its end is lost: what it printed, its status, and what had to be done before."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from .maillog.test_old_pythons import interpreter

ROOT = pathlib.Path(__file__).parents[2]
UTILS = "ansible_collections/mailfleet/tls_audit/plugins/module_utils"
# Taken apart says what Python does at its ordinary end alone: it clears its modules.
PROGRAM = """
import atexit, os, sys
sys.path.insert(0, sys.argv[1])
if sys.argv[3] == 'coverage':
    sys.modules['coverage'] = None
from ansible_collections.mailfleet.tls_audit.plugins.module_utils import _quick_end

class TakenApart(object):
    write = os.write
    def __del__(self):
        self.write(2, b'taken apart')

kept = TakenApart()

def main():
    # As Ansible does for what a module unpacks while it runs.
    atexit.register(lambda: sys.stderr.write('cleaned up '))
    sys.stdout.write('x' * 300000)
    if sys.argv[2] == 'error':
        raise ValueError('an error')
    sys.exit({'none': None, 'text': 'a text'}.get(sys.argv[2]) if not sys.argv[2].isdigit() else int(sys.argv[2]))

try:
    _quick_end.after(main)
finally:
    # As Ansible's wrapper does.
    sys.stderr.write('removed ')
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("sent") / "payload.zip"
    with zipfile.ZipFile(path, "w") as sent:
        sent.write(ROOT / "plugins/module_utils/_quick_end.py", f"{UTILS}/_quick_end.py")
        for folder in [*pathlib.PurePath(UTILS).parents][:-1] + [pathlib.PurePath(UTILS)]:
            sent.writestr(f"{folder}/__init__.py", "")
    return path


def _run(python: str, place: pathlib.Path, end: str, loaded: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, "-c", PROGRAM, str(place), end, loaded], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("version", ["2.7", "3.6", "this"])
@pytest.mark.parametrize(("end", "status"), [("0", 0), ("1", 1), ("none", 0)])
def test_all_is_done_and_nothing_taken_apart(version: str, archive: pathlib.Path, end: str, status: int) -> None:
    python = sys.executable if version == "this" else interpreter(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, ending was NOT tried under it")
    done = _run(python, archive, end)
    assert (done.returncode, len(done.stdout), done.stderr) == (status, 300000, "removed cleaned up ")


@pytest.mark.parametrize(("end", "loaded", "status", "words"), [
    ("error", "", 1, "an error"), ("text", "", 1, "a text"), ("0", "coverage", 0, ""),
])
def test_any_other_end_is_pythons_own(archive: pathlib.Path, end: str, loaded: str, status: int, words: str) -> None:
    done = _run(sys.executable, archive, end, loaded)
    assert (done.returncode, len(done.stdout)) == (status, 300000)
    assert words in done.stderr and "cleaned up" in done.stderr and done.stderr.endswith("taken apart")


def test_a_reader_that_is_gone_is_seen(archive: pathlib.Path) -> None:
    """What could not be printed must not end as a success."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(archive), "0", ""], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writer)
    assert done.returncode != 0 and "BrokenPipeError" in done.stderr


def test_nothing_of_it_outside_an_archive(tmp_path: pathlib.Path) -> None:
    shutil.copytree(ROOT / "plugins/module_utils", tmp_path / UTILS)
    done = _run(sys.executable, tmp_path, "1")
    assert done.returncode == 1 and done.stderr.endswith("taken apart")
