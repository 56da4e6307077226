# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe showed gets into the records, through real playbooks, whatever the hosts answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.action.conftest import Workbench
from ansible_collections.mailfleet.tls_audit.tests.unit.probe.test_host import answers

_PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - answer: {path: "{{ answer_file }}.before"}
      register: probe_before
      when: answer_file is defined
    - answer: {path: "{{ answer_file }}.inside"}
      loop: [25]
      register: probe_inside
      when: answer_file is defined
    - answer: {path: "{{ answer_file }}.sent"}
      loop: [25]
      register: probe_sent
      ignore_errors: true
      when: answer_file is defined
    - answer: {path: "{{ answer_file }}.trail"}
      loop: [25]
      register: probe_trail
      when: answer_file is defined
    - mailfleet.tls_audit.probe_records:
        hosts: "{{ ansible_play_hosts_all }}"
        dir: "{{ report_dir }}"
        probed_at: "2026-11-24T10:15:00+09:00"
        run_id: probe-1
        origin: probe.example.net
      delegate_to: localhost
      run_once: true
      register: written
    - ansible.builtin.import_role:
        name: mailfleet.tls_audit.report
      run_once: true
    - ansible.builtin.debug:
        msg: "SAID {{ written.counts | to_json }} CHANGED {{ written.changed }}"
      run_once: true
"""


def probed(workbench: Workbench, name: str, **changes: Any) -> None:
    """A host that answers as one that delivers everything, but for some changes."""
    workbench.host(name)
    stem = workbench.hosts[name]["answer_file"]
    whole = answers()
    parts = {"before": whole["probe_before"], **{part: whole[f"probe_{part}"]["results"][0] for part in ("inside", "sent", "trail")}, **changes}
    for part, answer in parts.items():
        Path(f"{stem}.{part}").write_text(json.dumps(answer), encoding="utf-8")


def test_into_the_records_and_the_report(workbench: Workbench) -> None:
    probed(workbench, "mx1")
    output = workbench.run("-e", "report_languages=en,ja", play=_PLAY)
    assert '{\\"confirmed_blind\\": 1} CHANGED True' in output
    record = workbench.record("mx1.json")
    assert (record["status"], record["probe"]["state"], record["probe"]["origin"]) == ("skipped", "confirmed_blind", "probe.example.net")
    assert "probed from outside, and not audited yet" in record["reason"]["detail"]
    page = (workbench.report_dir / "index.html").read_text(encoding="utf-8")
    assert "EICAR was delivered" in page and "eicar starttls: delivered as sent" in page
    assert "EICARが配送された" in (workbench.report_dir / "index.ja.html").read_text(encoding="utf-8")
    # The same again says the same again.
    assert "CHANGED False" in workbench.run("-e", "report_languages=en,ja", play=_PLAY)


def test_a_host_that_was_not_reached_keeps_what_was_seen_before(workbench: Workbench) -> None:
    probed(workbench, "mx1")
    workbench.run(play=_PLAY)
    before = (workbench.report_dir / "records" / "mx1.json").read_bytes()
    Path(workbench.hosts["mx1"]["answer_file"] + ".sent").write_text(json.dumps({"failed": True, "msg": "no route to the sender"}), encoding="utf-8")
    assert "not_tested" in workbench.run(play=_PLAY)
    assert (workbench.report_dir / "records" / "mx1.json").read_bytes() == before


def test_hosts_that_were_not_probed_and_check_mode_leave_no_trace(workbench: Workbench) -> None:
    probed(workbench, "mx1")
    del workbench.hosts["mx1"]["answer_file"]
    workbench.run("--check", play=_PLAY[:_PLAY.index("    - ansible.builtin.import_role")])
    assert not (workbench.report_dir / "records").exists()


def test_a_broken_record_stays_and_is_told(workbench: Workbench) -> None:
    probed(workbench, "mx1")
    path = workbench.report_dir / "records" / "mx1.json"
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    output = " ".join(workbench.run(play=_PLAY).split())
    assert "what the probe of mx1 showed was not kept: mx1.json" in output
    assert path.read_text(encoding="utf-8") == "{"


@pytest.mark.parametrize("text", ["{{ lookup('ansible.builtin.pipe', 'touch %s') }}", "<script>alert(1)</script>\x1b[31m"])
def test_hostile_answers_are_text(workbench: Workbench, text: str) -> None:
    mark = workbench.folder / "ran"
    nasty = text.replace("%s", str(mark))
    whole = answers()
    sent, trail = whole["probe_sent"]["results"][0], whole["probe_trail"]["results"][0]
    for delivery in sent["deliveries"]:
        delivery["text"] = nasty
    sent["view"]["banner"] = sent["view"]["text"] = nasty
    trail["mailbox"]["unread"] = [nasty]
    for mail in trail["mails"]:
        mail["log"]["lines"] = [nasty]
    probed(workbench, "mx1", sent=sent, trail=trail, before={"moment": nasty})
    workbench.run(play=_PLAY)
    assert not mark.exists()
    assert workbench.record("mx1.json")["probe"]["state"] == "confirmed_blind"
    assert "<script>alert" not in (workbench.report_dir / "index.html").read_text(encoding="utf-8")


def test_a_probed_host_is_audited_later_and_keeps_its_probe(workbench: Workbench) -> None:
    probed(workbench, "mx1")
    workbench.run(play=_PLAY)
    workbench.run()
    assert workbench.record("mx1.json")["probe"]["state"] == "confirmed_blind"
