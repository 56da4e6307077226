# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit from the inventory to the report, on the example fleet and on hosts that fail in every way."""

from __future__ import annotations

import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import warnings

import jsonschema
import pytest
import yaml

from .playbooks import ROOT, Run, ansible_playbooks, core_version, run_playbook

# sessions total, tls, plaintext, tls_failed, unknown; external messages total, tls, plaintext, unknown: by hand from each log's truth.json.
EXAMPLE = {
    "mx.physics.example.edu": ((72, 35, 28, 9, 0), (32, 18, 14, 0)),
    # Port 465 had 4 sessions with TLS and 3 messages, 2 of them external, which TLS log level 0 does not show.
    "mx.chemistry.example.edu": ((72, 31, 28, 9, 4), (32, 16, 14, 2)),
    "mx.history.example.edu": ((72, 0, 0, 9, 63), (32, 0, 0, 32)),
    "mx.library.example.edu": ((177, 78, 75, 24, 0), (81, 39, 42, 0)),
    "mx.economics.example.edu": ((15, 6, 8, 1, 0), (8, 4, 4, 0)),
    "mx.arts.example.edu": ((11, 5, 4, 2, 0), (6, 4, 2, 0)),
}
# What the wire was, from truth.json, for the hosts whose log shows it all.
TRUTH = {
    "mx.physics.example.edu": "postfix-3.7.11-debian12/A-loglevel1", "mx.library.example.edu": "postfix-3.10.13-debian13/Q-pid-reuse",
    "mx.economics.example.edu": "postfix-3.10.13-debian13/C-postscreen", "mx.arts.example.edu": "postfix-3.7.11-debian12/F-content-filter",
}


@pytest.fixture(scope="module", params=ansible_playbooks(), ids=lambda path: "core-" + ".".join(str(part) for part in core_version(path)))
def ansible_playbook(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def example(ansible_playbook: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_playbook(ansible_playbook, tmp_path_factory.mktemp("example") / "report")


def inventory(folder: pathlib.Path, text: str) -> pathlib.Path:
    path = folder / "hosts"
    path.write_text(text)
    return path


def log(folder: pathlib.Path, name: str = "maillog") -> str:
    (folder / name).write_bytes((ROOT / "tests/fixtures/real-logs" / TRUTH["mx.arts.example.edu"] / "maillog.iso").read_bytes())
    return json.dumps([str(folder / name)])


LOCAL = 'ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"'


def weeks_before(host: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What the made-up weeks before a host's real log hold, in the form of EXAMPLE: by their generator's count."""
    truth = json.loads((ROOT / "tests/fixtures/example/before/truth.json").read_text())[host.split(".")[1]]

    def count(kind: str, tls_class: str, *scopes: str) -> int:
        return sum(truth.get(f"{scope}/{kind}/{tls_class}", 0) for scope in scopes)
    tls, plaintext, failed = (count("sessions", tls_class, "external", "internal") for tls_class in ("tls", "plaintext", "tls_failed"))
    messages_tls, messages_plaintext = (count("messages", tls_class, "external") for tls_class in ("tls", "plaintext"))
    total, messages = tls + plaintext + failed, messages_tls + messages_plaintext
    if host == "mx.history.example.edu":
        return (total, 0, 0, failed, tls + plaintext), (messages, 0, 0, messages)
    return (total, tls, plaintext, failed, 0), (messages, messages_tls, messages_plaintext, 0)


def test_example_figures_equal_the_truth(example: Run) -> None:
    assert example.code == 0, example.output
    hosts = example.hosts()
    assert len(hosts) == 8
    for name, (sessions, messages) in EXAMPLE.items():
        inbound = hosts[name]["inbound"]
        sessions_before, messages_before = weeks_before(name)
        found = tuple(inbound["total"]["sessions"][key] for key in ("total", "tls", "plaintext", "tls_failed", "unknown"))
        assert found == tuple(map(sum, zip(sessions, sessions_before))), name
        found = tuple(inbound["external"]["messages"][key] for key in ("total", "tls", "plaintext", "unknown"))
        assert found == tuple(map(sum, zip(messages, messages_before))), name
        assert hosts[name]["period"]["days_with_logs"] == 29, name
    for name, place in TRUTH.items():
        summary = json.loads((ROOT / "tests/fixtures/real-logs" / place / "truth.json").read_text())["summary"]
        wire = tuple(summary[key] for key in ("sessions", "sessions_tls", "sessions_plain", "sessions_tls_failed"))
        assert (EXAMPLE[name][0][0], EXAMPLE[name][0][1], EXAMPLE[name][0][2], EXAMPLE[name][0][3]) == wire, name


def test_example_is_what_the_published_schemas_say(example: Run) -> None:
    folder = ROOT / "docs" / "schemas"
    record, fleet = (json.loads((folder / f"{name}-1.schema.json").read_text()) for name in ("record", "fleet"))
    jsonschema.validate(example.fleet(), fleet)
    for path in (example.report_dir / "records").iterdir():
        jsonschema.validate(json.loads(path.read_text()), record)


def test_example_names_what_could_not_be_audited(example: Run) -> None:
    hosts = example.hosts()
    assert (hosts["mx.medicine.example.edu"]["record_status"], hosts["mx.medicine.example.edu"]["reason"]["kind"]) == ("unreachable", "unreachable")
    assert (hosts["mx.law.example.edu"]["record_status"], hosts["mx.law.example.edu"]["reason"]["kind"]) == ("failed", "no_log")
    page = (example.report_dir / "index.html").read_text()
    assert "mx.law.example.edu" in page and "mx.medicine.example.edu" in page
    assert hosts["mx.history.example.edu"]["tls_share"]["sessions"]["percent"] is None


def test_it_ends_with_verdict_and_path(example: Run) -> None:
    fleet = example.fleet()
    said = example.output.rsplit("PLAY RECAP", 1)[0]
    assert fleet["verdict"] in said
    assert str(example.report_dir / "index.html") in said
    assert "mx.law.example.edu: " in said


def test_rerun_is_safe_and_report_alone_gives_the_same(ansible_playbook: str, example: Run) -> None:
    before = (example.report_dir / "fleet.json").read_bytes(), (example.report_dir / "index.html").read_bytes()
    again = run_playbook(ansible_playbook, example.report_dir, playbook="playbooks/report.yml")
    assert again.code == 0, again.output
    assert ((example.report_dir / "fleet.json").read_bytes(), (example.report_dir / "index.html").read_bytes()) == before
    rerun = run_playbook(ansible_playbook, example.report_dir)
    assert rerun.code == 0, rerun.output
    assert len(list((example.report_dir / "records").iterdir())) == 8


def test_no_host_is_changed(example: Run) -> None:
    recap = example.output.rsplit("PLAY RECAP", 1)[1]
    changed = {match[0]: int(match[1]) for match in re.findall(r"(\S+)\s+: ok=\d+\s+changed=(\d+)", recap)}
    assert sum(changed.values()) <= 2, recap    # the records and the report, on the controller


def test_limit_still_reports(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    run = run_playbook(ansible_playbook, tmp_path / "report", "--limit", "mx.arts.example.edu")
    assert run.code == 0, run.output
    assert list(run.hosts()) == ["mx.arts.example.edu"]


def test_slices_merge(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    for name in ("mx.arts.example.edu", "mx.physics.example.edu"):
        run = run_playbook(ansible_playbook, tmp_path / "report", "--limit", name)
        assert run.code == 0, run.output
    assert sorted(run.hosts()) == ["mx.arts.example.edu", "mx.physics.example.edu"]


@pytest.mark.parametrize(("wanted", "code"), [("true", 2), ("false", 0)])
def test_exit_code_tells_whether_all_were_audited(ansible_playbook: str, tmp_path: pathlib.Path, wanted: str, code: int) -> None:
    hosts = inventory(tmp_path, f"a {LOCAL} audit_log_paths='{log(tmp_path)}'\nb {LOCAL} audit_log_paths='[\"{tmp_path}/none\"]'\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", "-e", f"audit_fail_on_unreached={wanted}", inventory=hosts)
    assert run.code == code, run.output
    assert sorted(run.hosts()) == ["a", "b"]


def test_every_host_unreachable(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    hosts = inventory(tmp_path, "[all:vars]\nansible_connection=ssh\nansible_host=127.0.0.1\nansible_port=1\n[mail]\na\nb\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    assert {host["record_status"] for host in run.hosts().values()} == {"unreachable"}
    assert len(run.hosts()) == 2


@pytest.mark.parametrize(("variable", "words"), [
    ("audit_internal_networks='[\"10.0.0.0/99\"]'", ["internal_networks", "10.0.0.0/99"]),
    ("audit_since=2026-13-45", ["since", "2026-13-45"]),
    ("audit_since=2026-02-02 audit_until=2026-02-01", ["since", "2026-02-02", "until", "2026-02-01"]),
    ("audit_max_days=many", ["audit_max_days"]),
    ("audit_timezone=Mars/Olympus", ["timezone", "Mars/Olympus"]),
    ("audit_become=true ansible_become_exe=/nowhere/sudo ansible_become_user=nobody", ["/nowhere/sudo"]),
])
def test_bad_input_of_one_host_is_named_and_the_others_report(ansible_playbook: str, tmp_path: pathlib.Path, variable: str, words: list[str]) -> None:
    paths = log(tmp_path)
    hosts = inventory(tmp_path, f"bad {LOCAL} audit_log_paths='{paths}' {variable}\ngood {LOCAL} audit_log_paths='{paths}'\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    assert run.record("good")["status"] == "audited"
    bad = run.record("bad")
    assert bad["status"] == "failed"
    assert all(word in bad["reason"]["detail"] for word in words), bad["reason"]


# What is wrong with a host's variables -> words of its reason. Ansible finds some of it before the host's action begins, some in it.
WRONG = {
    "no-connection": ("ansible_connection=nowhere", "nowhere"),
    "connection": ("ansible_connection='{{ not_set }}'", "not_set"),
    "address": ("ansible_connection=ssh ansible_host='{{ not_set }}'", "not_set"),
    "port": ("ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=many", "many"),
    "python": ("ansible_connection=local ansible_python_interpreter='{{ not_set }}'", "not_set"),
    "no-python": ("ansible_connection=local ansible_python_interpreter=/nowhere/python", "/nowhere/python"),
    "shell": (f"{LOCAL} ansible_shell_type=nowhere", "nowhere"),
    "ansible-become": (f"{LOCAL} ansible_become=perhaps", "perhaps"),
    "become": (f"{LOCAL} audit_become=perhaps", "audit_become: 'perhaps'"),
    "become-template": (f"{LOCAL} audit_become='{{{{ not_set }}}}'", "not_set"),
    "become-method": (f"{LOCAL} audit_become=true ansible_become_method=nowhere", "nowhere"),
    "timeout": (f"{LOCAL} audit_timeout='{{{{ not_set }}}}'", "not_set"),
    "template": (f"{LOCAL} audit_since='{{{{ 1 +'", "template"),
    "nice": (f"{LOCAL} audit_nice=99", "nice: 99"),
    "run": (f"{LOCAL} audit_run_id='no name'", "run_id"),
}


@pytest.mark.parametrize("first", ["no-connection", "port", "become-template", "run"])
def test_each_host_has_its_own_reason_whatever_is_wrong_with_the_first(ansible_playbook: str, tmp_path: pathlib.Path, first: str) -> None:
    """What is done once for all hosts is done with the variables of the first. One play, no rescue: what fails is registered."""
    paths = log(tmp_path)
    lines = {name: f"{name} {variables} audit_log_paths='{paths}'\n" for name, (variables, _words) in WRONG.items()}
    hosts = inventory(tmp_path, "".join([lines.pop(first), *lines.values(), f"good {LOCAL} audit_log_paths='{paths}'\n"]))
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    assert run.record("good")["status"] == "audited"
    for name, (_variables, words) in WRONG.items():
        record = run.record(name)
        assert record["status"] == "failed" and words in record["reason"]["detail"], (name, record["reason"])
    assert sorted(run.hosts()) == sorted(["good", *WRONG])


def test_a_record_that_went_elsewhere_is_said(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    hosts = inventory(tmp_path, f"good {LOCAL} audit_log_paths='{log(tmp_path)}'\nother {LOCAL} audit_log_paths='{log(tmp_path)}' "
                                f"audit_report_dir={tmp_path}/other\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    assert run.record("good")["status"] == "audited"
    reason = run.record("other")["reason"]
    assert f"{tmp_path}/other/records/other.json" in reason["detail"] and "audit_report_dir" in reason["detail"]


def test_a_run_has_one_name(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    """It is made where the actions are loaded, and not in the process of each host. What is done once waits for all hosts, with any strategy."""
    hosts = inventory(tmp_path, f"a {LOCAL} audit_log_paths='{log(tmp_path)}'\nb {LOCAL} audit_log_paths='{log(tmp_path)}'\n"
                                "c ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n")
    names = []
    for strategy in ("linear", "free"):
        run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts, ANSIBLE_STRATEGY=strategy)
        assert [run.record(name)["status"] for name in "abc"] == ["audited", "audited", "unreachable"], run.output
        names += sorted({run.record(name)["run_id"] for name in "abc"})
    assert len(names) == 2 and all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", name) for name in names)


def test_check_mode_writes_nothing_and_says_what_it_saw(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    hosts = inventory(tmp_path, f"a {LOCAL} audit_log_paths='{log(tmp_path)}'\nb {LOCAL} audit_log_paths='[\"/nowhere\"]'\n")
    run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    before = {path.name: path.read_bytes() for path in (tmp_path / "report/records").iterdir()}
    run = run_playbook(ansible_playbook, tmp_path / "report", "--check", inventory=hosts)
    assert run.code == 0, run.output
    assert {path.name: path.read_bytes() for path in (tmp_path / "report/records").iterdir()} == before
    assert "b: " in run.output.rsplit("PLAY RECAP", 1)[0]


def test_the_playbook_audits_by_the_roles_own_task() -> None:
    """The playbook has the task without the role, which costs each host time (docs/scaling.md): there are two copies, and they are one."""
    play, = yaml.safe_load((ROOT / "playbooks/audit.yml").read_text())
    task, = yaml.safe_load((ROOT / "roles/audit/tasks/main.yml").read_text())
    assert play["tasks"][0] == task


def test_a_bad_option_of_the_first_host_leaves_the_report_to_the_others(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    # An INI inventory eats the inner quotes of a host's variable.
    hosts = inventory(tmp_path, f"a {LOCAL} audit_log_paths='{log(tmp_path)}' audit_internal_networks=[\"192.0.2.0/24\"]\n"
                                f"b {LOCAL} audit_log_paths='{log(tmp_path)}'\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    assert run.record("b")["status"] == "audited"
    detail = run.record("a")["reason"]["detail"]
    assert "internal_networks: '[192.0.2.0/24]' is not" in detail and "the list needs quotes around it" in detail


def test_an_option_that_is_wrong_for_all_hosts_fails_the_run(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    hosts = inventory(tmp_path, "".join(f"{name} {LOCAL} audit_log_paths='{log(tmp_path)}'\n" for name in "ab"))
    run = run_playbook(ansible_playbook, tmp_path / "report", "-e", "audit_mode=bogus", inventory=hosts)
    assert run.code == 2, run.output
    assert "No host was audited" in run.output and "audit_mode" in run.output and "bogus" in run.output
    assert {host["record_status"] for host in run.hosts().values()} == {"failed"}


def test_a_slip_in_a_variables_name_is_warned_of(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    hosts = inventory(tmp_path, f"a {LOCAL} audit_log_paths='{log(tmp_path)}' audit_untill=2026-01-01 audit_trail=mine\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    said = " ".join(run.output.split())
    assert "audit_untill is no variable of this collection and does nothing. Is audit_until meant?" in said
    assert "audit_trail" not in said


def test_unknown_option_is_named(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    book = tmp_path / "book.yml"
    book.write_text("- hosts: all\n  gather_facts: false\n  tasks:\n    - mailfleet.tls_audit.maillog_facts:\n        pathz: [x]\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", playbook=str(book), inventory=inventory(tmp_path, f"a {LOCAL}\n"))
    assert run.code != 0
    assert "pathz" in run.output and "paths" in run.output


def test_python_too_old_for_this_ansible(ansible_playbook: str, tmp_path: pathlib.Path) -> None:
    pythons = sorted((pathlib.Path.home() / ".pyenv" / "versions").glob("2.7.*/bin/python"))
    if not pythons:
        warnings.warn("LOUD: no Python 2.7 on this machine, an old target was NOT tried", stacklevel=1)
        pytest.skip("LOUD: no Python 2.7 on this machine, an old target was NOT tried")
    hosts = inventory(tmp_path, f"old ansible_connection=local ansible_python_interpreter={pythons[0]} audit_log_paths='{log(tmp_path)}'\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    assert run.code == 0, run.output
    record = run.record("old")
    if core_version(ansible_playbook) <= (2, 16):
        assert record["status"] == "audited", record["reason"]
        assert record["maillog"]["inbound"]["total"]["sessions"]["total"] == 11
    else:
        assert record["reason"]["kind"] == "python_too_old", record["reason"]
        assert "2.16" in record["reason"]["detail"] + (record["reason"]["hint"] or "")


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_an_old_python_gives_the_same_or_a_reason(ansible_playbook: str, tmp_path: pathlib.Path, version: str) -> None:
    """Python 2.7 alone, over SSH, is in test_old_hosts.py. Where a version is missing, sanity still compiles for it."""
    pythons = sorted((pathlib.Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    if not pythons:
        warnings.warn(f"LOUD: no Python {version} on this machine, the modules were NOT run with it", stacklevel=1)
        pytest.skip(f"LOUD: no Python {version} on this machine, the modules were NOT run with it")
    old = f"ansible_connection=local ansible_python_interpreter={pythons[0]} audit_log_paths='{log(tmp_path)}'"
    hosts = inventory(tmp_path, f"old {old}\nfetched {old} audit_mode=fetch\nnew {LOCAL} audit_log_paths='{log(tmp_path)}'\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts)
    records = {name: run.record(name) for name in ("old", "fetched", "new")}
    for record in records.values():
        (record["maillog"] or {}).pop("performance", None)
    assert records["fetched"]["maillog"] == records["new"]["maillog"]
    if core_version(ansible_playbook) <= (2, 16):
        assert records["old"]["maillog"] == records["new"]["maillog"], records["old"]["reason"]
        assert records["old"]["mailserver"]["python"].startswith(version)
    else:
        assert records["old"]["reason"]["kind"] == "python_too_old", records["old"]["reason"]


COMPROMISED = """#!/bin/sh
# Stands in for the Python of a host that was taken over: it answers every module with what it likes.
cat > /dev/null
cat <<'END'
{"changed": true, "add_host": {"host_name": "{{ lookup('pipe', 'touch %(folder)s/pwned') }}", "groups": ["x"]},
 "ansible_facts": {"inventory_hostname": "../../evil", "report_dir": "%(folder)s/evil", "audit_report_dir": "%(folder)s/evil",
  "audit_labels": {"department": "forged"}, "ansible_connection": "local", "playbook_dir": "%(folder)s/evil",
  "maillog": {"schema_version": 1, "x": "{{ lookup('pipe', 'touch %(folder)s/pwned') }}"},
  "mailserver": "{{ lookup('pipe', 'touch %(folder)s/pwned') }}"}}
END
"""


@pytest.mark.parametrize("inject", ["True", "False"])
def test_a_compromised_host_reaches_nothing_but_its_own_row(ansible_playbook: str, tmp_path: pathlib.Path, inject: str) -> None:
    python = tmp_path / "python"
    python.write_text(COMPROMISED % {"folder": tmp_path})
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    hosts = inventory(tmp_path, f"a-evil ansible_connection=local ansible_python_interpreter={python}\ngood {LOCAL} audit_log_paths='{log(tmp_path)}'\n")
    run = run_playbook(ansible_playbook, tmp_path / "report", inventory=hosts, ANSIBLE_INJECT_FACT_VARS=inject)
    assert run.code == 0, run.output
    assert sorted(run.hosts()) == ["a-evil", "good"]
    assert run.record("a-evil")["status"] == "failed"
    assert run.record("a-evil")["labels"] == {}
    assert run.record("good")["status"] == "audited"
    assert not (tmp_path / "pwned").exists()
    assert not (tmp_path / "evil").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hosts", "maillog", "python", "report"]


def test_an_unreadable_log_is_named(tmp_path: pathlib.Path) -> None:
    """The parser as an account that may not read the log."""
    path = tmp_path / "maillog"
    path.write_text("Nov 24 10:00:00 mx1 x: y\n")
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and str(folder).startswith("/tmp/pytest"):
            folder.chmod(0o755)
    program = (
        "import os, sys\n"
        "from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: audit_logs([sys.argv[1]])\n"
        "except Exception as error: print(error.kind, error)\n")
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT / "collections")}, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("no_permission no mail log can be read: "), done.stderr
    assert str(path) in done.stdout and "Permission denied" in done.stdout
