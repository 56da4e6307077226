# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records from whatever Ansible registered: failures in plain words, facts checked, nothing that crashes."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem, make_private_directory, write_atomically
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import build_fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.reasons import explain
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import (
    BrokenRecord, build_record, read_record, read_records, record_bytes,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, answer, maillog, mailserver, messages, sample_records, sample_variables, scope, sessions,
)

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "records"
FAILURES = yaml.safe_load((FIXTURES / "failures.yml").read_text(encoding="utf-8"))
GOOD = maillog(scope(sessions(10, 4, 6), messages(5, 2, 3)), 2)


@pytest.mark.parametrize("case", FAILURES, ids=[case["name"] for case in FAILURES])
def test_failures_in_plain_words(case):
    reason = explain(case["result"], case.get("python"), case.get("core", "2.19.14"))
    assert reason.kind == case["kind"]
    assert reason.detail and "\n" not in reason.as_record()["detail"]
    assert reason.hint
    if "detail" in case:
        assert reason.as_record()["detail"] == case["detail"]
    assert case.get("hint", "") in reason.hint


def test_statuses_of_records():
    records = {record["host"].split(".")[0]: record for record in sample_records()}
    assert records["alpha"]["status"] == "audited" and records["alpha"]["reason"] is None
    assert records["hotel"]["status"] == "unreachable"
    assert records["india"]["status"] == "failed"
    assert build_record("mx1", {}, RUN)["status"] == "skipped"
    assert build_record("mx1", None, RUN)["reason"]["detail"] == "The inventory does not know this host."


def test_what_was_seen_of_a_failed_host_is_kept():
    record = build_record("mx1", {**answer(server=mailserver("working")), "audit_maillog": {
        "failed": True, "msg": "No mail log could be read: /var/log/maillog: Permission denied"}}, RUN)
    assert (record["status"], record["reason"]["kind"]) == ("failed", "no_permission")
    assert record["mailserver"]["antivirus"]["state"] == "working"


def test_unreachable_at_the_first_task():
    record = build_record("mx1", {
        "audit_mailserver": {"unreachable": True, "msg": "no route"}, "audit_maillog": {"skipped": True},
    }, RUN)
    assert record["status"] == "unreachable"


def test_a_failure_on_the_controller():
    record = build_record("mx1", {"audit_maillog": {"failed": True, "msg": "audit_since is not a date"}}, RUN)
    assert (record["status"], record["reason"]["detail"]) == ("failed", "audit_since is not a date")


def _with(path, value):
    facts = copy.deepcopy(GOOD)
    node = facts
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return facts


VIOLATIONS = [
    (("inbound", "external", "sessions", "tls"), -1), (("inbound", "external", "sessions", "tls"), True),
    (("inbound", "external", "sessions", "tls"), "4"), (("inbound", "external", "sessions", "tls"), 10**30),
    (("inbound", "external", "sessions", "tls"), 5), (("inbound", "external", "messages", "tls"), 4),
    (("inbound", "external", "messages", "total"), 4), (("inbound", "external"), None), (("period",), "x"),
    (("period", "first"), "2026-11-01 00:00"), (("coverage", "tls_visibility"), "full"), (("schema_version",), 2),
    (("services",), {"a" * 100: {}}), (("services",), {"<script>": {}}), (("tls", "protocols"), {str(n): 1 for n in range(40)}),
    (("coverage", "notices"), [{"kind": "<b>"}]), (("sources",), [{}] * 500), (("daily",), [{"date": "2026-13-01"}]),
    (("performance", "seconds"), float("nan")), (("mtas",), "postfix"),
]


@pytest.mark.parametrize("path, value", VIOLATIONS, ids=[".".join(path) for path, _value in VIOLATIONS])
def test_facts_out_of_bounds_make_a_failed_record(path, value):
    record = build_record("mx1", answer(_with(path, value), mailserver("working")), RUN)
    assert (record["status"], record["reason"]["kind"], record["maillog"]) == ("failed", "error", None)
    assert record["reason"]["detail"].startswith("The host's facts were refused: maillog")


def test_unknown_keys_are_left_out():
    record = build_record("mx1", answer(_with(("surprise",), {"deep": [1]})), RUN)
    assert record["status"] == "audited" and "surprise" not in record["maillog"]


def test_text_is_cleaned_and_cut():
    facts = _with(("sources",), [{"path": "\x1b[31m/var\u202e/log\n\x00" + "a" * 5000, "status": "read"}])
    path = build_record("mx1", answer(facts), RUN)["maillog"]["sources"][0]["path"]
    assert path.startswith("[31m/var/log") and len(path) == 400 and path.endswith("…")


def test_a_record_is_bounded():
    source = {"path": "p" * 400, "reason": "r" * 300}
    record = build_record("mx1", answer(_with(("sources",), [source] * 399)), RUN)
    assert record["status"] == "failed" and len(record_bytes(record)) < 2000


def test_deep_nesting_is_no_crash():
    deep = []
    for _level in range(100_000):
        deep = [deep]
    assert build_record("mx1", answer(_with(("mtas",), deep)), RUN)["status"] == "failed"


def test_facts_cannot_speak_for_the_inventory():
    variables = answer(GOOD, mailserver("absent"), audit_declared_antivirus="scanned elsewhere")
    variables["ansible_facts"] = {"audit_declared_antivirus": "scanned elsewhere"}
    record = build_record("mx1", variables, RUN)
    assert (record["status"], record["maillog"], record["declared"]["antivirus"]) == ("failed", None, None)


def test_labels_are_literal():
    record = build_record("mx1", answer(GOOD, audit_labels={"部門": "{{ lookup('pipe', 'id') }}", "floor": 3, "bad": [1]}), RUN)
    assert record["labels"] == {"部門": "{{ lookup('pipe', 'id') }}", "floor": "3"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["ansible_facts", "maillog", "mailserver", "failed", "msg", "inbound", "schema_version", "unreachable"]) | st.text(max_size=4),
        inner, max_size=4,
    ), max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON, JSON, JSON)
def test_anything_makes_a_record_that_reads_back(log, server, facts):
    record = build_record("mx1", {"audit_maillog": log, "audit_mailserver": server, "ansible_facts": facts}, RUN)
    assert schema.check_record(json.loads(record_bytes(record))) == record


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["inbound", "period", "coverage", "services", "tls", "daily", "sources", "logins", "mtas"]), JSON)
def test_any_part_replaced_makes_a_record(part, value):
    record = build_record("mx1", answer({**GOOD, part: value}), RUN)
    assert schema.check_record(json.loads(record_bytes(record))) == record


def test_records_read_back(tmp_path):
    for record in sample_records():
        path = tmp_path / (record["host"] + ".json")
        path.write_bytes(record_bytes(record))
        assert read_record(path) == record


BROKEN = {
    "empty": b"", "half": b'{"record_version": 1', "list": b"[]", "latin1": b'{"host": "\xe9"}', "version": b'{"record_version": 2}',
    "deep": b"[" * 100_000, "huge": b" " * 300_000, "number": b"1" * 5000, "nul": b"\0",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_is_a_remark(tmp_path, name):
    (tmp_path / "x.json").write_bytes(BROKEN[name])
    fleet = build_fleet(read_records(tmp_path), Thresholds())
    assert not fleet.hosts
    assert [(row.subject, row.kind) for row in fleet.quality] == [("x.json", "broken_record")]


def test_links_pipes_and_folders_are_not_followed(tmp_path):
    os.symlink("/etc/passwd", tmp_path / "link.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    assert all(isinstance(record, BrokenRecord) for _name, record in read_records(tmp_path))


def test_the_newest_record_of_a_host_counts_once(tmp_path):
    old, new = (build_record("mx1", sample_variables()[name], RUN) for name in ("bravo.example.org", "alpha.example.org"))
    old["audited_at"] = "2026-11-24T00:59:59Z"
    new["audited_at"] = "2026-11-24T10:00:00+09:00"
    for name, record in (("a.json", new), ("b.json", old)):
        (tmp_path / name).write_bytes(record_bytes(record))
    fleet = build_fleet(read_records(tmp_path), Thresholds())
    assert [host.status for host in fleet.hosts] == ["exposed"]
    assert [(row.kind, row.numbers) for row in fleet.quality] == [("duplicate_record", (1,))]


def test_old_records_are_named(tmp_path):
    records = sample_records()[:2]
    records[0]["audited_at"] = "2026-10-01T00:00:00+09:00"
    entries = [(str(index), record) for index, record in enumerate(records)]
    assert [row.kind for row in build_fleet(entries, Thresholds()).quality] == ["old_record"]


def test_thresholds():
    entries = [(record["host"], record) for record in sample_records()]
    fleet = build_fleet(entries, Thresholds.from_options({"exposed_messages_per_day": 41, "signature_max_age_days": "0.4"}))
    status = {host.name.split(".")[0]: host.status for host in fleet.hosts}
    assert (status["alpha"], status["bravo"]) == ("low", "degraded")
    for options in ({"unknown": 1}, {"exposed_messages_per_day": 0}, {"exposed_messages_per_day": "x"}):
        with pytest.raises(ValueError):
            Thresholds.from_options(options)


def test_files_are_private_and_whole(tmp_path):
    make_private_directory(tmp_path / "new")
    target = tmp_path / "new" / "a.json"
    assert write_atomically(target, b"1") is True
    assert write_atomically(target, b"1") is False
    assert (target.stat().st_mode & 0o777, target.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert os.listdir(target.parent) == ["a.json"]


def test_a_link_in_the_way_is_refused(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "a.json").symlink_to(victim)
    with pytest.raises(FileProblem):
        write_atomically(tmp_path / "a.json", b"1")
    assert victim.read_text() == "precious"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "records").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileProblem):
        make_private_directory(tmp_path / "records")
