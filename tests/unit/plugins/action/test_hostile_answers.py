# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compromised hosts, through the real ansible-playbook: whatever they answer, nothing of it runs, escapes or gets lost."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, maillog, mailserver, messages, rejected, scope, sessions,
)

# Each at most 60 characters, so that the shortest field holds it whole.
PAYLOADS = {
    "formula": "=cmd|'/C calc'!A0<script>alert(1)</script>{{ 7*7 }}\x1b[31m",
    "markup": "\"'><img src=x onerror=alert(1)>{% raw %}[a](javascript:b)\u202e",
    "template": "{{ lookup('pipe','touch OWNED') }}</script></style>`|\n# x",
    "address": "@all https://evil.example www.evil.example a@evil.example\u2028",
    "entity": "-1+1&lt;b&gt;<!-- </td></table><a href=//evil.example>\0\x9b",
}
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b-\u200f]")


def hostile_maillog(text: str) -> dict[str, Any]:
    """Facts with ``text`` in every field that holds text."""
    external = scope(sessions(30, 10, 20), messages(20, 10, 10), rejected(5, 0, 5))
    facts = maillog(external, 10, "partial", 7)
    facts["coverage"]["notices"] = [{"kind": "truncated", "count": 1, "detail": text}]
    facts["sources"] = [{"path": text, "bytes": 1, "lines": 1, "compression": text, "status": text, "reason": text}]
    facts["clients"] = [{"address": text, "sessions": 1}]
    facts["logins"] = {"imap": {"tls": 1, "plaintext": 2}}
    facts["hosts"] = {"mx1": {"tls_visibility": "complete", "total": external, "external": external, "days": 3}}
    return facts


def hostile_mailserver(text: str) -> dict[str, Any]:
    """Set-up facts with ``text`` in every field that holds text."""
    return {
        "schema_version": 1, "python": text,
        "mta": {"name": text, "version": text, "running": True, "others": [text]},
        "tls_logging": {"level": 1, "enabled": True, "source": text}, "starttls": {"offered": True},
        "services": [{
            "name": text, "endpoint": text, "port": 25, "tls_level": text, "milters": [text], "content_filter": text,
            "proxy_filter": text, "overrides": {"smtpd_x": text},
        }],
        "certificate": {"path": text, "readable": True, "not_after": None, "days_left": 3, "self_signed": True, "error": text},
        "antivirus": {
            "state": "absent", "product": text, "wired_services": [text], "unwired_services": [text], "engine_version": text,
            "evidence": [text],
        },
        "unseen": [{"what": text, "why": text}],
    }


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.text += data


def check_page(page: str) -> _Page:
    """The page's structure is its template's alone."""
    parser = _Page()
    parser.feed(page)
    assert not {"img", "a:not", "iframe", "link", "form", "b", "object"} & set(parser.tags)
    assert (parser.tags.count("script"), parser.tags.count("style"), parser.tags.count("html")) == (3, 1, 1)
    for _tag, name, value in parser.attributes:
        assert not name.startswith("on") and name not in ("style", "src")
        assert name != "href" or re.match(r"#|index(\.[a-z]+)?\.html\Z", value)
    return parser


def check_markdown(text: str) -> None:
    """Outside code there is no markup that the text brought along."""
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert not re.search(r"<(?!br>)|://|(?<!\\)\]\(|www\.|@", outside)
    tables = [line for line in outside.splitlines() if line.startswith("|")]
    for line in tables:
        assert line.endswith("|")


def check_metrics(text: str) -> None:
    """Every line is a metric of ours with escaped labels, and every metric has its meaning and type."""
    label = r'[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
    for line in text.split("\n")[:-1]:
        assert re.fullmatch(rf"# (HELP|TYPE) mailfleet_[a-z_]+ [^\\]+|mailfleet_[a-z_]+(\{{{label}(,{label})*\}})? -?[0-9.e+-]+", line), line


def check_spreadsheet(text: str) -> None:
    """No cell is a formula, and no line is longer than the header."""
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert not re.match(r"\s*[=+@\t\r＝＋－＠]", cell), cell
            assert not cell.startswith("-") or re.match(r"-\d+(\.\d+)?\Z", cell), cell


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_in_every_field(workbench, payload):
    text = PAYLOADS[payload]
    workbench.host("mx1", {"ansible_facts": {"maillog": hostile_maillog(text)}}, {"ansible_facts": {"mailserver": hostile_mailserver(text)}})
    workbench.host("mx2", {"failed": True, "msg": text, "module_stderr": text}, {"failed": True, "msg": text})
    workbench.host("mx3", {"unreachable": True, "msg": text}, {"ansible_facts": {"mailserver": text}})
    workbench.host("mx4", {"failed": True, "reason_kind": "no_log", "msg": text, "hint": text})
    record = build_record("mx1", {}, RUN)
    record["probe"] = {
        "schema_version": 1, "state": "confirmed_blind", "probed_at": "2026-11-20T10:00:00+09:00", "run_id": text, "origin": text, "evidence": [text],
        "steps": [{"name": "eicar_starttls", "verdict": "delivered_intact", "evidence": [text]}], "certificate": {"outside": text, "inside": text},
    }
    (workbench.report_dir / "records").mkdir(parents=True)
    (workbench.report_dir / "records" / "mx1.json").write_text(json.dumps(record), encoding="utf-8")
    # The title is the user's own: what looks like a template in it is one.
    workbench.run("-e", "report_languages=en,ja", "-e", json.dumps({"report_title": "" if "{" in text else text}))
    assert workbench.record("mx1.json")["probe"]["state"] == "confirmed_blind"
    files = {path.name: path.read_text(encoding="utf-8") for path in workbench.report_dir.iterdir() if path.is_file()}
    assert set(files) == {"index.html", "report.md", "index.ja.html", "report.ja.md", "hosts.csv", "fleet.json", "fleet.prom"}
    assert len(workbench.records()) == 4
    more = {path.name: path.read_text(encoding="utf-8") for folder in ("records", "history") for path in (workbench.report_dir / folder).iterdir()}
    for name, content in {**files, **more}.items():
        assert not CONTROLS.search(content.replace("\r\n", "\n")), name
    page = check_page(files["index.html"])
    check_page(files["index.ja.html"])
    check_markdown(files["report.md"])
    check_markdown(files["report.ja.md"])
    check_spreadsheet(files["hosts.csv"])
    check_metrics(files["fleet.prom"])
    json.loads(files["fleet.json"])
    assert not list(workbench.folder.rglob("OWNED"))
    if payload == "template":
        assert "{{ lookup('pipe','touch OWNED') }}" in page.text
    if payload == "formula":
        assert "{{ 7*7 }}" in page.text and "<script>alert(1)</script>" in page.text


def test_names_of_hosts_and_labels(workbench):
    text = PAYLOADS["markup"].replace("{% raw %}", "")
    facts = {"ansible_facts": {"maillog": hostile_maillog("x")}}
    for name in ("../../evil", "<script>alert(1)", "=1+1", "MX1", "mx1", "a|b`c", "x" * 300):
        workbench.host(name, facts, audit_labels={"department": text}, audit_declared_antivirus=text)
    workbench.run()
    names = {path.name for path in (workbench.report_dir / "records").iterdir()}
    assert len(names) == 7 and all(re.match(r"[A-Za-z0-9_][A-Za-z0-9._-]*\.json\Z", name) for name in names)
    assert not list(workbench.folder.parent.glob("evil*"))
    files = {path.name: path.read_text(encoding="utf-8") for path in workbench.report_dir.iterdir() if path.is_file()}
    check_page(files["index.html"])
    check_markdown(files["report.md"])
    check_spreadsheet(files["hosts.csv"])
    check_metrics(files["fleet.prom"])
    # Names that a shell or a pattern would take otherwise are in no command; a limit file holds plain names alone.
    for path in (workbench.report_dir / "steps").iterdir():
        assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", line) for line in path.read_text().splitlines())


def test_facts_that_would_steer_the_controller(workbench):
    """Facts outrank role defaults: a first host that returns report_dir must not decide where the report goes."""
    elsewhere = workbench.folder / "elsewhere"
    facts = {"maillog": hostile_maillog("x"), "report_dir": str(elsewhere), "inventory_hostname": "../../evil"}
    workbench.host("mx1", {"ansible_facts": facts})
    output = workbench.run(expect=2)
    assert "report_dir" in output and "mx1" not in str(list(workbench.report_dir.rglob("*.html")))
    assert not elsewhere.exists()


def test_facts_that_would_steer_a_record(workbench):
    workbench.host("mx1", {"ansible_facts": {"maillog": hostile_maillog("x")}})
    workbench.host("mx2", {"ansible_facts": {"maillog": hostile_maillog("x"), "audit_declared_antivirus": "trust me"}})
    workbench.run()
    record = workbench.records()["mx2"]
    assert (record["status"], record["declared"]["antivirus"], record["maillog"]) == ("failed", None, None)
    assert workbench.records()["mx1"]["status"] == "audited"


def test_figures_that_are_none(workbench):
    facts = hostile_maillog("x")
    facts["inbound"]["external"]["sessions"]["tls"] = "{{ 7*7 }}"
    workbench.host("mx1", {"ansible_facts": {"maillog": facts}}, {"ansible_facts": {"mailserver": mailserver("working")}})
    workbench.host("mx2", {"ansible_facts": {"maillog": {"schema_version": 1, "inbound": ["x" * 1000] * 3000}}})
    workbench.run()
    assert [record["status"] for record in workbench.records().values()] == ["failed", "failed"]
