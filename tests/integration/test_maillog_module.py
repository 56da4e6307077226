# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible ships and runs it, with several workers and with a state, on the oldest and the newest Python of targets."""

from __future__ import annotations

import json
import os
import pathlib
import random
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.tests.unit.truth import synthetic

from ..tools.pythons import pythons
from .playbooks import ROOT, ansible_playbooks, core_version

# Large enough to be cut into pieces for two workers.
STYLE = synthetic.Style(rfc3339=False, counters=True, tls_logged=True, noise=True)
TARGETS = [(2, 7), (3, 6), max(version for version in pythons() if version[0] == 3)]


def run_module(playbook: str, python: pathlib.Path, arguments: dict[str, Any], check: bool = False) -> dict[str, Any]:
    """Run maillog_facts on this machine with that Python. Return what it returned."""
    ansible = pathlib.Path(playbook).with_name("ansible")
    command = [str(ansible), "localhost", "-i", "localhost,", "-c", "local", "-m", "mailfleet.tls_audit.maillog_facts", "-a", json.dumps(arguments),
               "-e", json.dumps({"ansible_python_interpreter": str(python)}), *(["--check"] if check else [])]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert "=> {" in done.stdout, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout[done.stdout.index("=> {") + 3:])
    return result


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    lines = synthetic.write(STYLE, random.Random(27), 60)
    path = tmp_path_factory.mktemp("log") / "maillog"
    path.write_bytes(lines * (20_000_000 // len(lines)))
    return path


def playbook_for(python: tuple[int, int]) -> str:
    """The oldest ansible-core drives the oldest Pythons, the newest the newest."""
    playbooks = sorted(ansible_playbooks(), key=core_version)
    return playbooks[0] if python < (3, 7) else playbooks[-1]


@pytest.mark.parametrize("version", TARGETS, ids=lambda version: ".".join(str(part) for part in version))
def test_workers_and_state(version: tuple[int, int], log: pathlib.Path, tmp_path: pathlib.Path) -> None:
    python = pythons().get(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, the module was NOT run with it")
    playbook = playbook_for(version)
    if version < (3, 7) and core_version(playbook) > (2, 16):
        pytest.skip("LOUD: no ansible-core 2.16 to drive an old Python, the module was NOT run with it (TEST_ANSIBLE_PLAYBOOKS)")
    paths = {"paths": [str(log)], "timezone": "UTC"}

    def facts(check: bool = False, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        result = run_module(playbook, python, {**paths, **options}, check)
        assert "ansible_facts" in result, result
        assert not result["changed"]
        maillog = result["ansible_facts"]["maillog"]
        return maillog, maillog.pop("performance")

    state = tmp_path / "state"
    size = log.stat().st_size
    one, performance = facts()
    assert (performance["bytes"], performance["resumed"]) == (size, False)
    assert one["inbound"]["total"]["sessions"]["total"] > 10_000
    assert facts(workers=2)[0] == one
    assert facts(check=True, state_dir=str(state))[0] == one
    assert not state.exists()
    assert facts(state_dir=str(state), workers=2)[0] == one
    again, performance = facts(state_dir=str(state), workers=2)
    assert again == one
    assert (performance["bytes"], performance["resumed"]) == (0, True)


def test_errors_reach_the_user(tmp_path: pathlib.Path) -> None:
    (tmp_path / "maillog").write_bytes(b"")
    (tmp_path / "state").symlink_to(tmp_path)
    for options, words in (({"workers": 0}, "workers: 0"), ({"state_dir": str(tmp_path / "state")}, "state_dir: "), ({"nice": 20}, "nice: 20")):
        result = run_module(playbook_for((3, 99)), pathlib.Path(sys.executable), {"paths": [str(tmp_path / "maillog")], **options})
        assert words in result["msg"]
