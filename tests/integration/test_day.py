# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of docs/day-in-the-life.md, in their order, on forty inventory names with real logs: the first audit, and the one after."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from typing import Any

import yaml

from ansible_collections.mailfleet.tls_audit.tests.tools import checkout

from .playbooks import ROOT, ansible_playbooks

PAGE = "docs/day-in-the-life.md"
NAMES = [f"mx{number:02d}.example.edu" for number in range(1, 41)]
REAL = "real-logs/postfix-3.7.11-debian12"
# What the servers' logs are that day: TLS logged, behind postscreen, with a content filter, and too old and silent to tell.
LOGS = (f"{REAL}/A-loglevel1/maillog.iso", "real-logs/postfix-3.10.13-debian13/C-postscreen/maillog.iso", "example/postfix-2.10-no-tls-log/maillog",
        f"{REAL}/F-content-filter/maillog.iso")
SILENT = LOGS[2]
# test_readme.py runs it in a fresh clone.
NOT_AGAIN = "make venv"


def blocks() -> list[str]:
    return [block for block in re.findall(r"```sh\n(.*?)```", (ROOT / PAGE).read_text(), re.DOTALL) if block.strip() != NOT_AGAIN]


def describe(clone: pathlib.Path, logs: dict[str, str]) -> None:
    """What the audit needs to know where there are logs and no servers."""
    folder = clone / "host_vars"
    folder.mkdir(exist_ok=True)
    for name, log in logs.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump({
            "ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}", "audit_timezone": "UTC",
            "audit_log_paths": [str(clone / "tests/fixtures" / log)]}))


def run(block: str, clone: pathlib.Path) -> str:
    settings = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MAKE", "MFLAGS", "TEST_"))}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=clone, env={**settings, "PWD": str(clone), "ANSIBLE_NOCOLOR": "1"},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{block}\n{done.stdout}"
    return done.stdout


def step(clone: pathlib.Path, report: str, key: str) -> list[str]:
    fleet: dict[str, Any] = json.loads((clone / report / "fleet.json").read_text())
    return next((sorted(found["hosts"]) for found in fleet["steps"] if found["key"] == key), [])


def test_the_day(tmp_path: pathlib.Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    checkout.copy(clone)
    (clone / ".venv").symlink_to(pathlib.Path(ansible_playbooks()[-1]).parents[1])
    logs = {name: LOGS[number % len(LOGS)] for number, name in enumerate(NAMES)}
    describe(clone, logs)
    *morning, committee = blocks()
    for block in morning:
        shown = run(block, clone)
        if "audit_max_age" in block:
            assert "1 of 40 hosts have a record of less than 12h" in shown
    assert step(clone, "report-before", "tls_logging") == sorted(name for name, log in logs.items() if log == SILENT)
    # The servers log TLS from now on.
    describe(clone, {name: LOGS[0] for name, log in logs.items() if log == SILENT})
    shown = run(committee, clone)
    assert step(clone, "report", "tls_logging") == []
    before, after = (json.loads((clone / folder / "fleet.json").read_text()) for folder in ("report-before", "report"))
    assert (len(before["hosts"]), len(after["hosts"])) == (40, 40)
    assert before["verdict"] != after["verdict"] and before["verdict"] in shown and after["verdict"] in shown
    assert len(list((clone / "report/history").iterdir())) == 3
    assert after["changes"] is not None


def test_what_changes_servers_is_written_right() -> None:
    """Each playbook that the page names is there, and each variable one of the role's."""
    text = (ROOT / PAGE).read_text()
    for name in set(re.findall(r"playbooks/(\w+\.yml)", text)):
        assert (ROOT / "playbooks" / name).exists(), name
    options = yaml.safe_load((ROOT / "roles/remediate/meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    assert set(re.findall(r"(remediate_\w+)=", text)) <= set(options)
    # Without a mailbox for test mails gate G3 stops each of them.
    changed = [line for block in re.findall(r"\[remediate\]\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    assert len(changed) == 3 and all("remediate_recipient=" in line for line in changed)
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / "docs" / link).exists(), link
