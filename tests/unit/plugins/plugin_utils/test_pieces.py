# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from markupsafe import Markup, escape

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.pieces import Piece, breakable, command_line, repeated

HOSTILE = ("<script>alert(1)</script>", "\"'&", "{name}", "%s", "%(name)s", "\x1f", "a\x1fb\x1f", "", "&lt;")


@pytest.mark.parametrize("first", HOSTILE)
@pytest.mark.parametrize("second", HOSTILE)
def test_whatever_is_put_into_a_piece_is_escaped_once_and_stays_in_its_place(first, second):
    filled = Piece('<a class="{kind}" width="100%">{name}</a>{mark}')(kind=first, name=second, mark=Markup("<b>"))
    kind, name = (escape(text.replace("\x1f", "")) for text in (first, second))
    assert str(filled) == f'<a class="{kind}" width="100%">{name}</a><b>'


def test_a_missing_text_is_an_error():
    with pytest.raises(KeyError):
        Piece("<p>{name}</p>")(other="x")


def test_a_piece_once_for_each_text():
    assert str(repeated("<td>{}</td>", ["1,080", "", "<b>", "\x1f"])) == "<td>1,080</td><td></td><td>&lt;b&gt;</td><td></td>"
    assert str(repeated("<td>{}</td>", [])) == ""


def test_names_break_and_are_escaped():
    assert str(breakable("mx.<b>.example")) == "mx.<wbr>&lt;b&gt;.<wbr>example"


def test_a_commands_options_stay_whole():
    line = command_line('make audit ARGS="--limit mx.<b>.example,mx-2.example" -e a=b')
    assert str(line) == (
        'make audit <span>ARGS=&#34;--limit</span> mx.&lt;b&gt;.example,<wbr>mx-2.example&#34; <span>-e</span> a=b'
    )
    assert str(command_line("-" * 40)) == "-" * 40, "what is long may break"
