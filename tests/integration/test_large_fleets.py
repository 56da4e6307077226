# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit of thousands of hosts rests on: records as hosts answer, audits that go on where they ended, nothing that gathers in memory."""

from __future__ import annotations

import json
import pathlib
import re
import sys

import pytest

from .playbooks import ROOT, ansible_playbooks, run_playbook

LOCAL = 'ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"'
LOG = json.dumps([str(ROOT / "tests/fixtures/real-logs/postfix-3.7.11-debian12/F-content-filter/maillog.iso")])
# Ends when the hosts have answered, as an audit that is interrupted does.
AUDIT_ALONE = "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.import_role:\n        name: mailfleet.tls_audit.audit\n"
# Of both ansible-cores one is enough: the other tests run the same action with each.
ANSIBLE_PLAYBOOK = ansible_playbooks()[-1]


def test_an_interrupted_audit_goes_on_where_it_ended(tmp_path: pathlib.Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"mx{number} {LOCAL} audit_log_paths='{LOG}'\n" for number in range(3)))
    book = tmp_path / "book.yml"
    book.write_text(AUDIT_ALONE)
    run = run_playbook(ANSIBLE_PLAYBOOK, tmp_path / "report", "--limit", "mx0,mx1", playbook=str(book), inventory=hosts)
    assert run.code == 0, run.output
    before = {name: run.record(name) for name in ("mx0", "mx1")}
    assert {record["status"] for record in before.values()} == {"audited"}
    assert len({record["run_id"] for record in before.values()}) == 1
    hosts.write_text(hosts.read_text().replace(LOG, '["/nowhere"]'))
    resumed = run_playbook(ANSIBLE_PLAYBOOK, tmp_path / "report", "-e", "audit_max_age=12h", inventory=hosts)
    assert resumed.code == 0, resumed.output
    assert {name: resumed.record(name) for name in ("mx0", "mx1")} == before
    assert resumed.record("mx2")["reason"]["kind"] == "no_log"
    assert "2 of 3 hosts have a record of less than 12h" in resumed.output
    # Other networks are another question, and what failed is asked again.
    hosts.write_text(hosts.read_text().replace('["/nowhere"]', LOG) + "[all:vars]\naudit_internal_networks=[\"192.0.2.0/24\"]\n")
    again = run_playbook(ANSIBLE_PLAYBOOK, tmp_path / "report", "-e", "audit_max_age=12h audit_run_id=the-second", inventory=hosts)
    assert {again.record(f"mx{number}")["run_id"] for number in range(3)} == {"the-second"}, again.output
    bad = run_playbook(ANSIBLE_PLAYBOOK, tmp_path / "report", "-e", "audit_max_age=soon", inventory=hosts)
    assert "max_age: 'soon' is not an age" in bad.record("mx0")["reason"]["detail"]


def test_facts_stay_in_the_record(tmp_path: pathlib.Path) -> None:
    """What thousands of hosts tell does not gather in the controller's memory."""
    hosts = tmp_path / "hosts"
    hosts.write_text(f"mx0 {LOCAL} audit_log_paths='{LOG}'\n")
    book = tmp_path / "book.yml"
    book.write_text(
        f"{AUDIT_ALONE}"
        "    - ansible.builtin.copy:\n        content: \"{{ {'result': audit_result, 'facts': ansible_facts} | to_json }}\"\n"
        f"        dest: {tmp_path}/kept\n        mode: '0600'\n")
    run = run_playbook(ANSIBLE_PLAYBOOK, tmp_path / "report", playbook=str(book), inventory=hosts)
    assert run.code == 0, run.output
    kept = json.loads((tmp_path / "kept").read_text())
    assert len(json.dumps(kept)) < 2000, kept
    assert kept["result"]["record"]["status"] == "audited" and kept["result"]["changed"] is False
    assert run.record("mx0")["maillog"]["inbound"]["total"]["sessions"]["total"] == 11


@pytest.mark.parametrize("ansible_playbook", ansible_playbooks(), ids=lambda path: pathlib.Path(path).parents[1].name)
def test_a_host_that_takes_too_long_is_left(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    """audit_timeout may differ from host to host, and a bad one is a reason of that host alone."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\ncat >/dev/null\nexec sleep 60\n")
    slow.chmod(0o755)
    hosts = tmp_path / "hosts"
    hosts.write_text(f"slow ansible_connection=local ansible_python_interpreter={slow} audit_timeout=\"{{{{ 1 + 1 }}}}\"\n"
                     f"bad {LOCAL} audit_timeout=soon\ngood {LOCAL} audit_log_paths='{LOG}'\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    assert run.record("slow")["reason"]["kind"] == "timeout", run.output
    assert "audit_timeout" in run.record("slow")["reason"]["hint"] and "2" in run.record("slow")["reason"]["detail"]
    assert "audit_timeout: 'soon' is not a number of seconds" in run.record("bad")["reason"]["detail"]
    assert run.record("good")["status"] == "audited"


def test_a_host_loads_what_its_log_needs(tmp_path: pathlib.Path) -> None:
    """Python compiles what Ansible sends at every run: what this host has no use for is left alone."""
    hosts = tmp_path / "hosts"
    traced = tmp_path / "python"
    traced.write_text(f"#!/bin/sh\nexec {sys.executable} -v - 2>{tmp_path}/loaded\n")
    traced.chmod(0o755)
    hosts.write_text(f"mx0 ansible_connection=local ansible_python_interpreter={traced} audit_log_paths='{LOG}'\n")
    run = run_playbook(ANSIBLE_PLAYBOOK, tmp_path / "report", inventory=hosts)
    assert run.record("mx0")["status"] == "audited", run.output
    loaded = [match[1] for match in (re.match(r"import 'ansible_collections\.mailfleet\.tls_audit\.plugins\.module_utils\.(\S+)'", line)
                                     for line in (tmp_path / "loaded").read_text().splitlines()) if match]
    assert "_maillog.mtas.postfix" in loaded and "_maillog.facts" in loaded
    assert not {name for name in loaded if re.search(r"mtas\.(exim|sendmail|opensmtpd|dovecot)|journal$|workers|checkpoints|decompression|hosts", name)}
