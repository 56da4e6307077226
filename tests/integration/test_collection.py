# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built collection installs into an empty folder and runs from there, and holds what users need and no more."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import subprocess
import tarfile

import pytest

from ansible_collections.mailfleet.tls_audit.tests.tools import checkout

from .playbooks import ROOT, ansible_playbooks

FIRST_NAMES = {
    "CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "SECURITY.md", "changelogs", "docs", "meta", "playbooks", "plugins",
    "roles",
}
MODULES = (
    "audit_host", "audit_records", "clamav_ready", "clamav_settings", "config_snapshot", "fleet_report", "mail_trail", "maillog_facts",
    "mailserver_facts", "postfix_milter", "postfix_parameter", "probe_records", "smtp_av_probe",
)


def tool(name: str) -> str:
    return str(pathlib.Path(ansible_playbooks()[-1]).parent / name)


def run(*command: str, folder: pathlib.Path, **environment: str) -> str:
    settings = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    done = subprocess.run(command, cwd=folder, env={**settings, "ANSIBLE_NOCOLOR": "1", **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    source = tmp_path_factory.mktemp("source")
    checkout.copy(source)
    # What a user's checkout has beside the code must not get in.
    for name in (".venv/x", "report/index.html", ".cache/x", "inventory.ini"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("x")
    target = tmp_path_factory.mktemp("tarball")
    run(tool("ansible-galaxy"), "collection", "build", "--output-path", str(target), folder=source)
    return next(target.iterdir())


@pytest.fixture(scope="module")
def installed(tarball: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("installed")
    run(tool("ansible-galaxy"), "collection", "install", str(tarball), "-p", str(folder), "--no-deps", "--offline", folder=folder)
    return folder


def test_the_tarball_holds_what_users_need(tarball: pathlib.Path) -> None:
    with tarfile.open(tarball) as archive:
        members = archive.getmembers()
    assert {member.name.split("/")[0] for member in members} <= FIRST_NAMES
    assert not [member.name for member in members if member.issym() or "__pycache__" in member.name]
    assert tarball.stat().st_size < 2_000_000
    for needed in ("plugins/plugin_utils/_report/templates/index.html.j2", "plugins/plugin_utils/_report/static/style/page.css", "playbooks/audit.yml"):
        assert needed in {member.name for member in members}


@pytest.mark.parametrize("module", MODULES)
def test_ansible_doc_prints_each_module_in_full(installed: pathlib.Path, module: str) -> None:
    name = f"mailfleet.tls_audit.{module}"
    shown = json.loads(run(tool("ansible-doc"), "--json", name, folder=installed, ANSIBLE_COLLECTIONS_PATH=str(installed)))[name]
    assert shown["doc"]["description"] and shown["doc"]["short_description"] and shown["examples"] and shown["return"]
    assert all(option["description"] for option in shown["doc"].get("options", {}).values())
    assert run(tool("ansible-doc"), name, folder=installed, ANSIBLE_COLLECTIONS_PATH=str(installed))


def test_it_runs_by_name(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    log = ROOT / "tests/fixtures/real-logs/postfix-3.7.11-debian12/A-loglevel1/maillog.iso"
    hosts = tmp_path / "hosts"
    hosts.write_text(f"mx ansible_connection=local ansible_python_interpreter='{{{{ ansible_playbook_python }}}}' audit_log_paths='[\"{log}\"]'\n")
    shown = run(tool("ansible-playbook"), "mailfleet.tls_audit.audit", "-i", str(hosts), folder=tmp_path,
                ANSIBLE_COLLECTIONS_PATH=str(installed), PWD=str(tmp_path))
    assert "index.html" in shown
    fleet = json.loads((tmp_path / "report" / "fleet.json").read_text())
    assert fleet["collection_version"] == "0.2.0"
    assert fleet["hosts"][0]["inbound"]["total"]["sessions"]["total"] == 72
    # The report's own commands, as they stand.
    commands = [command for step in fleet["steps"] for command in step["commands"]]
    assert commands
    for command in commands:
        program, playbook, *rest = shlex.split(command)
        assert (program, rest[:2]) == (tool("ansible-playbook"), ["-i", "hosts"]) and playbook.startswith("mailfleet.tls_audit."), command
        check = () if playbook.endswith(".audit") else ("--syntax-check",)
        run(program, playbook, *rest, *check, folder=tmp_path, ANSIBLE_COLLECTIONS_PATH=str(installed), PWD=str(tmp_path))
    assert len(json.loads((tmp_path / "report" / "fleet.json").read_text())["runs"]) > 1
