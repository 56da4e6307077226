# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Globs as words of a POSIX shell script. PRIVATE to the collection."""

from __future__ import annotations

import re
import shlex

_PIECES = re.compile(r"(?P<set>\[!?\]?[^\]]*\])|(?P<wild>[*?])|(?P<plain>.)", re.DOTALL)


def glob_word(pattern: str) -> str:
    """The shell word that matches what Python's glob of `pattern` matches: only `*`, `?` and `[...]` keep a meaning, all else is quoted."""
    return "".join(_set(match["set"]) if match["set"] else match["wild"] or shlex.quote(match["plain"]) for match in _PIECES.finditer(pattern))


def _set(text: str) -> str:
    """`[!a-z]` with its members quoted. A dash stays, and so does `!` where it negates."""
    negated = text.startswith("[!")
    members = text[2 if negated else 1:-1]
    if members.startswith("^") and not negated and members[1:2] != "-":
        # No negation in Python, but one in some shells even when it is quoted; not at the begin.
        if members == "^":
            return "'^'"
        members = members[1:] + "^"
    return "[" + ("!" if negated else "") + "".join(char if char.isalnum() or char == "-" else shlex.quote(char) for char in members) + "]"
