# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's own words on a host, which go into its record literally: its labels, and what it is declared to be scanned by."""

from __future__ import annotations

from typing import Any
from collections.abc import Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

_LABELS, _DECLARED = "audit_labels", "audit_declared_antivirus"
# What each variable takes, for a message.
INVENTORY_WORDS = {_LABELS: 'at most 16 names with a short text each, such as {"department": "Physics"}', _DECLARED: "a text"}


def labels_of(variables: Mapping[str, Any]) -> dict[str, str]:
    """A host's labels that a record can hold; none where one of them breaks its bounds."""
    labels = variables.get(_LABELS)
    if not isinstance(labels, Mapping):
        return {}
    try:
        return schema.LABELS({key: str(value) for key, value in labels.items() if isinstance(value, (str, int, float))}, "labels")
    except Violation:
        return {}


def declared_of(variables: Mapping[str, Any]) -> str | None:
    """What a host is declared to be scanned by."""
    declared = variables.get(_DECLARED)
    return clean_text(str(declared), 200) or None if isinstance(declared, str) else None


def unfit_words(variables: Any) -> list[str]:
    """The variables that are not in the record as whoever wrote them meant it: of another type, out of bounds, or a template, which nothing fills in."""
    if not isinstance(variables, Mapping):
        return []
    kept = {_LABELS: labels_of(variables), _DECLARED: declared_of(variables)}
    given = {name: variables.get(name) for name in INVENTORY_WORDS}
    lost = {
        _LABELS: not isinstance(given[_LABELS], Mapping) or len(kept[_LABELS] or {}) < len(given[_LABELS]),
        _DECLARED: kept[_DECLARED] is None,
    }
    return [name for name, value in given.items() if value not in (None, "", {}) and (lost[name] or "{{" in str(kept[name]))]
