# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published JSON Schemas: what they say is what is written, all of it, and they are the files in docs/schemas."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.history import write_history
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record, record_bytes
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import check_record
from ansible_collections.mailfleet.tls_audit.tests.tools.write_schemas import FOLDER, documents
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.action.test_hostile_answers import PAYLOADS, hostile_maillog, hostile_mailserver
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import RUN, answer, sample_records


def load(name: str) -> dict[str, Any]:
    """A published schema."""
    document = json.loads((FOLDER / f"{name}-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return document


def closed(schema: Any) -> Any:
    """The schema without room for keys that it does not name, so that a key that nobody described fails."""
    if isinstance(schema, dict):
        found = {key: closed(part) for key, part in schema.items()}
        if "properties" in found and "type" in found:
            found.setdefault("additionalProperties", False)
        return found
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(closed(load(name)), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


PROBE = {
    "schema_version": 1, "state": "confirmed_blind", "probed_at": "2026-11-20T10:00:00+09:00", "origin": "probe.example.net",
    "evidence": ["EICAR over STARTTLS was delivered"], "steps": [{"name": "eicar_starttls", "verdict": "delivered_intact", "port": 25}],
    "starttls": {"outside": True, "inside": True},
}


def records() -> list[dict[str, Any]]:
    """Records of every kind."""
    found = [*sample_records(), build_record("hostile", answer(hostile_maillog(PAYLOADS["markup"]), hostile_mailserver(PAYLOADS["entity"])), RUN)]
    probed = copy.deepcopy(found[0])
    probed.update(host="probed", probe=PROBE)
    return [*found, check_record(probed)]


def test_the_published_files_are_the_ones_that_the_code_makes() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == documents()


@pytest.mark.parametrize("record", records(), ids=lambda record: record["host"])
def test_records(record: dict[str, Any]) -> None:
    validator("record").validate(json.loads(record_bytes(record)))


def test_what_is_no_record_is_refused() -> None:
    check = validator("record")
    record = json.loads(record_bytes(sample_records()[0]))
    for path, value in (
        (("record_version",), 2), (("host",), None), (("status",), "fine"), (("status",), "failed"), (("audited_at",), "yesterday"), (("maillog",), None),
        (("maillog", "inbound", "external", "sessions", "tls"), -1), (("maillog", "inbound", "external", "sessions", "tls"), "7"),
        (("run_id",), "a b"), (("probe",), {"state": "inferred_blind"}),
    ):
        broken = copy.deepcopy(record)
        place = broken
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert not check.is_valid(broken), path


def test_fleet_document(make_report) -> None:
    check = validator("fleet")
    check.validate(json.loads(make_report([]).files["fleet.json"]))
    check.validate(json.loads(make_report(records()).files["fleet.json"]))


def test_fleet_document_with_history(make_report) -> None:
    before = make_report([dict(record, run_id="earlier", audited_at="2026-10-24T10:15:00+09:00") for record in records()[:5]])
    write_history(make_report.history, before.fleet.figures_of_run, before.fleet.figures_of_hosts)
    document = json.loads(make_report(records()).files["fleet.json"])
    assert document["changes"]["previous_run_id"] == "earlier" and len(document["runs"]) == 2
    validator("fleet").validate(document)
