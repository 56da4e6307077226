# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_become does what Ansible's keyword `become` does, for every way that Ansible has of saying how, and nothing where nobody asked.

The keyword itself costs each host time (docs/scaling.md), so the action does its work: each case is run in both ways, and the calls of sudo are the same.
"""

from __future__ import annotations

import json
import pathlib
import re
import stat

import pytest

from .playbooks import ROOT, ansible_playbooks, core_version, run_playbook

LOCAL = 'ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"'
LOG = json.dumps([str(ROOT / "tests/fixtures/real-logs/postfix-3.7.11-debian12/F-content-filter/maillog.iso")])
# Stands in for sudo: notes what it was asked, asks for a password where sudo would, and runs the command as whoever it is.
SUDO = """#!/bin/sh
printf '%s\\n' "$*" | head -1 | sed 's|/bin/sh -c .*||' >>{calls}
while [ $# -gt 0 ]; do
  case $1 in
    -p) printf '%s' "$2" >&2; read -r password; printf 'password %s\\n' "$password" >>{calls}; shift 2;;
    /bin/sh) exec "$@";;
    *) shift;;
  esac
done
"""
KEYWORD = """
- hosts: all
  gather_facts: false
  tasks:
    - mailfleet.tls_audit.audit_host:
      become: true
"""


@pytest.fixture(scope="module", params=ansible_playbooks(), ids=lambda path: "core-" + ".".join(str(part) for part in core_version(path)))
def ansible_playbook(request: pytest.FixtureRequest) -> str:
    return request.param


class Bench:
    """A folder with a sudo of its own, and the calls of it."""

    def __init__(self, ansible_playbook: str, folder: pathlib.Path) -> None:
        self.ansible_playbook, self.folder = ansible_playbook, folder
        self.sudo = folder / "sudo"
        self.sudo.write_text(SUDO.format(calls=folder / "calls"))
        self.sudo.chmod(self.sudo.stat().st_mode | stat.S_IXUSR)
        (folder / "password").write_text("secret\n")
        (folder / "keyword.yml").write_text(KEYWORD)

    def calls(self, host: str, group: str, *arguments: str, playbook: str = "playbooks/audit.yml") -> list[str]:
        """What sudo was asked during an audit of one host, and that the audit succeeded."""
        (self.folder / "calls").write_text("")
        (self.folder / "hosts").write_text(f"[mail]\nmx {LOCAL} audit_log_paths='{LOG}' {host}\n[mail:vars]\nansible_become_exe={self.sudo}\n{group}\n")
        # Whoever runs the tests, and it may be root.
        run = run_playbook(self.ansible_playbook, self.folder / "report", *arguments, playbook=playbook, inventory=self.folder / "hosts",
                           ANSIBLE_BECOME_ALLOW_SAME_USER="True")
        assert run.code == 0, run.output
        assert run.record("mx")["status"] == "audited", run.record("mx")["reason"]
        return re.sub(r"key=\w+", "key", (self.folder / "calls").read_text()).splitlines()


@pytest.fixture
def bench(ansible_playbook: str, tmp_path: pathlib.Path) -> Bench:
    return Bench(ansible_playbook, tmp_path)


@pytest.mark.parametrize(("host", "group", "arguments", "words"), [
    ("", "", (), ["-u root"]),
    ("ansible_become_user=postmaster", "", (), ["-u postmaster"]),
    ("ansible_become_user='{{ who }}' who=mailman", "ansible_become_user=postmaster", (), ["-u mailman"]),
    ("", "ansible_become_password=secret", (), ["password secret"]),
    ("", "ansible_become_pass='{{ password }}'\npassword=other", (), ["password other"]),
    ("", "", ("--become-password-file", "{folder}/password"), ["password secret"]),
    ("ansible_become_flags=--mine", "", (), ["--mine"]),
    ("ansible_become_method=ansible.builtin.sudo", "ansible_sudo_user=postmaster", (), ["-u postmaster"]),
    ("", "", ("--become-user", "postmaster", "--become-method", "sudo"), ["-u postmaster"]),
])
def test_it_is_the_keyword(bench: Bench, host: str, group: str, arguments: tuple[str, ...], words: list[str]) -> None:
    arguments = tuple(argument.format(folder=bench.folder) for argument in arguments)
    by_keyword = bench.calls(host, group, *arguments, playbook=str(bench.folder / "keyword.yml"))
    by_variable = bench.calls(f"{host} audit_become=true", group, *arguments)
    assert by_variable == by_keyword
    assert by_variable and all(any(word in call for call in by_variable) for word in words), by_variable


@pytest.mark.parametrize(("host", "group", "arguments"), [
    ("audit_become=yes", "", ()),
    ("", "audit_become=true", ()),
    ("", "", ("-e", "audit_become=true")),
    ("audit_become='{{ root_reads }}'", "root_reads=true", ()),
    # Ansible's own ways, which need no variable of this collection.
    ("", "", ("--become",)),
    ("ansible_become=true", "", ()),
])
def test_who_asks_gets_it(bench: Bench, host: str, group: str, arguments: tuple[str, ...]) -> None:
    calls = bench.calls(host, group, *arguments)
    assert calls and all("-u root" in call for call in calls)


@pytest.mark.parametrize(("host", "group"), [
    ("", ""), ("audit_become=false", "audit_become=true"), ("audit_become=", ""), ("audit_become='{{ not true }}'", ""),
    # As with the keyword, Ansible's own variable outranks it.
    ("audit_become=true ansible_become=false", ""),
])
def test_who_does_not_ask_does_not(bench: Bench, host: str, group: str) -> None:
    assert bench.calls(host, group) == []


def test_through_the_role_too(bench: Bench) -> None:
    (bench.folder / "role.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.import_role:\n        name: mailfleet.tls_audit.audit\n")
    assert bench.calls("audit_become=true", "", playbook=str(bench.folder / "role.yml"))
    assert bench.calls("", "", playbook=str(bench.folder / "role.yml")) == []
