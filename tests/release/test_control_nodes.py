# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of docs/scaling.md: slices by ansible-runner merge into one report, a server audits itself, an environment is described."""

from __future__ import annotations

import json
import os
import pathlib
import re
import socket
import subprocess
from typing import Any

import pytest
import yaml

from ansible_collections.mailfleet.tls_audit.tests.tools import checkout

from .environment import TOOLS, run

LOGS = checkout.ROOT / "tests" / "fixtures"
REAL = LOGS / "real-logs"
SERVERS = {
    "mx1": REAL / "postfix-3.7.11-debian12/A-loglevel1/maillog.iso",
    "mx2": REAL / "postfix-3.5.25-debian11/B-loglevel0/maillog.iso",
    "mx3": REAL / "postfix-3.10.13-debian13/C-postscreen/maillog.iso",
    "mx4": LOGS / "example/rotated/maillog",
    "mx5": LOGS / "example/no-such-log/maillog",
}


def blocks() -> dict[str, str]:
    """The guide's commands by the tool that they begin with or use."""
    found = re.findall(r"```sh\n(.*?)```", (checkout.ROOT / "docs" / "scaling.md").read_text(), re.DOTALL)
    return {name: next(block for block in found if name in block) for name in ("ansible-runner", "merged/records", "ansible-pull", "ansible-builder")}


def shell(commands: str, folder: pathlib.Path, collections: pathlib.Path, **more: str) -> str:
    settings = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    settings.update(
        PATH=f"{TOOLS}{os.pathsep}{os.environ['PATH']}", PWD=str(folder), ANSIBLE_NOCOLOR="1", ANSIBLE_COLLECTIONS_PATH=str(collections), **more)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=settings, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    return done.stdout


def figures(report: pathlib.Path) -> dict[str, Any]:
    """What does not tell one run from another."""
    fleet = json.loads((report / "fleet.json").read_text())
    return {host["host"]: (host["status"], host.get("inbound")) for host in fleet["hosts"]} | {"verdict": fleet["verdict"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    target = tmp_path_factory.mktemp("control")
    rows = [f"{name} audit_log_paths='[\"{log}\"]'" for name, log in SERVERS.items()]
    (target / "inventory.ini").write_text("\n".join([
        "[mailservers]", *rows, "[mailservers:vars]", "ansible_connection=local", "ansible_python_interpreter='{{ ansible_playbook_python }}'",
        "audit_timezone=UTC", ""]))
    return target


def test_slices_merge_into_the_report_of_one_run(folder: pathlib.Path, installed: pathlib.Path) -> None:
    shell(blocks()["ansible-runner"], folder, installed)
    slices = [sorted(path.name for path in (folder / f"slice-{number}/report/records").iterdir()) for number in range(3)]
    assert sum(map(len, slices)) == len(SERVERS) and all(slices)
    shell(blocks()["merged/records"], folder, installed)
    whole = folder / "whole"
    shell(f"ansible-playbook mailfleet.tls_audit.audit -i inventory.ini -e report_dir={whole}", folder, installed)
    assert figures(folder / "merged") == figures(whole)


def test_a_server_audits_itself(folder: pathlib.Path, installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    checkout.copy(repository)
    subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "As it is"], cwd=repository, check=True)
    shell(blocks()["ansible-pull"], folder, installed, REPOSITORY=str(repository), HOME=str(tmp_path))
    records = [json.loads(path.read_text()) for path in (folder / "pulled/records").iterdir()]
    assert [record["host"] for record in records] == [socket.gethostname()]


def test_an_execution_environment_is_described(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "execution-environment.yml").write_text((checkout.ROOT / "docs/execution-environment.yml").read_text())
    shell(blocks()["ansible-builder"], tmp_path, installed)
    assert (tmp_path / "environment/Containerfile").exists()
    introspect = "import runpy, ansible_builder, pathlib; print(pathlib.Path(ansible_builder.__file__).parent / '_target_scripts/introspect.py')"
    script = run("python", "-c", introspect, folder=tmp_path).strip()
    wanted = yaml.safe_load(run("python", script, "introspect", str(installed), folder=tmp_path))
    assert not wanted["python"]
    assert {line.split(" [")[0] for line in wanted["system"]} >= {"openssh-client", "openssh-clients"}
