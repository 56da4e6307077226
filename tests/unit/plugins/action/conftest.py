# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs real playbooks, on each ansible-core that TEST_ANSIBLE_PLAYBOOKS names (a list of ansible-playbook, by colons)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
_DEFAULT = str(Path(sys.executable).parent / "ansible-playbook")
PLAYBOOKS = [path for path in os.environ.get("TEST_ANSIBLE_PLAYBOOKS", _DEFAULT).split(":") if path]

# Stands in for the audit's modules: answers what a host of the test's making would. It uses nothing of Ansible's own, as a
# compromised host would not either (WANT_JSON asks for its arguments as a JSON file).
_ANSWER_MODULE = """#!/usr/bin/python
# WANT_JSON
import json, sys
with open(sys.argv[1]) as handle:
    path = json.load(handle)["path"]
with open(path) as handle:
    sys.stdout.write(handle.read())
"""

_AUDIT_PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - answer: {path: "{{ answer_file }}.mailserver"}
      register: audit_mailserver
      ignore_errors: true
      ignore_unreachable: true
      when: answer_file is defined
    - answer: {path: "{{ answer_file }}.maillog"}
      register: audit_maillog
      ignore_errors: true
      ignore_unreachable: true
      when: answer_file is defined
"""
_REPORT_PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - mailfleet.tls_audit.audit_records:
        hosts: "{{ ansible_play_hosts_all }}"
        dir: "{{ report_dir }}"
        audited_at: "2026-11-24T10:15:00+09:00"
        run_id: 20261124T101500Z-ab12cd
        internal_networks: [192.0.2.0/24]
      delegate_to: localhost
      run_once: true
      register: records
    - ansible.builtin.import_role:
        name: mailfleet.tls_audit.report
      run_once: true
    - ansible.builtin.debug:
        msg: "COUNTS {{ records.counts | to_json }} CHANGED {{ records.changed }} {{ report_result.changed }}"
      run_once: true
"""


@dataclass
class Workbench:
    """A folder with an inventory whose hosts answer what they are told to."""

    folder: Path
    playbook: str
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def report_dir(self) -> Path:
        return self.folder / "report"

    def host(self, name: str, maillog: Any = None, mailserver: Any = None, **variables: Any) -> None:
        """Add a host with the results of its two modules."""
        stem = str(self.folder / f"answer{len(self.hosts)}")
        for suffix, answer in (("maillog", maillog), ("mailserver", mailserver)):
            Path(f"{stem}.{suffix}").write_text(json.dumps({"changed": False} if answer is None else answer), encoding="utf-8")
        self.hosts[name] = {
            "ansible_connection": "local", "ansible_python_interpreter": sys.executable, "answer_file": stem, **variables,
        }

    def run(self, *arguments: str, play: str = _AUDIT_PLAY + _REPORT_PLAY, expect: int = 0) -> str:
        """Run a play and return what it printed."""
        inventory = self.folder / "inventory.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": self.hosts}}, allow_unicode=True), encoding="utf-8")
        path = self.folder / "play.yml"
        path.write_text("---\n" + play, encoding="utf-8")
        return self.run_file(path, "-i", str(inventory), "-e", f"report_dir={self.report_dir}", *arguments, expect=expect)

    def run_file(self, path: Path, *arguments: str, expect: int = 0) -> str:
        """Run a playbook file."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        environment.update(
            ANSIBLE_COLLECTIONS_PATH=str(self.folder), ANSIBLE_LIBRARY=str(self.folder / "library"),
            ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_DEPRECATION_WARNINGS="False", ANSIBLE_HOME=str(self.folder / "home"),
            PATH=f"{Path(self.playbook).parent}:{environment.get('PATH', '')}", LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1",
        )
        done = subprocess.run(
            [self.playbook, str(path), *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=180,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def record(self, name: str) -> dict[str, Any]:
        """The record in a file of the records folder."""
        return json.loads((self.report_dir / "records" / name).read_text(encoding="utf-8"))

    def records(self) -> dict[str, dict[str, Any]]:
        """All records by host."""
        found = [json.loads(path.read_text(encoding="utf-8")) for path in (self.report_dir / "records").iterdir()]
        return {record["host"]: record for record in found}


@pytest.fixture(params=PLAYBOOKS, ids=lambda path: Path(path).parent.parent.name)
def workbench(request: pytest.FixtureRequest, tmp_path: Path) -> Workbench:
    """A fresh workbench for each ansible-core."""
    if not Path(request.param).exists():
        pytest.skip(f"there is no {request.param}")
    (tmp_path / "ansible_collections" / "mailfleet").mkdir(parents=True)
    (tmp_path / "ansible_collections" / "mailfleet" / "tls_audit").symlink_to(ROOT)
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "answer.py").write_text(_ANSWER_MODULE, encoding="utf-8")
    return Workbench(tmp_path, request.param)
