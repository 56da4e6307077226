# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's other formats in the programs that read them: Markdown in pandoc, in GitHub's cmark-gfm and in markdown-it, metrics in promtool."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import Any

import markdown_it
import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.history import HISTORY_FOLDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import Run, build_record, record_bytes
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, Rendered, render, write
from ansible_collections.mailfleet.tls_audit.tests.integration import debian
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.action.test_hostile_answers import PAYLOADS, hostile_maillog, hostile_mailserver
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import answer, sample_variables

EARLIER = Run("20261024T101500Z-ab12cd", "2026-10-24T10:15:00+09:00", "0.1.0", "2.19.14")
NOW = Run("20261124T101500Z-ab12cd", "2026-11-24T10:15:00+09:00", "0.1.0", "2.19.14")
# What else Markdown and its dialects take for markup, at the start of a cell, of a word and inside one.
MARKUP = (
    "**bold** _it_ ~~gone~~ `code` ![x](y) [z]: w", "| a | b |", "---", "# head", "1) one", "<b>x</b> &copy; &#60;", "H~2~O x^2^ $e=mc$", "[^1] [@cite] @user",
    "https://evil.example/<script>", "javascript:alert(1)", ":::{.x}", "\\\\(x\\\\)", "a  b\\", "```", "<!-- x", "{#id .class}",
    "mailto:a@evil.example", "=====", "+ x", "*",
)
# What the report itself is made of.
OWN_TAGS = {
    "h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "code", "br", "ul", "ol", "li", "colgroup", "col",
}


def variables() -> dict[str, dict[str, Any]]:
    """The sample fleet, and hosts that answer with markup."""
    hosts = dict(sample_variables())
    for number, text in enumerate((*PAYLOADS.values(), *MARKUP)):
        hosts[f"{text} {number}"] = answer(
            hostile_maillog(text), hostile_mailserver(text), audit_labels={"department": text}, audit_declared_antivirus=text if number % 2 else "",
        )
        hosts[f"failed{number}"] = {"audit_maillog": {"failed": True, "msg": text}}
    return hosts


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """A report with an earlier run, in which every host had another status, and a damaged file of history."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "records").mkdir()
    rendered = None
    for run in (EARLIER, NOW):
        for name, found in variables().items():
            record = build_record(name, {} if run is EARLIER else found, run)
            (folder / "records" / record_file_name(name)).write_bytes(record_bytes(record))
        if run is NOW:
            (folder / HISTORY_FOLDER / "20260101T000000Z_*a*_<b>.jsonl").write_text("{")
        rendered = render(folder / "records", Options(languages=("en", "ja")), folder / HISTORY_FOLDER)
        write(rendered, folder)
    assert rendered is not None
    return rendered


def _command(name: str, package: str) -> str:
    if shutil.which(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        debian.install(package)
    found = shutil.which(name)
    assert found, f"{name} is needed (Debian's package {package})"
    return found


def _pandoc(dialect: str) -> Any:
    def convert(text: str) -> str:
        command = [_command("pandoc", "pandoc"), "-f", dialect, "-t", "html", "--wrap=none"]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=120).stdout
    return convert


def _github(text: str) -> str:
    """GitHub's own renderer with its extensions, its sanitiser left out."""
    extensions = [part for name in ("table", "strikethrough", "autolink", "tagfilter", "tasklist") for part in ("-e", name)]
    command = [_command("cmark-gfm", "cmark-gfm"), "--unsafe", *extensions]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=120).stdout


def _markdown_it(text: str) -> str:
    return markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


READERS = {"pandoc-gfm": _pandoc("gfm"), "pandoc": _pandoc("markdown"), "github": _github, "markdown-it": _markdown_it}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.tables: list[list[int]] = []
        self.headings = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.headings += tag in ("h1", "h2", "h3")
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append(0)
        elif tag in ("td", "th"):
            self.tables[-1][-1] += 1

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["", ".ja"])
@pytest.mark.parametrize("reader", READERS)
def test_markdown_reads_as_it_was_meant(report: Rendered, reader: str, language: str) -> None:
    text = report.files[f"report{language}.md"].decode("utf-8")
    page = _Page()
    page.feed(READERS[reader](text))
    assert page.tags <= OWN_TAGS, page.tags - OWN_TAGS
    # The tables that were written, with every row and cell.
    written: list[list[int]] = []
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if re.fullmatch(r"\|( -+:? \|)+", line):
            written.append([line.count("|") - 1])
            rows = 0
            while index + 1 + rows < len(lines) and lines[index + 1 + rows].startswith("|"):
                rows += 1
            written[-1] += [line.count("|") - 1] * rows
    assert len(written) == 10
    # pandoc leaves a header without words out.
    assert [table[-1] for table in page.tables] == [table[-1] for table in written]
    assert [len(table) - len(one) in (0, 1) and set(one) == set(table) for table, one in zip(written, page.tables, strict=True)] == [True] * len(written)
    assert page.headings == sum(line.startswith("#") for line in lines)
    shown = " ".join(page.text.split())
    for name in ("alpha.example.org", "<b>x</b> &copy; &#60; 10", "# head 8", "1) one 9", "| a | b | 6"):
        assert name in shown, name


def test_metrics_pass_promtool(report: Rendered, tmp_path: pathlib.Path) -> None:
    root = debian.unpack("prometheus", tmp_path)
    metrics = report.files["fleet.prom"]
    done = subprocess.run([str(root / "usr/bin/promtool"), "check", "metrics"], input=metrics, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    # As many series with a name as there are hosts: none was lost in escaping.
    assert metrics.count(b"mailfleet_server_status{") == len(variables())
    assert f"mailfleet_unscanned_messages_per_day {json.loads(report.files['fleet.json'])['figures']['unscanned']['per_day']:.12g}\n".encode() in metrics
