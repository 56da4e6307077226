# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a fleet with every state, in a real browser: for whoever sees it, hears it, prints it, or has no script."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from . import axe, chromium, debian, devtools, fleet_report

PAGES = {"en": "index.html", "ja": "index.ja.html"}
HOSTS = 42
# Every kind of element is there with a few servers already; axe takes a second for each hundred cells.
FEW = 14
TAB, ENTER, SPACE = ("Tab", 9), ("Enter", 13, "\r"), (" ", 32, " ")
VISIBLE_ROWS = "[...document.querySelectorAll('#servers tbody tr')].filter(row => row.offsetHeight > 0).length"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return fleet_report.make_report(tmp_path_factory.mktemp("page"), HOSTS)


@pytest.fixture(scope="module")
def small_report(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return fleet_report.make_report(tmp_path_factory.mktemp("small"), FEW)


@pytest.fixture(scope="module")
def browser() -> str:
    found = chromium.find()
    assert found, "no Chromium here and none could be installed: the report was NOT opened in a browser"
    return found


@pytest.fixture
def tab(browser: str) -> Iterator[devtools.Tab]:
    with devtools.tab(browser) as opened:
        opened.look(1480, 900)
        yield opened


@pytest.mark.parametrize("language", PAGES)
def test_nothing_is_said_on_the_console_and_nothing_asked_for(tab: devtools.Tab, report: pathlib.Path, language: str) -> None:
    page = report / PAGES[language]
    tab.open(page)
    assert tab.complaints() == []
    assert tab.requests() == [page.resolve().as_uri()]


@pytest.mark.parametrize("language", PAGES)
def test_wcag(tab: devtools.Tab, small_report: pathlib.Path, language: str) -> None:
    for width, scheme in ((1480, "light"), (1480, "dark"), (390, "light")):
        tab.look(width, 900, scheme, phone=width < 600)
        tab.open(small_report / PAGES[language])
        tab.run("[...document.querySelectorAll('details')].slice(0, 2).forEach(details => { details.open = true; })")
        assert axe.violations(tab) == [], (width, scheme)


@pytest.mark.parametrize("language", PAGES)
def test_no_sideways_scrolling_on_a_phone(tab: devtools.Tab, report: pathlib.Path, language: str) -> None:
    tab.look(390, 844, phone=True)
    tab.open(report / PAGES[language])
    tab.run("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    assert tab.run("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("width", [1440, 1366, 1280, 1024])
def test_no_column_is_hidden_on_a_laptop(tab: devtools.Tab, report: pathlib.Path, width: int, language: str) -> None:
    """But for the servers' own table, which is wider than any laptop and says that it scrolls."""
    tab.look(width, 800)
    tab.open(report / PAGES[language])
    hidden = "[...document.querySelectorAll('section:not(.results):not(.details) > .scroll')].map(one => one.scrollWidth - one.clientWidth)"
    assert set(tab.run(hidden)) == {0}
    assert tab.run("document.querySelectorAll('table.changes tbody tr').length") > 3


@pytest.mark.parametrize("language", PAGES)
def test_pictures_can_be_read_on_a_phone(tab: devtools.Tab, report: pathlib.Path, language: str) -> None:
    tab.look(390, 844, phone=True)
    tab.open(report / PAGES[language])
    drawn = "parseFloat(getComputedStyle(one).fontSize) * one.ownerSVGElement.clientWidth / 640"
    sizes = tab.run(f"[...document.querySelectorAll('.plot text')].map(one => {drawn})")
    assert len(sizes) > 10 and min(sizes) > 9.5, min(sizes)
    assert tab.run("document.querySelector('.matrix').parentNode.scrollWidth - document.querySelector('.matrix').parentNode.clientWidth") == 0


@pytest.mark.parametrize("width, phone", [(1440, False), (1024, False), (390, True)])
def test_the_matrix_has_its_headings_over_their_figures(tab: devtools.Tab, report: pathlib.Path, width: int, phone: bool) -> None:
    tab.look(width, 900, phone=phone)
    tab.open(report / PAGES["en"])
    inner = "one.getBoundingClientRect().right - parseFloat(getComputedStyle(one).paddingRight)"
    right = "[...document.querySelectorAll('.matrix {row} .num')].map(one => " + inner + ")"
    headings = tab.run(right.format(row="thead tr + tr"))
    assert len(headings) == 4 and headings == tab.run(right.format(row="tbody tr:first-child"))[:4]


def test_japanese_statuses_are_not_broken_up(tab: devtools.Tab, report: pathlib.Path) -> None:
    tab.look(1280, 900)
    tab.open(report / PAGES["ja"])
    lines = "[...document.querySelectorAll('#servers tbody .status')].map(one => one.offsetHeight / parseFloat(getComputedStyle(one).lineHeight))"
    assert max(tab.run(lines)) < 1.5


def test_dark_is_dark(tab: devtools.Tab, report: pathlib.Path) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        tab.look(1480, 900, scheme)
        tab.open(report / PAGES["en"])
        colour = tab.run("getComputedStyle(document.body).backgroundColor")
        brightness[scheme] = sum(int(part) for part in re.findall(r"\d+", colour))
    assert brightness["light"] > 600 and brightness["dark"] < 150


def test_keyboard_alone(tab: devtools.Tab, report: pathlib.Path) -> None:
    tab.open(report / PAGES["en"])
    tab.press(*TAB)
    assert tab.run("document.activeElement.className") == "skip"
    assert tab.run("document.activeElement.getBoundingClientRect().left") >= 0, "the skip link shows itself"
    tab.press(*ENTER)
    assert tab.run("location.hash") == "#results"
    seen = []
    for _press in range(40):
        tab.press(*TAB)
        seen.append(tab.run("document.activeElement.id || document.activeElement.dataset.status || document.activeElement.dataset.column || ''"))
        if seen[-1] == "8":
            break
    assert seen[0] == "filter" and "exposed" in seen and seen[-1] == "8", seen
    tab.press(*ENTER)
    assert tab.run("[...document.querySelectorAll('th[aria-sort]')].map(th => th.getAttribute('aria-sort'))") == ["descending"]
    tab.run("document.querySelector('[data-status=exposed]').focus()")
    tab.press(*SPACE)
    assert tab.run("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert tab.run(VISIBLE_ROWS) == tab.run("document.querySelectorAll('#servers tbody tr[data-status=exposed]').length") > 0


def test_sorting_goes_by_number_with_unknown_last(tab: devtools.Tab, report: pathlib.Path) -> None:
    tab.open(report / PAGES["en"])
    for column in (3, 8, 9, 15):
        for direction in (-1, 1):
            tab.run(f"document.querySelector('button[data-column=\"{column}\"]').click()")
            texts = tab.run(f"[...document.querySelectorAll('#servers tbody tr')].map(row => row.cells[{column}].firstChild.textContent)")
            known = [float(re.sub(r"[^0-9.-]", "", text.replace("−", "-"))) for text in texts if text != "—"]
            assert texts[:len(known)].count("—") == 0 and len(known) < len(texts), "not known comes last both ways"
            assert known == sorted(known, reverse=direction < 0)
        tab.run(f"document.querySelector('button[data-column=\"{column}\"]').click()")
    assert tab.run("document.querySelectorAll('th[aria-sort]').length") == 0


def test_filter(tab: devtools.Tab, report: pathlib.Path) -> None:
    tab.open(report / PAGES["ja"])
    tab.run("filter.value = 'mx1. chem'; filter.dispatchEvent(new Event('input'))")
    assert tab.run(VISIBLE_ROWS) == 1
    assert tab.run("document.getElementById('count').textContent") == "該当1台中1台を表示"
    tab.run("filter.value = 'no such server'; filter.dispatchEvent(new Event('input'))")
    assert tab.run(VISIBLE_ROWS) == 0


def test_a_servers_name_opens_its_details(tab: devtools.Tab, report: pathlib.Path) -> None:
    tab.open(report / PAGES["en"])
    tab.run("document.querySelector('#servers tbody tr:nth-child(3) a').click()")
    opened = "new Promise(done => setTimeout(() => done([...document.querySelectorAll('details[open]')].map(one => one.id)), 200))"
    assert tab.run(opened) == ["h3"]


def _pdf(path: pathlib.Path) -> tuple[list[str], str]:
    """Return the text of a PDF's pages, and what pdfinfo says of it."""
    if shutil.which("pdftotext") is None or shutil.which("pdfinfo") is None:
        debian.install("poppler-utils")
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return text.split("\f")[:-1], subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout


def _changed_servers(report: pathlib.Path) -> list[str]:
    return [change["host"] for change in json.loads((report / "fleet.json").read_text())["changes"]["hosts"]]


def test_printed_bars_keep_their_lower_edge(tab: devtools.Tab, report: pathlib.Path) -> None:
    tab.open(report / PAGES["en"])
    tab.send("Emulation.setEmulatedMedia", media="print")
    bars = "[...document.querySelectorAll('.meter')].map(bar => [bar, ...bar.children].map(one => one.getBoundingClientRect().height))"
    heights = tab.run(bars)
    assert len(heights) > 4 and all(len(set(parts)) == 1 and parts[0] > 3 for parts in heights), heights


@pytest.mark.parametrize("language, executive, later", [
    ("en", ("servers pass about", "External mail over TLS", "Where external mail was", "What to do next", "External TLS share, day by day", "run by run",
            "2,500", "TLS versions", "How much of it was refused", "Antivirus against measurement", "not known"),
     ("Since the previous run", "Data quality", "Per-server results", "Definitions")),
    ("ja", ("学外メールが", "学外メールのTLS率", "どこで検査されたか", "次に行うこと", "日別", "2,500", "TLSのバージョン", "拒否した割合", "ウイルス対策と計測状況"),
     ("前回からの変化", "データの品質", "サーバ別集計", "用語の定義")),
])
def test_executive_part_is_on_the_first_printed_page(
    tab: devtools.Tab, report: pathlib.Path, tmp_path: pathlib.Path, language: str, executive: tuple[str, ...], later: tuple[str, ...],
) -> None:
    chromium.install_japanese_font()
    tab.open(report / PAGES[language])
    tab.pdf(tmp_path / "report.pdf")
    (first, *rest), information = _pdf(tmp_path / "report.pdf")
    squeezed = re.sub(r"\s", "", first) if language == "ja" else " ".join(first.split())
    for piece in executive:
        assert piece in squeezed, piece
    following = "".join(rest) if language == "en" else re.sub(r"\s", "", "".join(rest))
    for piece in later:
        assert piece not in squeezed and piece in following, piece
    # A few changed servers stay together.
    changed = [name for name in _changed_servers(report) if name not in first]
    assert len(changed) > 3 and any(all(name in page for name in changed) and later[0] in re.sub(r"\s", "" if language == "ja" else " ", page) for page in rest)
    # So does what the report was made of, from the heading to the digest.
    digest = hashlib.sha256((report / "fleet.json").read_bytes()).hexdigest()
    assert ["mailfleet.tls_audit 0.2.0" in page for page in rest if digest[:16] in page] == [True]
    assert len(rest) < 8
    assert re.search(r"Page size:\s+84[12]\.?\d* x 59[45]\.?\d* pts", information), information


def test_five_thousand_servers(tab: devtools.Tab, tmp_path: pathlib.Path) -> None:
    pages = fleet_report.make_pages(fleet_report.make_fleet(5000), tmp_path)
    assert len(pages["index.html"]) <= 10_000_000
    assert all(len(data) <= 10_000_000 for data in pages.values())
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(tmp_path / "index.html")
    assert tab.run("document.querySelectorAll('#servers tbody tr').length") == 5000
    assert tab.run("[...document.querySelectorAll('#servers tbody tr')].every(row => getComputedStyle(row).display === 'table-row')")
    assert tab.run("getComputedStyle(document.querySelector('.controls')).display") == "none"
    tab.send("Emulation.setScriptExecutionDisabled", value=False)
    tab.open(tmp_path / "index.html")
    shown = "[...document.querySelectorAll('#servers tbody tr')].filter(row => getComputedStyle(row).display !== 'none').length"
    assert tab.run(shown) == 200
    tab.run("document.getElementById('more').click()")
    assert tab.run(shown) == 400
    assert tab.complaints() == []
