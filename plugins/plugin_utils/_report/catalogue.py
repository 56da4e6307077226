# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's sentences in one language, whole and with named parameters: word order is the translator's.

Each language is a folder, each file in it holds some of the report's sections. All languages have the same keys and there is no
fallback: a missing sentence is an error. A key that depends on a number has the forms _one and _other.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).resolve().parent / "i18n"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?\Z")


class UnknownLanguage(ValueError):
    """No catalogue for the language asked for."""


def languages() -> list[str]:
    """The languages there are catalogues for."""
    return sorted(path.name for path in _FOLDER.iterdir() if path.is_dir() and _LANGUAGE.match(path.name))


def _flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = prefix + key
        if isinstance(value, dict):
            flat.update(_flatten(value, name + "."))
        else:
            flat[name] = value
    return flat


class Catalogue:
    """Sentences by dotted key, with named parameters."""

    def __init__(self, language: str) -> None:
        if not _LANGUAGE.match(language) or language not in languages():
            raise UnknownLanguage(f"no report language {language!r}; there are: {', '.join(languages())}")
        self.language = language
        self._entries: dict[str, Any] = {}
        self._plain: dict[str, str] = {}        # texts without parameters, as they were asked for
        for path in sorted((_FOLDER / language).glob("*.yml")):
            self._entries.update(_flatten(yaml.safe_load(path.read_text(encoding="utf-8"))))

    def keys(self) -> set[str]:
        """All keys."""
        return set(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def raw(self, key: str) -> Any:
        """An entry as it stands. Raises KeyError."""
        return self._entries[key]

    def text(self, key: str, **parameters: Any) -> str:
        """The sentence of ``key``. Only the catalogue's own text is a pattern, never a parameter. Raises KeyError."""
        if parameters:
            return str(self._entries[key]) % parameters
        text = self._plain.get(key)
        if text is None:
            text = self._plain[key] = str(self._entries[key]) % {}
        return text

    def plural(self, key: str, number: int, **parameters: Any) -> str:
        """The form of ``key`` for ``number`` things."""
        return self.text(f"{key}_{'one' if number == 1 else 'other'}", **parameters)
