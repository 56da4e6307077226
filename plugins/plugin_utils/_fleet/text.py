# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that strangers chose, made safe to store and to show.

Whatever comes from a host may have been written by whoever sent it mail. Escaping is the business of each output
format; what no format can escape (terminal controls, bidirectional overrides, line separators) is removed here.
"""

from __future__ import annotations

import unicodedata

ELLIPSIS = "\u2026"

# Cc: C0 and C1 controls. Cf: bidirectional overrides, zero-width characters, tags. Cs: lone surrogates, which no
# UTF-8 file can hold. Zl and Zp: line separators that some readers split lines on.
_REMOVED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SPACES = frozenset("\t\n\v\f\r\x85\u2028\u2029")


def clean_text(value: str, cap: int) -> str:
    """One line of at most ``cap`` characters without control, format or bidirectional characters."""
    if len(value) <= cap and value.isascii() and value.isprintable():
        return " ".join(value.split())
    # Only a bounded head is looked at: a value of many megabytes must not cost a pass over all of it.
    head = value[: cap * 4 + 64]
    kept = []
    for char in head:
        if char in _SPACES:
            kept.append(" ")
        elif unicodedata.category(char) not in _REMOVED_CATEGORIES:
            kept.append(char)
    line = " ".join("".join(kept).split())
    if len(line) > cap or len(head) < len(value):
        line = line[: max(cap - 1, 0)].rstrip() + ELLIPSIS
    return line
