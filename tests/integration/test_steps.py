# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of a report do what they say, typed as they stand where the report was asked for, with no other program in reach, in a clone.

Where the collection is installed: test_collection.py.
"""

from __future__ import annotations

import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import commands
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import usual_call
from ansible_collections.mailfleet.tls_audit.tests.tools import checkout

from .playbooks import ansible_playbooks, core_version

CALL = replace(usual_call(), inventories=("hosts.ini",))
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

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Type a command as it stands."""
        assert not re.search(r"[`$;|<>\\]|INVENTORY(?!=)", command), command
        settings = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MAKE", "MFLAGS", "TEST_"))}
        found = [part for part in os.environ["PATH"].split(":") if not (pathlib.Path(part) / "ansible").exists()]
        settings.update(PWD=str(self.folder), PATH=":".join(found), ANSIBLE_NOCOLOR="1")
        return subprocess.run(["bash", "-c", command], cwd=self.folder, env=settings, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=300, check=False)

    def fleet(self, report: str = "report") -> dict[str, Any]:
        return json.loads((self.folder / report / "fleet.json").read_text())

    def steps(self, report: str = "report") -> dict[str, list[str]]:
        """The commands of each step."""
        return {step["key"]: step["commands"] for step in self.fleet(report)["steps"]}

    def again(self, report: str = "report") -> str:
        """The footer's command."""
        page = (self.folder / report / "index.html").read_text()
        match = re.search(r"To make this report again from the records, without touching a server: <code>(.*?)</code>", page)
        assert match
        return html.unescape(re.sub(r"<[^>]*>", "", match[1]))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("steps") / "clone")


def _inventory(clone: Clone, text: str) -> None:
    (clone.folder / "hosts.ini").write_text(text)


def test_each_command_reaches_the_hosts_of_its_step_and_no_other(clone: Clone) -> None:
    log = "tests/fixtures/real-logs/postfix-3.7.11-debian12/F-content-filter/maillog.iso"
    _inventory(clone, "\n".join((
        f"good {LOCAL} audit_log_paths='[\"{clone.folder / log}\"]'",
        *(f"nolog{number} {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'" for number in range(6)),
        f"slow {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'",
        "away ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1",
    )) + "\n")
    done = clone.run("make audit INVENTORY=hosts.ini")
    assert done.returncode == 0, done.stdout + done.stderr
    hosts = {step["key"]: set(step["hosts"]) for step in clone.fleet()["steps"]}
    assert {"find_log", "restore_access"} <= set(hosts)
    assert hosts["find_log"] == {"slow", *(f"nolog{number}" for number in range(6))}
    ping, audit = clone.steps()["restore_access"]
    assert "--limit away" in ping
    done = clone.run(ping)
    assert "away | UNREACHABLE!" in done.stdout and "good" not in done.stdout
    # Seven hosts are too many for a command: they are in a file.
    (find,) = clone.steps()["find_log"]
    assert "--limit @report/steps/find_log.txt" in find
    for command, named in ((audit, {"away"}), (find, hosts["find_log"])):
        done = clone.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        fleet = clone.fleet()
        assert {host["host"] for host in fleet["hosts"] if host["run_id"] == fleet["run"]["run_id"]} == named
        assert len(fleet["hosts"]) == 9 and fleet["run"]["partial"]
    # One run for each command: three in all. The footer's makes the report again and no run.
    assert clone.again() == "make report"
    done = clone.run(clone.again())
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(clone.fleet()["runs"]) == 3


def test_the_folder_and_languages_that_were_typed_are_typed_again(clone: Clone) -> None:
    log = "tests/fixtures/example/postfix-2.10-no-tls-log/maillog"
    _inventory(clone, f"quiet {LOCAL} audit_log_paths='[\"{clone.folder / log}\"]'\ngone {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'\n")
    done = clone.run(".venv/bin/ansible-playbook playbooks/audit.yml -i hosts.ini -e report_dir=other/folder -e report_languages=en,ja")
    assert done.returncode == 0, done.stdout + done.stderr
    remedy, audit = clone.steps("other/folder")["tls_logging"]
    assert remedy.startswith(".venv/bin/ansible-playbook playbooks/remediate.yml -i hosts.ini -e report_dir=other/folder ")
    done = clone.run(remedy + " --syntax-check")
    assert done.returncode == 0, done.stdout + done.stderr
    for command, runs in ((audit, 2), (clone.again("other/folder"), 2)):
        page = clone.folder / "other/folder/index.ja.html"
        page.unlink()
        done = clone.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        assert page.exists() and len(clone.fleet("other/folder")["runs"]) == runs


@pytest.mark.parametrize("playbook", ansible_playbooks(), ids=core_version)
def test_options_of_access_are_typed_again(clone: Clone, playbook: str) -> None:
    program = f".venv-{'.'.join(str(part) for part in core_version(playbook))}/bin/ansible-playbook"
    _inventory(clone, f"gone {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'\n")
    shutil.rmtree(clone.folder / "report", ignore_errors=True)
    (clone.folder / "vault.txt").write_text("not asked for\n")
    (clone.folder / "more.yml").write_text("audit_labels: {department: Chemistry}\n")
    done = clone.run(f"{program} playbooks/audit.yml -i hosts.ini -u somebody --vault-password-file vault.txt -e @more.yml -e secret=hunter2")
    assert done.returncode == 0, done.stdout + done.stderr
    (again,) = clone.steps()["find_log"]
    words = "-u somebody --vault-password-file vault.txt -e @more.yml --limit gone"
    assert again.endswith((f'ARGS="{words}"', words)) and "hunter2" not in json.dumps(clone.fleet())
    (clone.folder / "report/records/gone.json").unlink()
    done = clone.run(again)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((clone.folder / "report/records/gone.json").read_text())["labels"] == {"department": "Chemistry"}


@pytest.mark.parametrize("arguments, core", [(("-e", "audit_timeout=7200"), None), (("-vvv",), None), ((), "2.16")])
def test_other_ways_to_run_the_audit(clone: Clone, arguments: tuple[str, ...], core: str | None) -> None:
    if core and core not in {".".join(str(part) for part in core_version(playbook)) for playbook in ansible_playbooks()}:
        pytest.skip(f"LOUD: there is no ansible-core {core} here")
    _inventory(clone, f"one {LOCAL} audit_log_paths='[\"{clone.folder}/none\"]'\ntwo {LOCAL}\n")
    done = clone.run(commands.audit_command(CALL, "one", *arguments, core=core))
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
    command = commands.playbook_command(CALL, name, "one,two", *arguments)
    assert (command is not None) == (clone.folder / "playbooks" / f"{name}.yml").exists()
    # Never on all hosts.
    assert commands.playbook_command(CALL, name, None, *arguments) is None
    if command is not None:
        _inventory(clone, f"one {LOCAL}\ntwo {LOCAL}\n")
        done = clone.run(command + " --syntax-check")
        assert done.returncode == 0, done.stdout + done.stderr
