# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a value from a host may look like: small checkers that return a clean copy or raise Violation.

A checked value is built anew from plain ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and ``None``: nothing
that ansible-core tagged, marked or subclassed gets through, and nothing larger than the shape says.

Each shape also says what it lets out as JSON Schema (draft 2020-12): ``schema_of``. The published schema of records is made of these.
"""

from __future__ import annotations

import math
import re
from operator import itemgetter
from typing import Any
from collections.abc import Callable, Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import PATTERN, parse_date, parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

Shape = Callable[[Any, str], Any]
Schema = dict[str, Any]

# A server that handled a message every microsecond for thirty years would not get here.
MAX_COUNT = 10**15


class Violation(ValueError):
    """A value outside its shape; the message names the place in the facts, never the value itself."""

    def within(self, where: str) -> Violation:
        """The same, of a part of `where`. Only a failure spells out its place: nearly every value of thousands of records is fine."""
        message = str(self)
        return Violation(f"{where}{'' if message.startswith('[') else ' ' if message.startswith('(') else '.'}{message}")


def described(shape: Shape, schema: Schema) -> Shape:
    """The shape with what it lets out, as JSON Schema."""
    shape.json_schema = schema  # type: ignore[attr-defined]
    return shape


def schema_of(shape: Shape) -> Schema:
    """What a shape lets out, as JSON Schema."""
    return shape.json_schema  # type: ignore[attr-defined]


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*kinds, *([] if "null" in kinds else ["null"])]}


def _fail(where: str, wanted: str) -> Violation:
    return Violation(f"{where} is not {wanted}")


def count(value: Any, where: str) -> int | None:
    """A non-negative whole number, or null for what the log cannot hold."""
    # Nearly all values are counts.
    if value.__class__ is int and 0 <= value <= MAX_COUNT:
        return value
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise _fail(where, "a count (whole, 0 or more) or null")
    return int(value)


described(count, {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_COUNT})


def counts_of(*parts: str, exactly: bool = False, among: str | None = None) -> Shape:
    """A map of a total, its parts and another count among it, which never contradict each other.

    ``exactly``: where all parts are known they add up to the total. Null for the whole map, or a count that is missing, means
    that the log cannot hold it.
    """
    names = ("total", *parts, *([among] if among else []))
    values_of, end = itemgetter(*names), 1 + len(parts)
    slowly = record_of(**dict.fromkeys(names, count))

    def check(value: Any, where: str) -> dict[str, int | None]:
        # A record has over a hundred of these, nearly all with every count: those are looked at quickly.
        try:
            values = values_of(value) if value.__class__ is dict else (None,)
        except KeyError:
            values = (None,)
        for number_of in values:
            if number_of.__class__ is not int or number_of < 0:
                return carefully({} if value is None else value, where)
        total, known = values[0], sum(values[1:end])
        if values[-1] <= total <= MAX_COUNT and (known == total or (known < total and not exactly)):
            return dict(zip(names, values))
        return carefully(value, where)

    def carefully(value: Any, where: str) -> dict[str, int | None]:
        checked = slowly(value, where)
        _no_contradiction(checked["total"], [checked[part] for part in parts], checked[among] if among else None, exactly, where)
        return checked
    return described(check, schema_of(slowly))


def _no_contradiction(total: int | None, parts: Sequence[int | None], among: int | None, exactly: bool, where: str) -> None:
    if total is None:
        return
    if None in parts:
        parts, exactly = [part for part in parts if part is not None], False
    known = sum(parts)
    if known != total and (exactly or known > total):
        raise Violation(f"{where} does not add up to its total")
    if among is not None and among > total:
        raise Violation(f"{where} has a part that is larger than its total")


def whole(low: int, high: int) -> Shape:
    """A whole number within bounds, or null."""
    def check(value: Any, where: str) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _fail(where, f"a whole number from {low} to {high} or null")
        return int(value)
    return described(check, {"type": ["integer", "null"], "minimum": low, "maximum": high})


def number(low: float, high: float) -> Shape:
    """A finite number within bounds, or null."""
    def check(value: Any, where: str) -> float | int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise _fail(where, "a number or null")
        if not low <= value <= high:
            raise _fail(where, f"a number from {low:g} to {high:g}")
        return int(value) if isinstance(value, int) else float(value)
    return described(check, {"type": ["number", "null"], "minimum": low, "maximum": high})


def flag(value: Any, where: str) -> bool | None:
    """True, false, or null for not known."""
    if value is None or isinstance(value, bool):
        return None if value is None else bool(value)
    raise _fail(where, "true, false or null")


described(flag, {"type": ["boolean", "null"]})


def text(cap: int) -> Shape:
    """Text of any origin or null: cleaned, and cut at ``cap`` characters rather than refused."""
    def check(value: Any, where: str) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise _fail(where, "text or null")
        return clean_text(str(value), cap)
    return described(check, {"type": ["string", "null"], "maxLength": cap})


def one_of(*words: str, null: bool = False) -> Shape:
    """One of a few fixed words."""
    def check(value: Any, where: str) -> str | None:
        if value is None and null:
            return None
        if isinstance(value, str) and str(value) in words:
            return str(value)
        raise _fail(where, "one of " + ", ".join(words))
    return described(check, {"enum": [*words, *([None] if null else [])]})


def token(pattern: str, cap: int) -> Shape:
    """A name made of the allowed characters alone."""
    compiled = re.compile(pattern + r"\Z")

    def check(value: Any, where: str) -> str:
        if not isinstance(value, str) or len(value) > cap or not compiled.match(value):
            raise _fail(where, "a name of the allowed characters")
        return str(value)
    return described(check, {"type": "string", "maxLength": cap, "pattern": f"^(?:{pattern})$"})


def moment(value: Any, where: str) -> str | None:
    """An RFC 3339 time with offset, or null."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 40:
        raise _fail(where, "an RFC 3339 time with an offset or null")
    try:
        parse_moment(str(value))
    except ValueError as error:
        raise _fail(where, "an RFC 3339 time with an offset or null") from error
    return str(value)


described(moment, {"type": ["string", "null"], "maxLength": 40, "format": "date-time", "pattern": f"^{PATTERN}$"})


def day(value: Any, where: str) -> str:
    """A date, YYYY-MM-DD."""
    try:
        parse_date(str(value) if isinstance(value, str) else "")
    except ValueError as error:
        raise _fail(where, "a date") from error
    return str(value)


described(day, {"type": "string", "format": "date"})


def list_of(item: Shape, cap: int, null: bool = False) -> Shape:
    """A list of at most ``cap`` items. A longer one is refused: cutting figures would make them wrong in silence."""
    def check(value: Any, where: str) -> list[Any] | None:
        if value is None and null:
            return None
        if not isinstance(value, list):
            raise _fail(where, "a list")
        if len(value) > cap:
            raise Violation(f"{where} has more than {cap} entries")
        checked: list[Any] = []
        try:
            for entry in value:
                checked.append(item(entry, f"[{len(checked)}]"))
        except Violation as error:
            raise error.within(where) from error
        return checked
    schema = {"type": "array", "maxItems": cap, "items": schema_of(item)}
    return described(check, or_null(schema) if null else schema)


def mapping_of(key: Shape, item: Shape, cap: int) -> Shape:
    """A flat map of at most ``cap`` entries with checked keys."""
    def check(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _fail(where, "a map")
        if len(value) > cap:
            raise Violation(f"{where} has more than {cap} entries")
        checked: dict[str, Any] = {}
        try:
            for name, entry in value.items():
                clean = key(name, "(a key)")
                checked[clean] = item(entry, clean)
        except Violation as error:
            raise error.within(where) from error
        return checked
    return described(check, {
        "type": "object", "maxProperties": cap, "propertyNames": schema_of(key), "additionalProperties": schema_of(item),
    })


def record_of(required: dict[str, Shape] | None = None, null: bool = False, **optional: Shape) -> Shape:
    """A map with known keys. Unknown keys are left out, missing optional ones are taken as null, or as empty where null is refused."""
    needed = required or {}
    # A checked map has all its keys: what was missing is null or empty.
    shapes = {**needed, **optional}
    parts = tuple(shapes.items())
    # Found out once: of thousands of records each may miss what another version did not write.
    empty_forms = {name: _empty_form(shape) for name, shape in optional.items()}

    def check(value: Any, where: str) -> dict[str, Any] | None:
        if value is None and null:
            return None
        if not isinstance(value, dict):
            raise _fail(where, "a map")
        checked: dict[str, Any] = {}
        try:
            for name, shape in parts:
                try:
                    part = value[name]
                except KeyError:
                    part = empty_forms.get(name, _NO_FORM)
                    if part is _NO_FORM:
                        raise Violation(f"{name} is missing") from None
                checked[name] = shape(part, name)
        except Violation as error:
            raise error.within(where) from error
        return checked
    schema = {"type": "object", "required": sorted(shapes), "properties": {name: schema_of(shape) for name, shape in shapes.items()}}
    return described(check, or_null(schema) if null else schema)


_NO_FORM = object()


def _empty_form(shape: Shape) -> Any:
    """What stands for a missing value: null where the shape allows null, else its empty form. A shape builds its answer anew each time."""
    forms: tuple[Any, ...] = (None, [], {})
    for empty in forms:
        try:
            shape(empty, "")
        except Violation:
            continue
        return empty
    return _NO_FORM
