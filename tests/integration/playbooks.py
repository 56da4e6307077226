# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the playbooks as a user does, with each ansible-core that the tests have."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

ROOT = pathlib.Path(__file__).parents[2]
# Only against what hangs: a machine may be busy.
TIMEOUT = 1800


def ansible_playbooks() -> list[str]:
    """The ansible-playbook of each ansible-core to test with; by default the one beside this Python."""
    named = os.environ.get("TEST_ANSIBLE_PLAYBOOKS", "")
    return [path for path in named.split(":") if path] or [str(pathlib.Path(sys.executable).parent / "ansible-playbook")]


def core_version(ansible_playbook: str) -> tuple[int, ...]:
    """(2, 16) for the ansible-core that this ansible-playbook belongs to."""
    shown = subprocess.run([ansible_playbook, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"core (\d+)\.(\d+)", shown)
    assert match, shown
    return int(match.group(1)), int(match.group(2))


@dataclass
class Run:
    """One finished run of a playbook."""

    code: int
    output: str = field(repr=False)
    report_dir: pathlib.Path

    def fleet(self) -> dict[str, Any]:
        return json.loads((self.report_dir / "fleet.json").read_text())

    def hosts(self) -> dict[str, dict[str, Any]]:
        return {host["host"]: host for host in self.fleet()["hosts"]}

    def record(self, host: str) -> dict[str, Any]:
        for path in (self.report_dir / "records").iterdir():
            record = json.loads(path.read_text())
            if record["host"] == host:
                return record
        raise AssertionError(f"no record of {host}")


def run_playbook(ansible_playbook: str, report_dir: pathlib.Path, *arguments: str, **options: Any) -> Run:
    """Run a playbook of the checkout to its end. Arguments and options: as of start_playbook."""
    with start_playbook(ansible_playbook, report_dir, *arguments, **options) as process:
        try:
            output, _none = process.communicate(timeout=TIMEOUT)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Run(process.returncode, output, report_dir)


def start_playbook(
    ansible_playbook: str, report_dir: pathlib.Path, *arguments: str, playbook: str = "playbooks/audit.yml",
    inventory: pathlib.Path = ROOT / "inventory.example", inside: tuple[str, ...] = (), **environment: str,
) -> subprocess.Popen[str]:
    """Start a playbook of the checkout, with its processes in a group of their own. report_dir: where the report goes; inside: words before the command;
    environment: more variables of it."""
    command = [*inside, ansible_playbook, playbook, "-i", str(inventory), "-e", f"report_dir={report_dir}", *arguments]
    settings = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **environment}
    return subprocess.Popen(
        command, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
