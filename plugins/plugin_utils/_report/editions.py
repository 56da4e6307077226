# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One edition of the report per language, each in files of its own: the first has the plain names."""

from __future__ import annotations

from dataclasses import dataclass
from collections.abc import Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import UnknownLanguage, languages
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import Names


@dataclass(frozen=True)
class Edition:
    """The files of one language."""

    markdown: str
    pages: Names


def edition_names(wanted: Sequence[str]) -> dict[str, Edition]:
    """Language to its files, in the order asked for. Raises UnknownLanguage, and ValueError for none at all."""
    chosen = list(dict.fromkeys(wanted))
    if not chosen:
        raise ValueError(f"no report language was given; there are: {', '.join(languages())}")
    for language in chosen:
        if language not in languages():
            raise UnknownLanguage(f"no report language {language!r}; there are: {', '.join(languages())}")
    suffixes = {language: f".{language}" if index else "" for index, language in enumerate(chosen)}
    pages = {language: f"index{suffix}.html" for language, suffix in suffixes.items()}
    return {
        language: Edition(f"report{suffix}.md", Names(
            pages[language], suffix, {other: page for other, page in pages.items() if other != language},
        ))
        for language, suffix in suffixes.items()
    }
