# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code loads from an archive, as Ansible sends it, under the oldest Pythons too, and each file is compiled once."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from .maillog.test_old_pythons import interpreter

ROOT = pathlib.Path(__file__).parents[2]
UTILS = "ansible_collections/mailfleet/tls_audit/plugins/module_utils"
PROGRAM = """
import gc, inspect, json, sys, zipimport
sys.path.insert(0, sys.argv[1])
compiled = []
compile_source = getattr(zipimport, '_compile_source', None)        # the importer is written in C before Python 3.8
if compile_source:
    def counted(path, source):
        compiled.append(path)
        return compile_source(path, source)
    zipimport._compile_source = counted
before = len(sys.meta_path)
if sys.argv[3] == 'quick':
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils import _quick_start
del compiled[:]
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
facts = audit_logs([sys.argv[2]], timezone='UTC')
del facts['performance']
import ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas as package
try:
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils import _not_there
except ImportError:
    pass
print(json.dumps([compiled, len(sys.meta_path) - before, gc.get_threshold()[0], list(package.__path__), package.__file__, facts,
                  inspect.getsource(sys.modules[audit_logs.__module__])]))
"""


def _run(python: str, archive: pathlib.Path, *, quick: bool) -> list:
    log = ROOT / "tests/fixtures/real-logs/postfix-3.7.11-debian12/A-loglevel1/maillog"
    command = [python, "-c", PROGRAM, str(archive), str(log), "quick" if quick else "slow"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("sent") / "payload.zip"
    with zipfile.ZipFile(path, "w") as sent:
        for file in sorted((ROOT / "plugins/module_utils").rglob("*.py")):
            sent.write(file, f"{UTILS}/{file.relative_to(ROOT / 'plugins/module_utils')}")
        for folder in [*pathlib.PurePath(UTILS).parents][:-1] + [pathlib.PurePath(UTILS)]:
            sent.writestr(f"{folder}/__init__.py", "")
    return path


@pytest.mark.parametrize("version", ["2.7", "3.6", "this"])
def test_it_loads_the_same(version: str, archive: pathlib.Path) -> None:
    python = sys.executable if version == "this" else interpreter(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, loading was NOT tried under it")
    quick, slow = _run(python, archive, quick=True), _run(python, archive, quick=False)
    assert quick[3:] == slow[3:]
    assert quick[1:3] == [int(version != "2.7"), 100000] and slow[1] == 0
    assert quick[4].endswith("mtas/__init__.py") and quick[5]["inbound"]["total"]["sessions"]["total"] > 0 and "def audit_logs(" in quick[6]


def test_each_file_is_compiled_once(archive: pathlib.Path) -> None:
    """Without it, twice: were that to end, what it does would be for nothing."""
    quick, slow = (_run(sys.executable, archive, quick=quick)[0] for quick in (True, False))
    assert len(quick) == len(set(quick)) > 20
    assert len(slow) > 1.8 * len(set(slow))


def test_what_ansible_loads_late_is_compiled_once_too(archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """Its encoder of the answer is loaded when the module ends, and found by the same way."""
    sent = tmp_path / "payload.zip"
    shutil.copy(archive, sent)
    with zipfile.ZipFile(sent, "a") as more:
        more.writestr("ansible/__init__.py", "")
        more.writestr("ansible/module_utils/__init__.py", "")
        more.writestr("ansible/module_utils/late.py", "place = __file__\n")
    program = PROGRAM.partition("from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog")[0] + (
        "from ansible.module_utils import late\nprint(json.dumps([compiled, late.place, sys.argv[2]]))\n")
    found = [json.loads(subprocess.run([sys.executable, "-I", "-c", program, str(sent), "", way], capture_output=True, text=True, check=True).stdout)
             for way in ("quick", "slow")]
    assert [len([path for path in compiled if path.endswith("late.py")]) for compiled, _place, _none in found] == [1, 2]
    assert found[0][1:] == found[1][1:]


def test_nothing_of_it_outside_an_archive(tmp_path: pathlib.Path) -> None:
    shutil.copytree(ROOT / "plugins/module_utils", tmp_path / UTILS)
    found = _run(sys.executable, tmp_path, quick=True)
    assert found[:2] == [[], 0] and found[2] != 100000
