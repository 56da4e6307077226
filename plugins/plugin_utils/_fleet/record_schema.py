# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published JSON Schema of host records, made of the shapes that check them: docs/schemas/record-1.schema.json."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import PROBE
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Schema, schema_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_DESCRIPTIONS = {
    "record_version": "Version of this format.",
    "host": "The inventory name, cleaned of control characters.",
    "status": "audited: its logs were read. The others say in reason why not.",
    "reason": "Why the host was not audited; null when it was.",
    "audited_at": "When the audit ran, RFC 3339 with offset.",
    "run_id": "Names the run; the same in all its records.",
    "labels": "Names of the inventory's own, such as the department.",
    "declared": "What the inventory declares and nobody verified.",
    "settings": "What the audit ran with.",
    "maillog": "What the mail logs show. A count of null means that the log cannot hold it, never 0.",
    "mailserver": "How the host is set up; null when it could not be seen.",
    "probe": "What a probe from outside showed; null when there was none.",
}
_DEFINITIONS = {
    "scope": (schema.SCOPE, "Sessions by class; accepted messages by the class of their session; refused commands."),
    "brief_scope": (schema.BRIEF_SCOPE, "Sessions and accepted messages alone."),
    "probe": (PROBE, "One probe: clean and EICAR mail, in plaintext and over STARTTLS."),
}


def with_references(value: Any, names: dict[int, str]) -> Any:
    """A schema in which those that have a name are references to it."""
    if isinstance(value, dict):
        return {
            key: {"$ref": f"#/$defs/{names[id(part)]}"} if id(part) in names else with_references(part, names)
            for key, part in value.items()
        }
    return [with_references(part, names) for part in value] if isinstance(value, list) else value


def record_schema() -> Schema:
    """The schema as one document. What it cannot say, such as counts that add up, schema.check_record checks."""
    names = {id(schema_of(shape)): name for name, (shape, _text) in _DEFINITIONS.items()}
    record = with_references(schema_of(schema.RECORD), names)
    properties = {
        name: {"description": _DESCRIPTIONS[name], **part} if name in _DESCRIPTIONS else part for name, part in record["properties"].items()
    }
    properties["record_version"] = {"description": _DESCRIPTIONS["record_version"], "const": schema.RECORD_VERSION}
    for name in ("host", "audited_at"):
        properties[name] = {**properties[name], "type": "string"}
    return {
        "$schema": DIALECT,
        "$id": f"urn:mailfleet:tls_audit:record:{schema.RECORD_VERSION}",
        "title": "mailfleet.tls_audit host record",
        "description": "One mail server, audited or not. A reader leaves keys that it does not know aside.",
        "type": "object",
        "required": record["required"],
        "properties": properties,
        "if": {"properties": {"status": {"const": "audited"}}},
        "then": {"properties": {"maillog": {"type": "object"}}},
        "else": {"properties": {"reason": {"type": "object"}}},
        "$defs": {
            name: {"description": text, **with_references(schema_of(shape), names)} for name, (shape, text) in _DEFINITIONS.items()
        },
    }
