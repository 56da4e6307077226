# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of HTML that the templates would need a loop for in each of thousands of rows. All text in them is escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def breakable(text: str, after: str = ".") -> Markup:
    """Escaped text that breaks after ``after`` first, and inside a word only where it must."""
    return (escape(after) + Markup("<wbr>")).join(text.split(after))


# No text that a page shows holds this control character.
_BETWEEN = "\x1f"


def numeric_cells(texts: Iterable[str]) -> Markup:
    """The cells of a row of numbers, escaped in one go."""
    joined = str(escape(_BETWEEN.join(text.replace(_BETWEEN, "") for text in texts)))
    return Markup('<td class="num">' + joined.replace(_BETWEEN, '</td><td class="num">') + "</td>")
