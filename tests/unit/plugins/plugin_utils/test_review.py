# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a careful reader of the report stumbles over: logs that lost lines, scanners with gaps, changes too small to see, and the number one."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.changes import FigureChange
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.history import write_history
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import Run, build_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report import page as page_module, plots
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Rendered
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, answer, maillog, mailserver, messages, sample_records, scope, sessions,
)

EARLIER = Run("earlier", "2026-10-24T10:15:00+09:00", "0.1.0", "2.19.14")
DROPPED = [{"kind": "rate_limited", "count": 3, "detail": "journald dropped lines"}]


def log(external: dict[str, Any] | None = None, days: int = 10, notices: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    facts = maillog(external or scope(sessions(300, 150, 150), messages(200, 100, 100)), days, **more)
    facts["coverage"]["notices"] = notices or []
    return facts


def text_of(report: Rendered, name: str = "index.html") -> str:
    shown = re.sub(r"<(style|script)\b.*?</\1>", "", report.files[name].decode("utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", shown)).split())


def cells(report: Rendered, host: str) -> list[str]:
    page = report.files["index.html"].decode("utf-8").replace("<wbr>", "")
    (row,) = [row for row in re.findall(r"<tr[^>]*data-status.*?</tr>", page, re.DOTALL) if f">{host}</a>" in row]
    return [" ".join(html.unescape(re.sub("<[^>]*>", " ", cell)).split()) for cell in re.findall(r"<t[dh]\b.*?</t[dh]>", row, re.DOTALL)]


# Logs that lost lines

def test_a_rate_limited_log_is_marked_and_not_complete(make_report) -> None:
    whole, limited = log(), log(notices=DROPPED)
    partly = log(visibility="partial", visible=28, days=29)
    both = log(visibility="partial", visible=28, days=29, notices=DROPPED)
    records = [build_record(name, answer(facts, mailserver("working")), RUN)
               for name, facts in (("whole", whole), ("limited", limited), ("partly", partly), ("both", both))]
    report = make_report(records, languages=("en", "ja"))
    assert [cells(report, name)[13] for name in ("whole", "limited", "partly", "both")] == [
        "complete", "rate-limited", "partial 28/29", "partial 28/29, rate-limited"]
    markdown = report.files["report.md"].decode("utf-8")
    assert "| rate-limited |" in markdown and "| partial 28/29, rate-limited |" in markdown
    # It is measured, as a minimum, but no complete log.
    assert report.figures["measured"] == 4 and report.figures["coverage"]["part"] == 1
    assert json.loads(report.files["fleet.json"])["antivirus_by_tls_log"]["working"] == {"complete": 1, "partial": 3, "none": 0, "no_data": 0}
    assert [host.tls_visibility for host in report.fleet.figures_of_hosts] == ["partial", "partial", "partial", "complete"]
    assert "流量制限で欠落" in report.files["report.ja.md"].decode("utf-8")


def test_few_messages_in_a_rate_limited_log_prove_nothing(make_report) -> None:
    few = scope(sessions(50, 6, 44), messages(40, 5, 35))
    report = make_report([build_record(name, answer(log(few, notices=notices), mailserver("absent")), RUN) for name, notices in (("a", []), ("b", DROPPED))])
    assert {host.name: host.status for host in report.fleet.hosts} == {"a": "low", "b": "possibly_exposed"}


# Scanners with gaps

def scanner(state: str, effect: str | None, gap: bool | None) -> dict[str, Any]:
    return mailserver(
        state, product="clamav", signature_age_days=0.5, failure={"effect": effect, "on_milter_failure": "accept", "on_clamd_failure": "Defer"},
        size_limits={"message": 52428800, "scanned": 26214400, "gap": gap})


def test_a_scanner_that_lets_mail_pass_is_a_remark_and_no_status(make_report) -> None:
    records = [build_record(name, answer(log(), scanner(*facts)), RUN) for name, facts in (
        ("good", ("working", "closed", False)), ("open", ("working", "open", False)), ("mixed", ("stale", "mixed", None)),
        ("large", ("partly_wired", "closed", True)), ("stopped", ("stopped", "open", True)))]
    report = make_report(records, languages=("en", "ja"))
    remarks = {(row.subject, row.kind) for row in report.fleet.quality}
    # Where no mail is scanned at all, there is nothing to say of how.
    assert remarks == {("open", "fails_open"), ("mixed", "fails_open"), ("large", "size_gap")}
    assert {host.name: host.status for host in report.fleet.hosts} == {
        "good": "protected", "open": "protected", "mixed": "degraded", "large": "exposed", "stopped": "exposed"}
    text = text_of(report)
    assert "mail passes unscanned; milter_default_action = accept; OnFail = Defer" in text
    assert "50.0 MiB accepted, but no more than the first 25.0 MiB of a message scanned" in text
    assert "50.0 MiB accepted, up to 25.0 MiB of a message scanned" in text
    for name in ("report.md", "report.ja.md"):
        markdown = report.files[name].decode("utf-8").replace("\\", "")
        assert "milter_default_action = tempfail" in markdown and "StreamMaxLength" in markdown


def test_a_record_of_before_says_nothing_of_gaps(make_report) -> None:
    report = make_report([build_record("mx", answer(log(), mailserver("working")), RUN)])
    assert report.fleet.quality == [] and "While the scanner does not answer" not in text_of(report)


# Changes too small to see

def two_runs(make_report, before: dict[str, Any], after: dict[str, Any], **options: Any) -> Rendered:
    first = make_report([build_record("mx", answer(before, mailserver("working")), EARLIER)])
    write_history(make_report.history, first.fleet.figures_of_run, first.fleet.figures_of_hosts)
    return make_report([build_record("mx", answer(after, mailserver("working")), RUN)], **options)


@pytest.mark.parametrize("tls, cell, sentence", [
    (10_000, "0.0", "same as in the previous run"), (10_001, "+<0.1", "vs previous run +<0.1 points"), (9_999, "−<0.1", "vs previous run −<0.1 points"),
    (10_200, "+1.0", "vs previous run +1.0 points"),
])
def test_only_the_same_is_the_same(make_report, tls: int, cell: str, sentence: str) -> None:
    report = two_runs(make_report, *(log(scope(sessions(30_000, 15_000, 15_000), messages(20_000, count, 20_000 - count))) for count in (10_000, tls)))
    assert cells(report, "mx")[15] == cell
    assert sentence in text_of(report)


def test_less_than_a_message_a_day_is_a_change() -> None:
    words = Sentences(None, Catalogue("en"))  # type: ignore[arg-type]
    assert words.delta(FigureChange(3.0, 3.04, 2), "per_day").replace("\u00a0", " ") == "vs previous run +<0.1 a day"
    assert words.delta(FigureChange(3.0, 3.0, 2), "per_day") == "same as in the previous run"


# Where it comes from

def test_provenance_names_the_run_before_and_all_that_an_auditor_needs(make_report) -> None:
    report = two_runs(make_report, log(), log(), languages=("en", "ja"))
    for name, sentences in (
        ("index.html", ("Compared with the run before it, earlier.",)), ("index.ja.html", ("比較した前回の実行ID earlier。",)),
        ("report.md", ("Compared with the run before it, earlier.", "As of 2026-11-24T10:15:00+09:00, the time of the newest record.",
                       "without touching a server: `make report ARGS=\"-e report_languages=en,ja\"`", "Beside this file: index.html, report.md, hosts.csv")),
        ("report.ja.md", ("比較した前回の実行ID earlier。", "2026-11-24T10:15:00+09:00 現在", "作り直すコマンド：", "fleet.prom")),
    ):
        # The usual call, whose languages the fixture does not tell, is that of English alone.
        text = (report.files[name].decode("utf-8") if name.endswith(".md") else text_of(report, name)).replace(" ARGS=\"-e report_languages=en,ja\"", "")
        for sentence in sentences:
            assert sentence.replace(" ARGS=\"-e report_languages=en,ja\"", "") in text, (name, sentence)
    assert "Compared with the run before it" not in text_of(make_report([build_record("mx", answer(log(), mailserver("working")), EARLIER)]))


# The number one

_WRONG = re.compile(
    r"\b1 (?:days|servers|files|(?:more )?(?:remarks|changes)|(?:external |accepted |external TLS )*messages)\b|\bone (?:days|messages)\b")


@pytest.mark.parametrize("name", ["index.html", "report.md"])
def test_one_is_no_plural(make_report, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(page_module, "QUALITY_ROWS", 1)
    monkeypatch.setattr("ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.servers.QUALITY_ROWS", 1)
    one = scope(sessions(1, 1, 0), messages(1, 1, 0))
    few = scope(sessions(50, 6, 44), messages(40, 5, 34, 1))
    server = mailserver("absent")
    server["certificate"] = {"path": "/x.pem", "readable": True, "not_after": "2026-11-25T10:15:00+00:00", "days_left": 1, "self_signed": False}
    old = Run("old", "2026-11-23T09:00:00+09:00", "0.1.0", "2.19.14")
    limits = Thresholds.from_options({"signature_max_age_days": 1, "record_max_age_days": 1, "probe_max_age_days": 1})
    records = [
        build_record("exposed", answer(log(one, 1), server), RUN), build_record("low", answer(log(few), mailserver("absent")), RUN),
        build_record("old", answer(log(one, 1, visibility="partial", visible=0), mailserver("working", signature_age_days=2.0)), old),
    ]
    records[1]["probe"] = {
        "schema_version": 1, "state": "inconclusive", "probed_at": "2026-11-22T10:15:00+09:00", "origin": None, "evidence": [], "steps": []}
    text = text_of(make_report(records, thresholds=limits)) if name == "index.html" else make_report(records, thresholds=limits).files[name].decode("utf-8")
    assert not _WRONG.findall(text)
    for sentence in (
        "at least 1 external TLS message a day", "less than 1 external TLS message a day", "exposed from 1 external TLS message a day", "fresh up to 1 day;",
        "a record 1 day older", "decides a status for 1 day;", "signatures older than 1 day", "signatures at most 1 day old",
        *(("1 day left", "TLS visible on 1 of 1 day", "1 message not known", "Low: less than 1 external TLS message a day") if name == "index.html" else ()),
    ):
        assert sentence in text, sentence
    assert re.search(r"[0-9] more remarks? (?:is|are) in fleet.json", text)


@pytest.mark.parametrize("key, parameters", [("quality.more", {}), ("changes.more", {}), ("kpi.tls_detail", {"part": "1", "whole": "1"})])
def test_forms_of_one(key: str, parameters: dict[str, str]) -> None:
    catalogue = Catalogue("en")
    assert catalogue.plural(key, 1, count="1", **parameters) != catalogue.plural(key, 2, count="1", **parameters)


def test_undated_messages_and_a_gateway(make_report) -> None:
    facts = log(scope(sessions(9, 1, 8), messages(8, 1, 7)))
    facts["period"] = {"first": None, "last": None, "days_with_logs": None}
    text = text_of(make_report([build_record("mx", answer(facts, mailserver("absent"), audit_declared_antivirus="gateway"), RUN)]))
    assert "1 server passed 1 external message that no local antivirus inspected." in text
    assert "Of these, 1 server is declared by the inventory to be scanned elsewhere" in text


# Pictures

@pytest.mark.parametrize("values", [[50.0] * 9 + [99.0, 51.6], [80.0] * 9 + [20.0, 51.6], [99.0] * 10 + [51.6], [1.0] * 10 + [51.6], [0.0], [100.0] * 3])
def test_the_last_label_stands_clear_of_the_line(values: list[float | None]) -> None:
    plot = plots.line_plot(values, [False] * len(values))
    assert plot.last is not None
    points = [tuple(map(float, point.split())) for point in re.findall(r"[0-9.]+ [0-9.]+", plot.line)] or [(float(plot.last.x), float(plot.last.y))]
    beside = [y for x, y in points if x >= float(plot.last.x) - 60]
    base = float(plot.last.label_y)
    # Letters of 18 units stand on the base line.
    assert base < min(beside) - 5 or base - 18 > max(beside) + 5
    assert 0 <= base - 18 and base < plots.HEIGHT


def test_two_runs_of_one_day_are_told_apart(make_report) -> None:
    for hour in ("06", "14"):
        run = Run(f"run{hour}", f"2026-11-23T{hour}:05:00+09:00", "0.1.0", "2.19.14")
        rendered = make_report([build_record("mx", answer(log(), mailserver("absent")), run)])
        write_history(make_report.history, rendered.fleet.figures_of_run, rendered.fleet.figures_of_hosts)
    report = make_report([build_record("mx", answer(log(), mailserver("absent")), RUN)], languages=("en", "ja"))
    ticks = re.findall(r'<text class="tick"[^>]*>([^<]*)</text>', report.files["index.html"].decode("utf-8"))
    assert ticks == ["23 Nov", "14:05", "24 Nov"]
    markdown = report.files["report.md"].decode("utf-8")
    for day in ("23 November 2026, 06:05 (UTC+09:00)", "23 November 2026, 14:05 (UTC+09:00)", "24 November 2026"):
        assert f"| {day} |" in markdown


# Known zeros

def test_no_unchecked_server_is_a_zero_and_no_measured_one_is_not_known(make_report) -> None:
    known = make_report([record for record in sample_records() if record["host"].startswith("bravo")])
    assert b"\nmailfleet_unchecked_messages_per_day 0\n" in known.files["fleet.prom"]
    assert known.figures["antivirus_unknown"] == {"hosts": 0, "per_day": 0.0}


def test_nothing_measured_has_no_unchecked_messages(make_report) -> None:
    unknown = make_report([record for record in sample_records() if record["host"].startswith("delta")])
    assert b"mailfleet_unchecked_messages_per_day" not in unknown.files["fleet.prom"]
    assert unknown.figures["antivirus_unknown"]["per_day"] is None
