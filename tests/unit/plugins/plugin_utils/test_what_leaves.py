# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/what-leaves-a-host.md names every field of a record, and none that is not there."""

from __future__ import annotations

import fnmatch
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

ROOT = pathlib.Path(__file__).parents[4]
SCHEMA = json.loads((ROOT / "docs/schemas/record-1.schema.json").read_text())


def _fields(shape: dict[str, Any], name: str = "") -> Iterator[str]:
    """The names of all that a record may hold."""
    if "$ref" in shape:
        shape = SCHEMA["$defs"][shape["$ref"].rpartition("/")[2]]
    inner = list(shape.get("properties", {}).items())
    for key in ("items", "additionalProperties"):
        if isinstance(shape.get(key), dict):
            inner.append(("*", shape[key]))
    alternatives = [*shape.get("anyOf", []), *shape.get("oneOf", [])]
    for alternative in alternatives:
        if alternative.get("type") != "null":
            yield from _fields(alternative, name)
    for key, value in inner:
        yield from _fields(value, f"{name}.{key}" if name else key)
    if not inner and not alternatives:
        yield name


def test_every_field_is_named_and_every_name_is_a_field() -> None:
    fields = set(_fields(SCHEMA))
    assert len(fields) > 120
    rows = [line.split("|")[1] for line in (ROOT / "docs/what-leaves-a-host.md").read_text().splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(named) == len(set(named))
    assert [field for field in sorted(fields) if not any(fnmatch.fnmatchcase(field, name) for name in named)] == []
    assert [name for name in named if not any(fnmatch.fnmatchcase(field, name) for field in fields)] == []
