# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example's report in a real browser."""

from __future__ import annotations

import html
import pathlib
import re

import pytest

from . import chromium
from .playbooks import Run, ansible_playbooks, run_playbook


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = run_playbook(ansible_playbooks()[-1], tmp_path_factory.mktemp("browser") / "report")
    assert run.code == 0, run.output
    return run


@pytest.fixture(scope="module")
def browser() -> str:
    found = chromium.find()
    if found is None:
        pytest.skip("LOUD: no Chromium here and none could be installed, the report was NOT opened in a browser")
    return found


def test_no_console_message_and_the_figures_are_there(example: Run, browser: str) -> None:
    document, console = chromium.open_page(browser, example.report_dir / "index.html")
    assert console == []
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<(?:script|style)[^>]*>.*?</(?:script|style)>|<[^>]+>", " ", document, flags=re.DOTALL)))
    assert example.fleet()["verdict"] in text
    # Of the four made-up weeks and the real day: messages, and sessions below them.
    row = re.search(r"mx\. ?physics\. ?example\. ?edu Postfix .{0,60}? 620 1,223 358 447 57\.7 % 36\.5 % 408 1,009 252 342 61\.8 % 33\.9 %", text)
    assert row, "the row of the published order: all, from outside; messages, and sessions below them"
    assert 'class="js' in document[:500] or "<html" in document and "js" in document[:300], "the page's script ran"


def test_the_pages_script_and_style_keep_to_the_policy(example: Run, browser: str, tmp_path: pathlib.Path) -> None:
    page = tmp_path / "attacked.html"
    attack = "<img src=x onerror=\"document.title='PWNED'\"><script>document.title='PWNED'</script>"
    page.write_text((example.report_dir / "index.html").read_text().replace("<main", attack + "<main", 1))
    document, console = chromium.open_page(browser, page)
    assert console, "the policy says what it stopped"
    assert "<title>PWNED" not in document


def test_it_can_be_seen(example: Run, browser: str, tmp_path: pathlib.Path) -> None:
    picture = tmp_path / "report.png"
    chromium.take_picture(browser, example.report_dir / "index.html", picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert picture.stat().st_size > 50_000
