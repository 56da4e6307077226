# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as a browser takes it: policy, static assets, catalogue."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report import page as page_module
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue, UnknownLanguage, languages
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown import escape
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import DEFINITIONS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.spreadsheet import text_cell
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import RUN, sample_variables
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record

SOURCES = Path(page_module.__file__).resolve().parent


def _source(block: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() + "'"


def test_policy_allows_the_bytes_there_are_and_no_others(make_report):
    page = make_report().files["index.html"].decode("utf-8")
    # A browser decodes the attribute, so the comparison does too.
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page).group(1).replace("&#39;", "'")
    scripts, styles = (re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("script", "style"))
    assert (len(scripts), len(styles)) == (3, 1)
    assert policy == (
        f"default-src 'none'; style-src {_source(styles[0])}; script-src {' '.join(map(_source, scripts))}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert page.index("Content-Security-Policy") < page.index("<script>")
    assert page.index('<meta charset="utf-8">') + 30 > page.index("<meta http-equiv")


def test_page_needs_nothing_from_outside(make_report):
    page = make_report().files["index.html"].decode("utf-8")
    assert not re.search(r'\bstyle="|\bon\w+="|<link|<img|<iframe|@import|src=|https?:|url\((?!#)', page)
    assert {link[:1] for link in re.findall(r'href="([^"]*)"', page)} == {"#"}
    identifiers = re.findall(r'\bid="([^"]*)"', page)
    assert len(identifiers) == len(set(identifiers))
    targets = set(re.findall(r'href="#([^"]*)"', page))
    assert targets <= set(identifiers)


def test_rows_beyond_the_first_page_are_there_and_unmarked(make_report):
    alpha = sample_variables()["alpha.example.org"]
    page = make_report([build_record(f"mx{number}", alpha, RUN) for number in range(203)]).files["index.html"].decode("utf-8")
    assert page.count('data-status="exposed">\n<td') == 203
    assert page.count('<tr class="on"') == 200
    assert "The first 200 of 203 servers are printed" in page


def test_details_of_many_servers_are_in_files_of_their_own(make_report, monkeypatch):
    monkeypatch.setattr(page_module, "DETAILED_HOSTS", 4)
    monkeypatch.setattr(page_module, "DETAILS_PER_FILE", 4)
    files = make_report().files
    assert sorted(name for name in files if name.startswith("details/")) == ["details/1.html", "details/2.html", "details/3.html"]
    index = files["index.html"].decode("utf-8")
    assert "<details" not in index
    links = re.findall(r'<th scope="row" class="name"><a href="([^"]*)">', index)
    assert links == [f"details/{(number - 1) // 4 + 1}.html#h{number}" for number in range(1, 10)]
    for name, number, expected in (("details/1.html", 1, 4), ("details/3.html", 9, 1)):
        page = files[name].decode("utf-8")
        assert page.count("<details") == expected and f'<details id="h{number}">' in page
        assert 'href="../index.html#results"' in page
        assert not re.search(r'\bstyle="|\bon\w+="|<link|<img|https?:', page)


def test_page_links_to_its_other_languages(make_report):
    files = make_report(languages=("en", "ja")).files
    assert '<a href="index.ja.html" lang="ja" hreflang="ja">日本語</a>' in files["index.html"].decode("utf-8")
    assert '<a href="index.html" lang="en" hreflang="en">English</a>' in files["index.ja.html"].decode("utf-8")


def test_languages_have_the_same_sentences():
    english = Catalogue("en").keys()
    for language in languages():
        assert Catalogue(language).keys() == english


def test_every_sentence_can_be_filled_in():
    for language in languages():
        catalogue = Catalogue(language)
        for key in catalogue.keys():
            value = catalogue.raw(key)
            if isinstance(value, str):
                names = re.findall(r"%\((\w+)\)s", value)
                filled = catalogue.text(key, **dict.fromkeys(names, ""))
                for percent_sign in ("TLS %", "\u00a0%", " % of", "%未満"):
                    filled = filled.replace(percent_sign, "")
                assert "%" not in filled.removesuffix("%"), key


def test_sentences_that_nothing_uses_are_gone():
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in SOURCES.rglob("*") if path.suffix in (".py", ".j2")
    )
    # Families whose last part is a value: a status, a finding, a step and the like.
    families = re.compile(
        r"(status|status_text|status_rule|antivirus|visibility|inspection|steps|quality\.what|quality\.effect_of|definition|table|headline"
        r"|qualifier|quality|details|notice|advice|probe\.(state|verdict)|details\.(scopes|kinds|columns|source_statuses|audit_modes|failures)|language\.names"
        r"|spam|changes|amount)\.\w+\Z"
    )
    for key in Catalogue("en").keys():
        base = re.sub(r"_(one|other)\Z", "", key)
        assert base in code or families.match(key), key
    assert all(f"definition.{name}" in Catalogue("en").keys() for name in DEFINITIONS)


def _texts(page: bytes) -> list[str]:
    """What a reader sees or hears of a page, piece by piece, but for what the servers themselves said."""
    text = re.sub(r"<(style|script|code)\b.*?</\1>", "", page.decode("utf-8"), flags=re.DOTALL)
    attributes = re.findall(r'(?:aria-label|placeholder|data-(?:all|filtered|more))="([^"]*)"', text)
    return [html.unescape(piece).strip() for piece in (*re.findall(r">([^<>]+)<", text), *attributes) if piece.strip()]


def test_japanese_page_has_no_english_label(make_report):
    english, japanese = Catalogue("en"), Catalogue("ja")
    same = {japanese.raw(key) for key in japanese.keys() if isinstance(japanese.raw(key), str)}
    # Words of one language alone; a sentence with parameters is recognised by its longest piece.
    foreign = set()
    for key in english.keys():
        value = english.raw(key)
        if isinstance(value, str) and value not in same:
            piece = max(re.split(r"%\(\w+\)s|\{\w+\}", value), key=len).strip(" .:;,()")
            if len(piece) > 3 and re.search("[a-z]{3}", piece) and piece not in ("MTA", "milter"):
                foreign.add(piece)
    pieces = _texts(make_report(language="ja").files["index.html"])
    assert len(pieces) > 400
    for piece in pieces:
        assert piece not in foreign, piece
        assert not any(len(word) > 12 and word in piece for word in foreign), piece
    assert {"要対応", "受信メールTLS監査報告", "サーバ別集計"} <= set(pieces)


def test_dates_and_numbers_by_language(make_report):
    for language, day, percent in (("en", "1 November 2026", "59.6\u00a0%"), ("ja", "2026年11月1日", "59.6%")):
        page = make_report(language=language).files["index.html"].decode("utf-8")
        assert f'<html lang="{language}">' in page
        assert day in page and percent in page
        assert '<time datetime="2026-11-24T10:15:00+09:00">' in page


@pytest.mark.parametrize("language", ["xx", "../en", "EN", ""])
def test_unknown_languages(language):
    with pytest.raises(UnknownLanguage):
        Catalogue(language)


@pytest.mark.parametrize("text, shown", [
    ("a|b", "a\\|b"), ("<b>", "&lt;b&gt;"), ("[x](javascript:y)", "\\[x\\](javascript:y)"), ("# no heading", "\\# no heading"),
    ("1. no list", "1\\. no list"), ("- no list", "\\- no list"), ("two\nlines", "two lines"), ("see https://x.example", "see `https://x.example`"),
    ("mail a@b.example", "mail `a@b.example`"),
    ("報告は@に続くファイルと*a@b.example*です。", "報告は`@`に続くファイルと`*a@b.example*`です。"),
    ("`@`|", "@"), ("$x$", "&#36;x&#36;"), ("a_b*c~d", "a\\_b\\*c\\~d"), ("\\", "\\\\"),
])
def test_markdown_escaping(text, shown):
    assert escape(text).replace("`@`", "@") == shown.replace("`@`", "@")


@pytest.mark.parametrize("text, shown", [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), (" =1", "' =1"), ("＝1", "'＝1"), ("a=1", "a=1"), (None, ""), ("\t=1", "'\t=1"),
])
def test_spreadsheet_escaping(text, shown):
    assert text_cell(text) == shown


@pytest.mark.parametrize("broken", [False, True])
def test_a_folder_without_a_servers_record_is_no_all_clear(make_report, tmp_path, broken):
    (tmp_path / "records").mkdir()
    if broken:
        (tmp_path / "records/x.json").write_text("{")
    files = make_report([]).files
    for name in ("index.html", "report.md"):
        text = re.sub(r"<wbr>|\\", "", files[name].decode())
        assert "every log showed TLS" not in text and "Nothing. Every server" not in text and "folder of records is empty" not in text
        assert "There is no record of any" in text
        assert ("No server was audited" in text) is not broken and ("x.json" in text) is broken
