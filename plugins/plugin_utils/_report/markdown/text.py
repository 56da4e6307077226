# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in Markdown. Every text goes through ``escape`` or ``code``: nothing in it can become markup, HTML or a link."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"([\\`*_\[\]|~^])")
_START = re.compile(r"^(|\d+(?=[.)](?: |$)))([-+#=.)])")
# Addresses become links in most renderers, some of which look after entities are decoded: only code is left alone by all.
_LINKABLE = re.compile(r"@|://|www\.", re.IGNORECASE)
# A language without blanks has no words: there, what can be part of an address ends where its letters begin.
_RUN = re.compile(r"[!-~]+|[^!-~]+")


def _escape_word(word: str) -> str:
    if _LINKABLE.search(word):
        return "".join(code(run) if _LINKABLE.search(run) else _escape_plain(run) for run in _RUN.findall(word))
    return _escape_plain(word)


def _escape_plain(word: str) -> str:
    word = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    return _SPECIAL.sub(r"\\\1", word)


def escape(text: str) -> str:
    """Text that Markdown and the HTML it may hold show as it stands, on one line."""
    return _START.sub(r"\1\\\2", " ".join(_escape_word(word) for word in text.split()))


def code(text: str) -> str:
    """Text as code: in it nothing is markup or a link. What could end it or its table cell is left out."""
    kept = re.sub(r"[`|\r\n]", "", text)
    return f"`{kept}`" if kept.strip() else ""


def table(header: Iterable[str], rows: Iterable[Iterable[str]], numeric_from: int) -> list[str]:
    """A table of escaped cells; columns from ``numeric_from`` on are set to the right."""
    titles = list(header)
    lines = ["| " + " | ".join(titles) + " |"]
    lines.append("|" + "|".join(" --- " if index < numeric_from else " ---: " for index in range(len(titles))) + "|")
    lines.extend("| " + " | ".join(cells) + " |" for cells in rows)
    return [*lines, ""]
