# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's commands repeat how it was asked for: program, inventory, folder and languages. That they work: tests/integration/test_steps.py."""

from __future__ import annotations

import json
import pathlib
import shlex
from typing import Any

import pytest
from ansible import constants

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import call as call_module, commands
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.access import access_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import Call, call_of

CLONE = call_module.ROOT


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder with Ansible's programs in ansible/bin and in a made .venv, of which no shell knows."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("ansible/bin", ".venv/bin", ".venv-2.16/bin"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "ansible-playbook").write_text("")
        (tmp_path / name / "ansible-playbook").chmod(0o755)
    return tmp_path


def made(here: pathlib.Path, **changed: Any) -> Call:
    given: dict[str, Any] = {
        "program": ".venv/bin/ansible-playbook", "playbook": "playbooks/audit.yml", "inventories": [str(here / "inventory.ini")], "servers": ["mx1"],
        "report_dir": here / "report", "here": here, "languages": ["en"], "languages_typed": False, **changed,
    }
    return call_of(**given)


def audit(call: Call, limit: str = "mx1", **more: Any) -> str:
    return commands.audit_command(call, limit, **more)


def test_in_a_clone_as_make_does_it(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "ROOT", folder)
    (folder / "Makefile").write_text("")
    call = made(folder)
    assert audit(call) == 'make audit INVENTORY=inventory.ini ARGS="--limit mx1"'
    assert audit(call, core="2.16") == 'make audit CORE=2.16 INVENTORY=inventory.ini ARGS="--limit mx1"'
    assert commands.playbook_command(call, "remediate", "mx1") == ".venv/bin/ansible-playbook playbooks/remediate.yml -i inventory.ini --limit mx1"
    assert commands.ping_command(call, "mx1") == ".venv/bin/ansible all -i inventory.ini -m ansible.builtin.ping --limit mx1"
    assert commands.report_command(call) == "make report"
    old = made(folder, program=".venv-2.16/bin/ansible-playbook")
    assert audit(old) == 'make audit CORE=2.16 INVENTORY=inventory.ini ARGS="--limit mx1"'
    assert commands.report_command(old) == "make report CORE=2.16"
    elsewhere = made(folder, report_dir=pathlib.Path("/srv/audit"), languages=["en", "ja"], languages_typed=True)
    assert audit(elsewhere) == 'make audit INVENTORY=inventory.ini REPORT_DIR=/srv/audit ARGS="-e report_languages=en,ja --limit mx1"'
    assert commands.report_command(elsewhere) == 'make report REPORT_DIR=/srv/audit ARGS="-e report_languages=en,ja"'
    # The role looks for the server's record before it changes anything.
    assert commands.playbook_command(elsewhere, "remediate", "mx1") == (
        ".venv/bin/ansible-playbook playbooks/remediate.yml -i inventory.ini -e report_dir=/srv/audit --limit mx1")
    assert str(commands.probe_command(elsewhere, "mx1")).count("report_dir") == 1
    assert commands.limit_of("key", [f"mx{number}" for number in range(9)], elsewhere) == "@/srv/audit/steps/key.txt"
    # Two inventories are more than the Makefile's variable takes.
    assert audit(made(folder, inventories=[str(folder / "a"), "b,"])) == ".venv/bin/ansible-playbook playbooks/audit.yml -i a -i b, --limit mx1"


def test_languages_of_the_inventory_need_no_telling_but_to_the_report_alone(folder: pathlib.Path) -> None:
    call = made(folder, playbook="mailfleet.tls_audit.audit", languages=["ja"])
    assert "report_languages" not in audit(call)
    assert commands.report_command(call) == ".venv/bin/ansible-playbook mailfleet.tls_audit.report -e report_languages=ja"


def test_options_of_access_are_typed_again_and_no_secret(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "ROOT", folder)
    (folder / "Makefile").write_text("")
    monkeypatch.setattr(constants, "DEFAULT_BECOME_METHOD", "sudo")
    settings = {
        "remote_user": "audit", "connection": constants.DEFAULT_TRANSPORT, "private_key_file": str(folder / "keys/audit"), "become": True,
        "become_method": "sudo", "become_user": None, "become_ask_pass": True, "ask_pass": False, "ask_vault_pass": True,
        "vault_ids": ["prod@prompt", "bad`id"], "vault_password_files": ["/etc/vault-password"],
        "extra_vars": ["@secrets.yml", "ansible_become_password=hunter2", '{"x": "hunter2"}'], "ssh_common_args": "-o User=hunter2",
    }
    access = access_of(settings, folder)
    words = "-u audit --private-key keys/audit -b -K -J --vault-id prod@prompt --vault-password-file /etc/vault-password -e @secrets.yml"
    assert " ".join(access) == words
    call = made(folder, access=access)
    assert audit(call) == f'make audit INVENTORY=inventory.ini ARGS="{words} --limit mx1"'
    assert f" -i inventory.ini {words} --limit mx1" in str(commands.playbook_command(call, "remediate", "mx1"))
    assert f" -i inventory.ini {words} -m ansible.builtin.ping --limit mx1" in commands.ping_command(call, "mx1")
    # No server is asked for the report.
    assert commands.report_command(call) == "make report"
    # What ansible.cfg or the environment says is said again without being typed.
    monkeypatch.setattr(constants, "DEFAULT_REMOTE_USER", "audit")
    assert "-u" not in access_of(settings, folder)


def test_from_another_folder_and_by_name(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = str(folder / "ansible/bin/ansible-playbook")
    call = made(folder, program=program, playbook=str(CLONE / "playbooks/audit.yml"), inventories=["/etc/mail/hosts"])
    assert audit(call) == f"ansible/bin/ansible-playbook {CLONE}/playbooks/audit.yml -i /etc/mail/hosts --limit mx1"
    assert audit(made(folder, playbook="site.yml")) == ".venv/bin/ansible-playbook mailfleet.tls_audit.audit -i inventory.ini --limit mx1"
    # A program found by its name is called by it, as is one that is none of Ansible's.
    monkeypatch.setenv("PATH", f"{folder}/ansible/bin:/usr/bin")
    for found in (program, "/usr/bin/python3", "ansible-playbook"):
        assert audit(made(folder, program=found, playbook=None)) == "ansible-playbook mailfleet.tls_audit.audit -i inventory.ini --limit mx1"


@pytest.mark.parametrize("inventories, servers, expected", [
    (["/x/hosts"], {"mx1", "other"}, "-i /x/hosts "), ([], {"mx1"}, ""), ([], set(), "-i INVENTORY "), (["/x/localhost"], {"localhost"}, "-i INVENTORY "),
    (["/x/bad\nname"], {"mx1"}, "-i INVENTORY "), (["/x/a`b"], {"mx1"}, "-i INVENTORY "),
])
def test_an_inventory_without_the_fleet_is_not_the_fleets(folder: pathlib.Path, inventories: list[str], servers: set[str], expected: str) -> None:
    call = made(folder, playbook=None, inventories=inventories, servers=servers).for_fleet(["mx1", "mx2"])
    assert audit(call) == f".venv/bin/ansible-playbook mailfleet.tls_audit.audit {expected}--limit mx1"


def test_names_that_a_shell_would_split(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "ROOT", folder)
    (folder / "Makefile").write_text("")
    call = made(folder, inventories=["/x/two words $HOME"], report_dir=folder / "the report")
    words = shlex.split(audit(call))
    assert words[:4] == [".venv/bin/ansible-playbook", "playbooks/audit.yml", "-i", "/x/two words $HOME"]
    assert json.loads(words[words.index("-e") + 1]) == {"report_dir": "the report"}
    assert shlex.split(commands.report_command(call))[2] == "-e"


def test_without_a_call_the_readmes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit(call_module.usual_call()) == 'make audit INVENTORY=INVENTORY ARGS="--limit mx1"'
    monkeypatch.setattr(call_module, "in_clone", lambda: False)
    assert audit(call_module.usual_call()) == "ansible-playbook mailfleet.tls_audit.audit -i INVENTORY --limit mx1"


def test_the_same_records_in_the_same_call_give_the_same_bytes(make_report, folder: pathlib.Path) -> None:
    first = make_report(call=made(folder), languages=("en", "ja")).files
    assert make_report(call=made(folder), languages=("en", "ja")).files == first
    other = make_report(call=made(folder, inventories=["/etc/mail/hosts"], servers=["alpha.example.org"]), languages=("en", "ja")).files
    assert {name for name in first if first[name] != other[name]} == {"index.html", "index.ja.html", "report.md", "report.ja.md", "fleet.json"}
    for name in ("index.html", "report.md"):
        assert b"/etc/mail/hosts" in other[name] and b"INVENTORY stands for" not in other[name] and b"INVENTORY stands for" in first[name]
        assert b"remediate_recipient" in other[name].replace(b"\\", b"")
