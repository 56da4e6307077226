# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where long names may break over two lines."""

from __future__ import annotations

from markupsafe import Markup, escape


def breakable(text: str, after: str = ".") -> Markup:
    """Escaped text that breaks after ``after`` first, and inside a word only where it must."""
    return (escape(after) + Markup("<wbr>")).join(text.split(after))
