# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which notices of a host the report counts as a defect of its figures."""

from __future__ import annotations

import ast
import csv
import io
import json
import pathlib
from collections.abc import Iterator

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import quality
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.reasons import explain
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, answer, maillog, mailserver, messages, scope, sessions,
)

PLUGINS = pathlib.Path(quality.__file__).parents[2]
# Of these something is missing in the figures, or may be.
LOWERING = {
    "clock_jump", "fetch_limit", "gap", "journal_not_read", "out_of_time", "oversize_line", "rate_limited", "too_many_days", "too_many_files",
    "too_many_processes", "truncated", "unreadable", "vanished",
}
# Of files that are passed over, by what they are: the second of three values.
REFUSALS = ("SKIPPED", "UNREADABLE")


def _emitted() -> Iterator[str]:
    """The kinds of all notices, as the code has them."""
    for path in [*PLUGINS.glob("module_utils/_maillog/**/*.py"), *PLUGINS.glob("plugin_utils/_fetch/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add" and len(node.args) > 1:
                if "notices" in ast.unparse(node.func.value) and isinstance(node.args[0], ast.Constant):
                    yield node.args[0].value
            values = node.elts if isinstance(node, ast.Tuple) else node.args if isinstance(node, ast.Call) else []
            if len(values) == 3:
                yield from (value.value for first, value in zip(values, values[1:])
                            if isinstance(value, ast.Constant) and str(value.value).replace("_", "").isalpha() and ast.unparse(first).endswith(REFUSALS))


def test_each_notice_is_known_as_one_that_lowers_the_figures_or_not() -> None:
    emitted = set(_emitted())
    assert len(emitted) > 25 and "vanished" in emitted and "fetch_limit" in emitted
    assert emitted - quality._DETAILS_ALONE == LOWERING
    assert quality._DETAILS_ALONE <= emitted


@pytest.mark.parametrize("mta", [True, False])
@pytest.mark.parametrize("content", ["", "Nov 24 10:00:01 mx CRON[12]: (root) CMD (true)\n"])
def test_a_log_without_mail_measures_nothing(make_report, tmp_path: pathlib.Path, content: str, mta: bool) -> None:
    # An empty file, and one that is no mail log, as the log reader tells of them.
    log = tmp_path / "log"
    log.write_text(content)
    server = mailserver("absent") if mta else {**mailserver("absent"), "mta": None}
    records = [build_record("mx1", answer(audit_logs([str(log)], timezone="UTC"), server), RUN)]
    rendered = make_report(records, languages=("en", "ja"))
    fleet = json.loads(rendered.files["fleet.json"])
    assert (fleet["figures"]["measured"], fleet["hosts"][0]["tls_visibility"], fleet["hosts"][0]["status"]) == (0, "no_data", "possibly_exposed")
    assert [row["kind"] for row in fleet["data_quality"]] == ["no_mail_lines"]
    assert [step["key"] for step in fleet["steps"]] == [*(["install_antivirus"] if mta else []), "find_log"]
    assert rendered.verdict == "How much mail passes unscanned could not be measured on the only server."
    assert b"every log showed TLS" not in rendered.files["report.md"]
    # What was not counted is no zero.
    (line,) = csv.DictReader(io.StringIO(rendered.files["hosts.csv"].decode("utf-8-sig")))
    assert {value for name, value in line.items() if "sessions" in name or "messages" in name} == {""}


@pytest.mark.parametrize("result, advice", [
    ({"msg": "The module interpreter '/usr/bin/python9' was not found."}, "Set audit_mode=fetch for this server"),
    ({"msg": "No start of json char found", "module_stdout": "Welcome!"}, "Check that the login shell prints nothing"),
    ({"msg": "since: 'x' is not a date", "reason_kind": "option"}, "As a variable its name begins with audit_"),
    ({"msg": "internal_networks: 'x' is not a network"}, "Mend what the message names"),
])
def test_an_error_that_is_known_has_advice_of_its_own(make_report, result: dict[str, str], advice: str) -> None:
    failed = {"failed": True, **result}
    files = make_report([build_record("mx1", {"audit_maillog": failed}, RUN)], languages=("en", "ja")).files
    assert explain(failed, None, "2.21.5").kind == "error"
    for name in ("index.html", "report.md"):
        assert advice in files[name].decode().replace("\\", "").replace("\u200b", ""), name
    assert b"audit_mode" in files["index.ja.html"] or "audit_mode" not in advice


def test_a_notice_keeps_its_kind_whatever_it_says(make_report) -> None:
    log = maillog(scope(sessions(3, 1, 2), messages(3, 1, 2)), 1)
    said = ({"kind": "gap", "count": 1, "detail": "rate limited: not this"}, {"kind": "new_kind", "count": 1, "detail": None})
    log["coverage"]["notices"] = list(said)
    files = make_report([build_record("mx1", answer(log, mailserver("working")), RUN)]).files
    rows = json.loads(files["fleet.json"])["data_quality"]
    assert [(row["kind"], row["notice"], row["detail"]) for row in rows] == [("notice", item["kind"], item["detail"]) for item in said]
    page = files["index.html"].decode()
    assert "days without lines: rate limited: not this" in page and '<span class="said">new kind</span>' in page
