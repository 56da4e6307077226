# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser gives the same facts under the oldest Pythons that targets have, run for real."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pathlib
import shutil
import subprocess
import sys
import warnings
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[3]
REAL = ROOT / "tests" / "fixtures" / "real-logs"
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
results = {}
for name in sys.argv[2:]:
    facts = audit_logs([name], internal_networks=['10.20.0.0/24'], timezone='UTC')
    del facts['performance']
    results[name] = facts
print(json.dumps(results, sort_keys=True))
"""


def interpreter(version: str) -> str | None:
    """Find a Python of this version: among pyenv's, or on the PATH."""
    for path in sorted(pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python")):
        return str(path)
    found = shutil.which(f"python{version}")
    return found if found and "shims" not in found else None


def collect(python: str, library: pathlib.Path, logs: list[str]) -> dict[str, Any]:
    done = subprocess.run([python, "-c", PROGRAM, str(library), *logs], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The module_utils in packages that Python 2.7 can import, as Ansible ships them."""
    root = tmp_path_factory.mktemp("library")
    target = root / "ansible_collections" / "mailfleet" / "tls_audit" / "plugins" / "module_utils"
    shutil.copytree(ROOT / "plugins" / "module_utils", target)
    for folder in [target, *target.parents]:
        if folder == root:
            break
        (folder / "__init__.py").touch()
    return root


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every real log, and one of them in every compression that the standard library of all versions reads."""
    folder = tmp_path_factory.mktemp("logs")
    data = (REAL / "postfix-3.7.11-debian12" / "A-loglevel1" / "maillog").read_bytes()
    packed = {"a.gz": gzip.compress(data[:9000]) + gzip.compress(data[9000:]) + b"\0" * 512, "a.bz2": bz2.compress(data[:9000]) + bz2.compress(data[9000:]),
              "cut.gz": gzip.compress(data)[:5000], "cut.bz2": bz2.compress(data)[:2000]}
    if shutil.which("xz"):
        packed["a.xz"] = lzma.compress(data)
    else:
        warnings.warn("no xz on this machine: xz logs are not tried under Python 2.7", stacklevel=1)
    for name, content in packed.items():
        (folder / name).write_bytes(content)
    names = sorted(str(path) for mta in ("postfix", "exim", "sendmail", "opensmtpd", "dovecot") for path in REAL.glob(f"{mta}-*/*/ma*log*"))
    assert len(names) > 120
    return names + sorted(str(folder / name) for name in packed)


@pytest.mark.parametrize("version", ["2.7", "3.6"])
def test_same_facts(version: str, library: pathlib.Path, logs: list[str]) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, the parser was NOT run under it")
    old, new = collect(python, library, logs), collect(sys.executable, library, logs)
    for name in logs:
        for facts in (old, new):
            # What a library says of a damaged archive differs.
            facts[name]["coverage"]["notices"] = [(notice["kind"], notice["count"]) for notice in facts[name]["coverage"]["notices"]]
            facts[name]["sources"][0]["reason"] = facts[name]["sources"][0]["reason"] is not None
        assert old[name] == new[name], name


IN_PARTS = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import workers
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
workers.MIN_PIECE = 2000
results = {}
for name in sys.argv[3:]:
    folder = os.path.join(sys.argv[2], str(len(results)))
    os.mkdir(folder)
    log = os.path.join(folder, 'maillog')
    with open(name, 'rb') as whole:
        lines = whole.read().splitlines(True)
    answers = []
    for end, options in ((len(lines) // 2, dict(state_dir=os.path.join(folder, 'state'))), (len(lines), dict(state_dir=os.path.join(folder, 'state'))),
                         (len(lines), dict(workers=2)), (len(lines), {})):
        with open(log, 'wb') as grown:
            grown.write(b''.join(lines[:end]))
        facts = audit_logs([log], timezone='UTC', include_clients=True, **options)
        answers.append((facts.pop('performance')['resumed'], facts))
    results[name] = [answers[1][0], answers[1][1] == answers[3][1], answers[2][1] == answers[3][1]]
print(json.dumps(results))
"""


@pytest.mark.parametrize("version", ["2.7", "3.6"])
def test_same_facts_in_parts(version: str, library: pathlib.Path, tmp_path: pathlib.Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, the parser was NOT run under it")
    names = [str(sorted(REAL.glob(f"{mta}/ma*log"))[0]) for mta in (
        "postfix-3.7*/A*", "exim-4.98*/G*", "exim-4.98*/E*", "exim-4.96*/L*", "sendmail-*/*", "opensmtpd-*/*", "dovecot-*/*")]
    done = subprocess.run([python, "-c", IN_PARTS, str(library), str(tmp_path), *names], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: [True, True, True] for name in names}
