# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every section of the Markdown is made with."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.text import escape
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences


class Section:
    """The sentences of one language, and short names for what a section writes with."""

    def __init__(self, words: Sentences) -> None:
        self.words, self.fleet = words, words.fleet
        self.t, self.n, self.f = words.catalogue.text, words.catalogue.plural, words.format

    def e(self, key: str, **parameters: str) -> str:
        """An escaped sentence."""
        return escape(self.t(key, **parameters))

    def heading(self, key: str) -> list[str]:
        """A section's heading."""
        return [f"## {self.e(key)}", ""]

    @property
    def count(self) -> Callable[[int | None], str]:
        """A whole number, as it stands in a cell."""
        return self.f.count
