# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fleet, one set of figures: what CSV, JSON, Markdown, metrics and page say of each server and of all is the same.

The sample fleet's sums are worked out in test_figures.py.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.history import write_history
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import Run, build_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Rendered
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, answer, maillog, mailserver, messages, sample_records, sample_variables, scope, sessions,
)

EARLIER = Run("earlier", "2026-10-24T10:15:00+09:00", "0.1.0", "2.19.14")
TEXT_COLUMNS = {
    "server", "status", "period_first", "period_last", "antivirus", "antivirus_product", "antivirus_engine", "declared_antivirus", "probe", "probed_at",
    "tls_log", "notices", "mta", "mta_version", "labels", "reason", "reason_detail", "audited_at", "run_id",
}


@pytest.fixture
def report(make_report) -> Rendered:
    """The sample fleet after an earlier run, in which alpha had more TLS: 45 of 100, 45.0 %, now 40.0 %."""
    alpha = answer(maillog(scope(sessions(100, 45, 55), messages(100, 45, 55)), 10), mailserver("working"))
    before = make_report([build_record("alpha.example.org", alpha, EARLIER)])
    write_history(make_report.history, before.fleet.figures_of_run, before.fleet.figures_of_hosts)
    return make_report(languages=("en", "ja"))


def table(report: Rendered) -> dict[str, dict[str, str]]:
    data = report.files["hosts.csv"].decode("utf-8-sig")
    return {row["server"]: row for row in csv.DictReader(io.StringIO(data, newline=""))}


def metrics(report: Rendered) -> dict[str, float]:
    return {
        match[1]: float(match[2]) for match in re.finditer(r"^([^#\s].*?) (\S+)$", report.files["fleet.prom"].decode("utf-8"), re.MULTILINE)
    }


def number(text: str) -> float | None:
    return float(text) if text else None


def test_each_server_in_csv_and_json(report: Rendered) -> None:
    rows = table(report)
    hosts = json.loads(report.files["fleet.json"])["hosts"]
    assert [host["host"] for host in hosts] == list(rows)
    for host in hosts:
        row = rows[host["host"]]
        assert (row["status"], row["antivirus"], row["tls_log"]) == (host["status"], host["antivirus"]["state"], host["tls_visibility"])
        for scope_name, prefix in (("total", ""), ("external", "external_"), ("internal", "internal_"), ("local", "local_")):
            for kind in ("sessions", "messages", "rejected"):
                for part, count in ((host["inbound"] or {}).get(scope_name, {}).get(kind) or {}).items():
                    name = f"{prefix}{kind}" if part == "total" else f"{prefix}{kind}_{part}"
                    # TLS and plaintext of a log that could not show TLS are in the evidence and in no figure.
                    hidden = part in ("tls", "plaintext") and host["tls_visibility"] == "none"
                    assert number(row[name]) == (None if hidden else count), (host["host"], name)
        assert number(row["external_messages_tls"]) == host["tls_share"]["external_messages"]["part"]
        assert number(row["unscanned_messages"]) == host["unscanned"]["messages"]
        for column, share in (("external_messages_tls_percent", "external_messages"), ("sessions_tls_percent", "sessions")):
            percent = host["tls_share"][share]["percent"]
            assert row[column] == ("" if percent is None else f"{percent:.2f}")


def test_numbers_stay_numbers_and_unknown_stays_empty(report: Rendered) -> None:
    rows = table(report)
    for row in rows.values():
        for name, cell in row.items():
            assert name in TEXT_COLUMNS or cell == "" or re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell), (name, cell)
    # A minus is a sign here and no formula.
    assert rows["alpha.example.org"]["external_tls_percent_change"] == "-5"
    assert rows["bravo.example.org"]["external_tls_percent_change"] == ""
    assert rows["foxtrot.example.org"]["sessions"] == "" and rows["foxtrot.example.org"]["internal_sessions"] == "0"


def test_details_show_a_dash_where_the_log_could_not_show_tls(report: Rendered) -> None:
    page = report.files["index.html"].decode("utf-8")
    details = dict(re.findall(r'<summary><span class="name">(.*?)</span>(.*?)</details>', page, re.DOTALL))
    rows = {name: re.findall(r'<td>(sessions|messages|rejected)</td>(?:<td class="num">(.*?)</td>)(?:<td class="num">(.*?)</td>)'
                             r'(?:<td class="num">(.*?)</td>)', details[name]) for name in ("alpha.example.org", "delta.example.org")}
    assert rows["alpha.example.org"][3:6] == [("sessions", "3,000", "500", "2,480"), ("messages", "1,000", "400", "600"), ("rejected", "1,500", "100", "1,400")]
    assert {row[2:] for row in rows["delta.example.org"]} == {("—", "—")}
    assert rows["delta.example.org"][3][1] == "700"


def test_sums_in_csv_json_and_metrics(report: Rendered) -> None:
    figures, series = report.figures, metrics(report)
    measured = [row for row in table(report).values() if row["external_messages_tls"]]
    assert sum(int(row["external_messages_tls"]) for row in measured) == figures["external_tls"]["part"] == series["mailfleet_external_tls_messages"] == 2055
    whole = sum(int(row["external_messages"]) - int(row["external_messages_unknown"]) for row in measured)
    assert whole == figures["external_tls"]["whole"] == series["mailfleet_external_messages"] == 3450
    per_day = sum(float(row["unscanned_per_day"]) for row in measured if row["unscanned_per_day"])
    assert per_day == figures["unscanned"]["per_day"] == series["mailfleet_unscanned_messages_per_day"] == 52.5
    assert series["mailfleet_servers_antivirus_working"] == figures["antivirus_working"]["part"] == 1
    assert series["mailfleet_servers_complete_tls_log_ratio"] == pytest.approx(5 / 9)
    for status, count in figures["statuses"].items():
        assert series[f'mailfleet_servers{{status="{status}"}}'] == count == sum(row["status"] == status for row in table(report).values())
    for part, count in figures["inspection"].items():
        assert series[f'mailfleet_inspected_attempts{{inspection="{part}"}}'] == count


def test_each_server_in_metrics_or_absent(report: Rendered) -> None:
    series = metrics(report)
    for host in json.loads(report.files["fleet.json"])["hosts"]:
        label = f'{{server="{host["host"]}"}}'
        assert series[f'mailfleet_server_status{{server="{host["host"]}",status="{host["status"]}"}}'] == 1
        assert series.get("mailfleet_server_unscanned_messages_per_day" + label) == host["unscanned"]["per_day"]
        percent = host["tls_share"]["external_messages"]["percent"]
        assert series.get("mailfleet_server_external_tls_ratio" + label) == (None if percent is None else pytest.approx(percent / 100, abs=1e-8))


@pytest.mark.parametrize("name, words", [
    ("report.md", {"status": "Exposed", "share": "59.6 %", "refused": "55.4 %", "change": "−5.0 points", "before": "Protected"}),
    ("report.ja.md", {"status": "要対応", "share": "59.6%", "refused": "55.4%", "before": "検査済み"}),
    ("index.html", {"status": "Exposed", "share": "59.6 %", "refused": "55.4 %", "before": "Protected"}),
    ("index.ja.html", {"status": "要対応", "share": "59.6%", "refused": "55.4%", "before": "検査済み"}),
])
def test_key_figures_in_both_languages(report: Rendered, name: str, words: dict[str, str]) -> None:
    text = report.files[name].decode("utf-8").replace("\u00a0", " ")
    figures = report.figures
    assert f"{figures['external_tls']['part']:,}" == "2,055" and f"{figures['rejected_plaintext']['part']:,}" == "1,730"
    for value in ("2,055", "3,450", "1,395", "1,730", "53", *words.values()):
        assert value in text, value


def test_change_is_over_the_host_in_both_runs_alone(report: Rendered) -> None:
    """alpha: 45.0 % before, 40.0 % now; nothing unscanned before, 40 a day now. The other eight are new and in no comparison."""
    changes: Any = json.loads(report.files["fleet.json"])["changes"]
    assert changes["external_tls_percent"] == {"before": 45.0, "after": 40.0, "change": -5.0, "hosts": 1}
    assert changes["unscanned_per_day"] == {"before": 0.0, "after": 40.0, "change": 40.0, "hosts": 1}
    assert [change["direction"] for change in changes["hosts"]] == ["worse"]
    assert len(changes["added"]) == 8


def test_first_run_says_so_and_shows_no_change(make_report) -> None:
    report = make_report()
    assert json.loads(report.files["fleet.json"])["changes"] is None
    assert "This is the first run that the report knows of." in report.files["report.md"].decode()


def test_every_order_of_files_gives_the_same_bytes(make_report) -> None:
    first = make_report(languages=("en", "ja")).files
    assert make_report(reversed(sample_records()), languages=("en", "ja")).files == first


def test_spreadsheet_holds_japanese_and_no_formula(make_report) -> None:
    record = build_record("mx1", {**sample_variables()["alpha.example.org"], "audit_labels": {"部局": "理学部", "note": "=1+1"}}, RUN)
    data = make_report([record]).files["hosts.csv"]
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\r\n") == data.count(b"\n") == 2
    assert "note==1+1; 部局=理学部".encode() in data
