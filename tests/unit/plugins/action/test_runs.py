# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two actions and the report role in real runs: every host gets a record, and a second run changes nothing."""

from __future__ import annotations

import json
import os
import re

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import call_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import record_bytes
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.version import collection_version
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, render
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.action.conftest import ROOT
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    maillog, mailserver, messages, sample_records, scope, sessions,
)

GOOD = {"ansible_facts": {"maillog": maillog(scope(sessions(30, 10, 20), messages(20, 10, 10)), 10)}}
ABSENT = {"ansible_facts": {"mailserver": mailserver("absent")}}


def test_every_host_has_a_record_though_the_first_is_unreachable(workbench):
    workbench.host("aaa", ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=1)
    workbench.host("mx1", GOOD, ABSENT, audit_labels={"department": "Law"})
    workbench.host("mx2", {"failed": True, "msg": "Missing sudo password"})
    workbench.host("nopython", GOOD, ansible_python_interpreter="/nonexistent/python")
    output = workbench.run()
    records = workbench.records()
    assert {name: record["status"] for name, record in records.items()} == {
        "aaa": "unreachable", "mx1": "audited", "mx2": "failed", "nopython": "failed",
    }
    assert "Connection refused" in records["aaa"]["reason"]["detail"]
    assert records["mx2"]["reason"]["kind"] == "become"
    assert "Python" in records["nopython"]["reason"]["detail"]
    assert (records["mx1"]["labels"], records["mx1"]["settings"]) == (
        {"department": "Law"}, {"internal_networks": ["192.0.2.0/24"], "audit_mode": None})
    assert '"audited": 1' in output.replace("\\", "")
    assert "1 server passes about 1.0 external messages a day that no local antivirus inspects." in output
    assert (workbench.report_dir.stat().st_mode & 0o777, (workbench.report_dir / "records").stat().st_mode & 0o777) == (0o700, 0o700)
    assert {path.stat().st_mode & 0o777 for path in workbench.report_dir.rglob("*.*")} == {0o600}


def test_only_unreachable_hosts(workbench):
    workbench.host("aaa", ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=1)
    workbench.run()
    assert json.loads((workbench.report_dir / "fleet.json").read_text())["figures"]["statuses"]["not_audited"] == 1


def test_a_second_run_changes_nothing(workbench):
    workbench.host("mx1", GOOD, ABSENT)
    assert "CHANGED True True" in workbench.run()
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in workbench.report_dir.rglob("*.*")}
    assert "CHANGED False False" in workbench.run()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in workbench.report_dir.rglob("*.*")} == before


def test_check_mode_writes_nothing(workbench):
    workbench.host("mx1", GOOD, ABSENT)
    workbench.run()
    before = {path: path.read_bytes() for path in workbench.report_dir.rglob("*.*")}
    workbench.host("mx2", GOOD)
    assert "CHANGED False False" in workbench.run("--check")
    assert {path: path.read_bytes() for path in workbench.report_dir.rglob("*.*")} == before


def test_check_mode_before_the_first_audit(workbench):
    workbench.host("mx1", GOOD, ABSENT)
    assert "No server has been audited yet." in workbench.run("--check")
    assert not workbench.report_dir.exists()
    # Records that are somewhere else and are not there are a slip.
    output = workbench.run("--check", play="""
- hosts: all
  gather_facts: false
  tasks:
    - mailfleet.tls_audit.fleet_report: {report_dir: "{{ report_dir }}", records_dir: /nonexistent/records}
""", expect=2)
    # Once, and not as its own cause, too.
    assert re.sub(r"\s+", " ", output).split("FAILED! =>")[1].count("cannot list the records in /nonexistent/records") == 1


def test_words_of_the_inventory_that_are_lost_are_named(workbench):
    workbench.host("mx1", GOOD, ABSENT, audit_labels="Physics", audit_declared_antivirus="a gateway")
    workbench.host("mx2", GOOD, ABSENT, audit_labels={"department": "Law", "rooms": [1]})
    workbench.host("mx3", GOOD, ABSENT, audit_labels={"department": "Law", "floor": 3}, audit_declared_antivirus="{{ gateway }}")
    output = re.sub(r"\s+", " ", workbench.run())
    assert "audit_labels of 2 hosts is not in the report as it was meant" in output
    assert "audit_declared_antivirus of 1 host is not in the report as it was meant" in output
    assert workbench.records()["mx3"]["labels"] == {"department": "Law", "floor": "3"}


def test_a_link_in_place_of_a_record_is_refused(workbench):
    workbench.host("mx1", GOOD, ABSENT)
    (workbench.report_dir / "records").mkdir(parents=True)
    victim = workbench.folder / "victim"
    victim.write_text("precious")
    (workbench.report_dir / "records" / "mx1.json").symlink_to(victim)
    assert "not a regular file" in re.sub(r"\s+", " ", workbench.run(expect=2))
    assert victim.read_text() == "precious"


def test_report_again_from_saved_records(workbench):
    folder = workbench.report_dir / "records"
    folder.mkdir(parents=True)
    for record in sample_records():
        (folder / record_file_name(record["host"])).write_bytes(record_bytes(record))
    (folder / "broken.json").write_text("{")
    arguments = ("-e", f"report_dir={workbench.report_dir}", "-e", "report_languages=en,ja")
    output = workbench.run_file(ROOT / "playbooks" / "report.yml", *arguments)
    assert "4 servers pass about 53 external messages a day that no local antivirus inspects." in output
    assert "| broken.json | broken record |" in (workbench.report_dir / "report.md").read_text(encoding="utf-8")
    assert sorted(os.listdir(workbench.report_dir)) == [
        "fleet.json", "fleet.prom", "history", "hosts.csv", "index.html", "index.ja.html", "records", "report.ja.md", "report.md",
    ]
    # Byte for byte what this process renders, whichever ansible-core, Python and Jinja2 the playbook ran with.
    call = call_of(
        program="ansible-playbook", playbook=str(ROOT / "playbooks" / "report.yml"), inventories=[], servers=[], report_dir=workbench.report_dir,
        here=workbench.folder, languages=["en", "ja"], languages_typed=True)
    options = Options(languages=("en", "ja"), collection_version=collection_version(), call=call)
    assert {name: (workbench.report_dir / name).read_bytes() for name in render(folder, options).files} == render(
        folder, options, workbench.report_dir / "history",
    ).files


def test_several_languages(workbench):
    workbench.host("mx1", GOOD, ABSENT)
    workbench.run("-e", "report_languages=ja,en")
    assert sorted(path.name for path in workbench.report_dir.glob("*.??*") if path.is_file()) == [
        "fleet.json", "fleet.prom", "hosts.csv", "index.en.html", "index.html", "report.en.md", "report.md",
    ]
    assert '<html lang="ja">' in (workbench.report_dir / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in (workbench.report_dir / "index.en.html").read_text(encoding="utf-8")


def test_an_audit_keeps_what_a_probe_showed(workbench):
    """And a probe that saw EICAR delivered over TLS outranks antivirus that looks as if it worked, until it is too old."""
    working = {"ansible_facts": {"mailserver": mailserver("working")}}
    workbench.host("mx1", GOOD, working)
    workbench.host("mx2", {"unreachable": True, "msg": "timed out"})
    workbench.run()
    for name in ("mx1", "mx2"):
        record = workbench.record(f"{name}.json")
        record["probe"] = {
            "schema_version": 1, "state": "confirmed_blind", "probed_at": "2026-11-20T10:00:00+09:00", "origin": "probe.example.net",
            "evidence": ["EICAR over STARTTLS was delivered"], "steps": [{"name": "eicar_starttls", "verdict": "delivered_intact"}],
        }
        (workbench.report_dir / "records" / f"{name}.json").write_bytes(record_bytes(record))
    workbench.run()
    assert {record["probe"]["state"] for record in workbench.records().values()} == {"confirmed_blind"}
    hosts = {host["host"]: host for host in json.loads((workbench.report_dir / "fleet.json").read_text())["hosts"]}
    assert (hosts["mx1"]["status"], hosts["mx1"]["probe"]["age_days"], hosts["mx1"]["unscanned"]["messages"]) == ("exposed", 4, 10)
    assert hosts["mx2"]["status"] == "not_audited"
    workbench.run("-e", "report_probe_max_age_days=3")
    hosts = {host["host"]: host for host in json.loads((workbench.report_dir / "fleet.json").read_text())["hosts"]}
    assert (hosts["mx1"]["status"], hosts["mx1"]["probe"]["old"]) == ("protected", True)
    assert "| mx1 | old probe |" in (workbench.report_dir / "report.md").read_text()


def test_damaged_history_is_a_warning(workbench):
    workbench.host("mx1", GOOD, ABSENT)
    workbench.run()
    (path,) = (workbench.report_dir / "history").iterdir()
    path.write_text("{")
    assert path.name in workbench.run("--check")
    assert path.read_text() == "{"
    output = " ".join(workbench.run().split())
    assert "history/damaged" in output and path.name in output and "1 file of the report's history is damaged" in output
    assert (path.parent / "damaged" / path.name).read_text() == "{"
    assert path.read_text().startswith('{"antivirus_working"')
    assert "damaged history" in (workbench.report_dir / "report.md").read_text()


def test_bad_options_are_named(workbench):
    workbench.host("mx1", GOOD)
    assert "no report language" in workbench.run("-e", "report_language=xx", expect=2)
    output = " ".join(workbench.run("-e", '{"report_languages": ["en", "tlh"]}', expect=2).split())
    assert "no report language 'tlh'; there are: en, ja" in output
    assert "report_probe_max_age_days" in workbench.run("-e", "report_probe_max_age_days=soon", expect=2)
    assert "unknown threshold" in workbench.run("-e", '{"report_thresholds": {"x": 1}}', expect=2)
