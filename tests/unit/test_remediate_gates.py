# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gate G1 of the role remediate, whichever of its parts is run, and by whatever playbook, and G2. It reads this machine and changes nothing.

The other gates are tried on the fleet.
"""

from __future__ import annotations

import dataclasses
import pathlib
from datetime import datetime, timedelta, timezone

import yaml

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record, record_bytes
from ansible_collections.mailfleet.tls_audit.tests.fleet.recap import failures, recap
from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import ansible_playbooks, run_playbook
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import RUN, answer, maillog, mailserver, messages, scope, sessions

OFF = "G1: {} is off for this host, so it is not changed"
OUT = "G1: this host is not in the inventory group remediate, so it is not changed"
SWITCHES = {"tls_logging": "remediate_tls_logging", "clamav": "remediate_clamav", "starttls": "remediate_starttls"}


def test_a_host_is_changed_only_in_its_group_and_with_its_switch(tmp_path: pathlib.Path) -> None:
    """Each host of the inventory is this machine: `off_` in the group without a switch, `out_` with the switch in no group."""
    inside, outside = [], ["out_rollback part=rollback"]
    for part, switch in SWITCHES.items():
        inside.append(f"off_{part} part={part}")
        outside.append(f"out_{part} part={part} {switch}=true")
    everywhere = ["[all:vars]", "ansible_connection=local", "ansible_python_interpreter={{ ansible_playbook_python }}", ""]
    (tmp_path / "hosts").write_text("\n".join(["[remediate]", *inside, "[others]", *outside, *everywhere]))
    role = {"name": "mailfleet.tls_audit.remediate", "tasks_from": "{{ part }}"}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": role}]}]))
    run = run_playbook(ansible_playbooks()[-1], tmp_path / "report", playbook=str(tmp_path / "play.yml"), inventory=tmp_path / "hosts")
    wanted = {f"off_{part}": OFF.format(switch) for part, switch in SWITCHES.items()}
    assert failures(run) == {**wanted, **{f"out_{part}": OUT for part in (*SWITCHES, "rollback")}}, run.output
    assert {counts["changed"] for counts in recap(run).values()} == {0}


def test_a_host_is_changed_only_after_its_audit_and_with_a_mail_server(tmp_path: pathlib.Path) -> None:
    everywhere = ["[remediate:vars]", "ansible_connection=local", "ansible_python_interpreter={{ ansible_playbook_python }}", "remediate_tls_logging=true"]
    (tmp_path / "hosts").write_text("\n".join(["[remediate]", "never", "old", "bare", *everywhere, ""]))
    folder = tmp_path / "report" / "records"
    folder.mkdir(parents=True)
    for host, age in (("old", timedelta(days=8)), ("bare", timedelta(0))):
        run = dataclasses.replace(RUN, audited_at=(datetime.now(timezone.utc) - age).isoformat(timespec="seconds"))
        facts = answer(maillog(scope(sessions(3, 1, 2), messages(3, 1, 2)), 1), mailserver("absent"))
        (folder / f"{host}.json").write_bytes(record_bytes(build_record(host, facts, run)))
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": {"name": "mailfleet.tls_audit.remediate"}}]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    # Whatever this machine has.
    found = run_playbook(
        ansible_playbooks()[-1], tmp_path / "report", "-e", '{"__remediate_mta": "none"}', playbook=str(tmp_path / "play.yml"), inventory=tmp_path / "hosts")
    none = f"G2: no audit of this host within 7 days in {tmp_path / 'report'} (last: {{}} days ago); run the audit first"
    assert failures(found) == {
        "never": none.format("none, no"), "old": none.format("audited, 8.0"),
        "bare": "G2: no Postfix, Sendmail, Exim or OpenSMTPD was found on this host, so there is nothing to change",
    }, found.output
