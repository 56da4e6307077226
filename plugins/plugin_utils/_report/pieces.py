# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of HTML that a page holds by the thousand, where a template takes its time. All text in them is escaped.

A piece is constant HTML with places to fill. Like an autoescaping template it escapes whatever is put into it but what is ``Markup``
already, all texts of a piece in one go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

# No text that a page shows holds this control character, and escaping leaves it as it is.
_BETWEEN = "\x1f"
_PLACE = re.compile(r"\{([a-z_]+)\}")


def escaped(texts: Sequence[str]) -> list[str]:
    """The texts, escaped."""
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) >= len(texts):
        joined = _BETWEEN.join(text.replace(_BETWEEN, "") for text in texts)
    return str.split(escape(joined), _BETWEEN)


class Piece:
    """Constant HTML, never from outside, with ``{names}`` in place of what differs."""

    def __init__(self, html: str) -> None:
        self._names = tuple(_PLACE.findall(html))
        self._form = _PLACE.sub("%s", html.replace("%", "%%"))

    def __call__(self, **values: str) -> Markup:
        """The piece with a text, or Markup, in each place. Raises KeyError when one is missing."""
        chosen = [values[name] for name in self._names]
        plain = [value for value in chosen if value.__class__ is not Markup]
        if len(plain) == len(chosen):
            chosen = escaped(plain)
        elif plain:
            safe = iter(escaped(plain))
            chosen = [value if value.__class__ is Markup else next(safe) for value in chosen]
        return Markup(self._form % tuple(chosen))


def repeated(html: str, texts: Sequence[str]) -> Markup:
    """A piece with one nameless place, ``{}``, once for each text."""
    before, after = html.split("{}")
    return Markup(before + (after + before).join(escaped(texts)) + after) if texts else Markup()


def joined(pieces: Iterable[Markup]) -> Markup:
    """Pieces in a row."""
    return Markup("".join(pieces))


def breakable(text: str, after: str = ".") -> Markup:
    """Escaped text that breaks after ``after`` first, and inside a word only where it must."""
    return Markup(str(escape(text)).replace(after, after + "<wbr>"))


# A word of a command this long or longer may break, as may a list of names.
_LONG_WORD = 32


def command_line(command: str) -> Markup:
    """An escaped command whose words stay whole, so that none of its options is cut at a hyphen."""
    whole = Piece("<span>{word}</span>")
    return Markup(" ").join(
        breakable(word, ",") if "," in word or len(word) >= _LONG_WORD else whole(word=word) if "-" in word else escape(word)
        for word in command.split(" ")
    )
