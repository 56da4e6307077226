# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's sentences in one language. One file per language; no fallback: a missing sentence is an error."""

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
    return sorted(path.stem for path in _FOLDER.glob("*.yml"))


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
        with open(_FOLDER / f"{language}.yml", encoding="utf-8") as handle:
            self._entries = _flatten(yaml.safe_load(handle))

    def keys(self) -> set[str]:
        """All keys."""
        return set(self._entries)

    def raw(self, key: str) -> Any:
        """An entry as it stands. Raises KeyError."""
        return self._entries[key]

    def text(self, key: str, **parameters: Any) -> str:
        """The sentence of ``key``. Only the catalogue's own text is a pattern, never a parameter. Raises KeyError."""
        return str(self._entries[key]) % parameters

    def plural(self, key: str, number: int, **parameters: Any) -> str:
        """The form of ``key`` for ``number`` things."""
        return self.text(f"{key}_{'one' if number == 1 else 'other'}", **parameters)
