# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands under "What to do next" do what they say, typed as they stand, in a clone."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import commands
from ansible_collections.mailfleet.tls_audit.tests.tools import checkout

from .playbooks import ansible_playbooks, core_version

LOCAL = f"ansible_connection=local ansible_python_interpreter={sys.executable}"


class Clone:
    """A copy of this checkout in which `make audit` uses the ansible-core of the tests: nothing is installed."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        folder.mkdir()
        checkout.copy(folder)
        # The newest for plain `make audit`, each other one for CORE=.
        for playbook in sorted(ansible_playbooks(), key=core_version):
            version = ".".join(str(part) for part in core_version(playbook))
            for name in (".venv", f".venv-{version}"):
                (folder / name / "bin").mkdir(parents=True, exist_ok=True)
                for program in ("ansible", "ansible-playbook"):
                    link = folder / name / "bin" / program
                    link.unlink(missing_ok=True)
                    link.symlink_to(pathlib.Path(playbook).with_name(program))
                (folder / name / ".installed").touch()

    def run(self, command: str, inventory: str) -> subprocess.CompletedProcess[str]:
        """Type a command of the report, with the inventory's name in its place."""
        assert not re.search(r"[`$;|<>\\]", command)
        typed = command.replace("INVENTORY=INVENTORY", f"INVENTORY={inventory}").replace("-i INVENTORY", f"-i {inventory}")
        settings = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MAKE", "MFLAGS", "TEST_"))}
        settings.update(PWD=str(self.folder), PATH=f"{self.folder}/.venv/bin:{os.environ['PATH']}", ANSIBLE_NOCOLOR="1")
        return subprocess.run(["bash", "-c", typed], cwd=self.folder, env=settings, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=300, check=False)

    def fleet(self) -> dict[str, Any]:
        return json.loads((self.folder / "report" / "fleet.json").read_text())

    def steps(self) -> dict[str, list[str]]:
        """The commands of each step."""
        return {step["key"]: step["commands"] for step in self.fleet()["steps"]}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("steps") / "clone")


def _inventory(clone: Clone, text: str) -> str:
    (clone.folder / "hosts.ini").write_text(text)
    return "hosts.ini"


def test_each_command_reaches_the_hosts_of_its_step_and_no_other(clone: Clone) -> None:
    log = "tests/fixtures/real-logs/postfix-3.7.11-debian12/F-content-filter/maillog.iso"
    inventory = _inventory(clone, "\n".join((
        f"good {LOCAL} audit_log_paths='[\"{clone.folder / log}\"]'",
        *(f"nolog{number} {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'" for number in range(6)),
        f"slow {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'",
        "away ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1",
    )) + "\n")
    done = clone.run(commands.audit_command(None), inventory)
    assert done.returncode == 0, done.stdout + done.stderr
    hosts = {step["key"]: set(step["hosts"]) for step in clone.fleet()["steps"]}
    assert {"find_log", "restore_access"} <= set(hosts)
    assert hosts["find_log"] == {"slow", *(f"nolog{number}" for number in range(6))}
    ping, audit = clone.steps()["restore_access"]
    assert "--limit away" in ping
    done = clone.run(ping, inventory)
    assert "away | UNREACHABLE!" in done.stdout and "good" not in done.stdout
    # Seven hosts are too many for a command: they are in a file.
    (find,) = clone.steps()["find_log"]
    assert "--limit @report/steps/find_log.txt" in find
    for command, named in ((audit, {"away"}), (find, hosts["find_log"])):
        done = clone.run(command, inventory)
        assert done.returncode == 0, done.stdout + done.stderr
        fleet = clone.fleet()
        assert {host["host"] for host in fleet["hosts"] if host["run_id"] == fleet["run"]["run_id"]} == named
        assert len(fleet["hosts"]) == 9 and fleet["run"]["partial"]
    # One run for each command: three in all.
    assert len(clone.fleet()["runs"]) == 3


@pytest.mark.parametrize("arguments, core", [(("-e", "audit_timeout=7200"), None), (("-vvv",), None), ((), "2.16")])
def test_other_ways_to_run_the_audit(clone: Clone, arguments: tuple[str, ...], core: str | None) -> None:
    if core and core not in {".".join(str(part) for part in core_version(playbook)) for playbook in ansible_playbooks()}:
        pytest.skip(f"LOUD: there is no ansible-core {core} here")
    inventory = _inventory(clone, f"one {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'\ntwo {LOCAL}\n")
    done = clone.run(commands.audit_command("one", *arguments, core=core), inventory)
    assert done.returncode == 0, done.stdout + done.stderr
    fleet = clone.fleet()
    (host,) = [host for host in fleet["hosts"] if host["run_id"] == fleet["run"]["run_id"]]
    assert host["host"] == "one"
    if core:
        assert json.loads((clone.folder / "report/records/one.json").read_text())["ansible_core"].startswith(core + ".")


@pytest.mark.parametrize("name, arguments", [
    ("remediate", ("-e", "remediate_tls_logging=true")), ("remediate", ("-e", "remediate_clamav=true")), ("probe", ("-e", "probe_recipient=ADDRESS")),
])
def test_playbooks_are_offered_once_they_are_there(clone: Clone, name: str, arguments: tuple[str, ...]) -> None:
    command = commands.playbook_command(name, "one,two", *arguments)
    assert (command is not None) == (clone.folder / "playbooks" / f"{name}.yml").exists()
    # Never on all hosts.
    assert commands.playbook_command(name, None, *arguments) is None
    if command is not None:
        inventory = _inventory(clone, f"one {LOCAL}\ntwo {LOCAL}\n")
        done = clone.run(command + " --syntax-check", inventory)
        assert done.returncode == 0, done.stdout + done.stderr
