# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published JSON Schema of fleet.json: docs/schemas/fleet-1.schema.json."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.changes import BETTER, OTHER, WORSE
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.inspection import Inspection
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import PROBE_STATES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.record_schema import DIALECT, with_references
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Schema, count, flag, moment, or_null, schema_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import NO_DATA, STATUS_ORDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.summary import FLEET_VERSION
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds

_COUNT, _FLAG, _MOMENT = schema_of(count), schema_of(flag), schema_of(moment)
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_AMOUNT: Schema = {"type": ["number", "null"], "minimum": 0}
_CHANGE: Schema = {"type": ["number", "null"]}
_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_YES: Schema = {"type": "boolean"}
_PERCENT: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 100}
_STATUS: Schema = {"enum": list(STATUS_ORDER)}


def _map(about: str = "", **properties: Schema) -> Schema:
    described: Schema = {"description": about} if about else {}
    return {**described, "type": "object", "required": sorted(properties), "properties": properties}


def _list(item: Schema, about: str = "") -> Schema:
    return {**({"description": about} if about else {}), "type": "array", "items": item}


def _about(text: str, part: Schema) -> Schema:
    return {**part, "description": text}


_SHARE = _map("A part of a whole; unknown is what could be neither and is left out of the whole.",
              part=_COUNT, whole=_COUNT, unknown=_COUNT, percent=_PERCENT)
_COUNTED = _map("A part of a whole.", part=_COUNT, whole=_COUNT, percent=_PERCENT)
_FIGURE_CHANGE = _map("A figure before and after, over hosts that both runs could measure.",
                      before=_AMOUNT, after=_AMOUNT, change=_CHANGE, hosts=_WHOLE)
_STATUSES = _map("Servers by status.", **dict.fromkeys(STATUS_ORDER, _WHOLE))
_PROBES = _map("Servers by what a probe showed, or by what is inferred without one.", **dict.fromkeys(PROBE_STATES, _WHOLE))
_LOGIN = _map(tls=_COUNT, plaintext=_COUNT, local=_COUNT, unknown=_COUNT)

_RUN_FIGURES = _map(
    "One run as the history keeps it.",
    run_id=_TEXT, generated=_MOMENT, hosts=_WHOLE, measured=_WHOLE, statuses=_STATUSES, external_tls=_COUNTED, unscanned_messages=_COUNT,
    unscanned_per_day=_AMOUNT, antivirus_working=_COUNTED, coverage=_COUNTED,
)

_FIGURES = _map(
    "The fleet's figures, over measured servers. null: not known, never 0.",
    hosts=_WHOLE, measured=_WHOLE, unmeasured=_WHOLE, statuses=_STATUSES, external_tls=_SHARE,
    unscanned=_map("External TLS messages without working local antivirus.", hosts=_WHOLE, messages=_COUNT, per_day=_AMOUNT),
    unscanned_declared=_map("Those of them that the inventory declares to be scanned elsewhere.", hosts=_WHOLE, per_day=_AMOUNT),
    antivirus_unknown=_map("Servers whose antivirus could not be checked.", hosts=_WHOLE, per_day=_AMOUNT),
    antivirus_working=_SHARE, coverage=_SHARE,
    inspection=_map("Mail from outside by where it was inspected.", **dict.fromkeys(Inspection.__dataclass_fields__, _WHOLE)),
    rejected_plaintext=_SHARE,
    plaintext_sessions_without_mail=_about("Plaintext sessions from outside that brought no accepted message, at least.", _SHARE),
    rejected_tls=_SHARE, rejected_unknown_user=_SHARE, probes=_PROBES,
)

_HOST = _map(
    "One server.",
    host=_TEXT, status=_STATUS, record_status={"enum": list(schema.STATUSES)}, reason=schema_of(schema.REASON), labels=schema_of(schema.LABELS),
    declared_antivirus=_TEXT_OR_NULL, mta=_map(name=_TEXT_OR_NULL, version=_TEXT_OR_NULL),
    period=_map(first=_MOMENT, last=_MOMENT, days_with_logs=_COUNT), measured=_YES,
    tls_visibility={"enum": [*schema.VISIBILITIES, NO_DATA]},
    antivirus=_map(state={"enum": list(schema.ANTIVIRUS_STATES)}, product=_TEXT_OR_NULL, engine_version=_TEXT_OR_NULL, signature_age_days=_CHANGE),
    audit_mode=_about("How the server was read: with its Python, or over its shell; null when it was not.", {"enum": [*schema.AUDIT_MODES, None]}),
    inbound=_about("The record's counts.", or_null(_map(**dict.fromkeys(schema.SCOPES, schema_of(schema.SCOPE))))),
    tls_share=_map(sessions=_SHARE, external_sessions=_SHARE, messages=_SHARE, external_messages=_SHARE),
    plaintext_junk=_SHARE, tls_junk=_SHARE, unscanned=_map(messages=_COUNT, per_day=_AMOUNT),
    probe=_map(state={"enum": list(PROBE_STATES)}, probed_at=_MOMENT, age_days=_COUNT, old=_YES, origin=_TEXT_OR_NULL, evidence=_list(_TEXT)),
    logins={"type": "object", "additionalProperties": _LOGIN},
    log_hosts=_list(_map(host=_TEXT, **schema_of(schema.LOG_HOST)["properties"]), "Syslog hosts of a central log."),
    audited_at=_MOMENT, run_id=_TEXT,
)

_CHANGES = _map(
    "What differs from the previous run.",
    previous_run_id=_TEXT, previous_generated=_MOMENT, external_tls_percent=_FIGURE_CHANGE, unscanned_per_day=_FIGURE_CHANGE,
    antivirus_working=_FIGURE_CHANGE, complete_tls_logs=_FIGURE_CHANGE,
    hosts=_list(_map(host=_TEXT, before=_STATUS, after=_STATUS, direction={"enum": [BETTER, WORSE, OTHER]},
                     unscanned_per_day_before=_AMOUNT, unscanned_per_day_after=_AMOUNT), "Servers with another status."),
    added=_list(_TEXT), removed=_list(_TEXT),
)

_DEFINITIONS = {
    "scope": schema_of(schema.SCOPE), "brief_scope": schema_of(schema.BRIEF_SCOPE), "share": _SHARE, "counted": _COUNTED,
    "figure_change": _FIGURE_CHANGE, "statuses": _STATUSES, "run_figures": _RUN_FIGURES, "host": _HOST,
}


def fleet_schema() -> Schema:
    """The schema as one document."""
    document = _map(
        fleet_version={"const": FLEET_VERSION},
        title=_TEXT, generated=_about("Time of the newest record; null without records.", _MOMENT), verdict=_about("The headline.", _TEXT),
        collection_version=_TEXT,
        thresholds=_map("The limits in use.", **dict.fromkeys(Thresholds.__dataclass_fields__, {"type": "number"})),
        figures=_FIGURES,
        protocols=_about("Inbound TLS sessions by protocol version.", {"type": "object", "additionalProperties": _WHOLE}),
        antivirus_by_tls_log=_map(**dict.fromkeys(schema.ANTIVIRUS_STATES, _map(**dict.fromkeys((*schema.VISIBILITIES, NO_DATA), _WHOLE)))),
        steps=_list(_map(key=_TEXT, hosts=_list(_TEXT), per_day=_AMOUNT, commands=_list(_TEXT)), "What to do next, most urgent first."),
        logins=_about("Logins to mail boxes by protocol.", {"type": "object", "additionalProperties": _map(servers=_WHOLE, **_LOGIN["properties"])}),
        run=_about("What the newest run came to.", or_null(_map(
            run_id=_TEXT, hosts=_WHOLE, partial=_YES, not_reached=_list(_TEXT), from_earlier_runs=_list(_TEXT)))),
        days=_list(_map(date={"type": "string", "format": "date"}, tls=_COUNT, told_apart=_COUNT, unknown=_COUNT, hosts=_WHOLE, of_hosts=_WHOLE,
                        low_coverage=_YES), "External messages day by day, without gaps."),
        runs=_list(_RUN_FIGURES, "The runs of the history up to this one, oldest first."),
        changes=or_null(_CHANGES),
        data_quality=_list(_map(subject=_TEXT, kind=_TEXT, detail=_TEXT_OR_NULL, hint=_TEXT_OR_NULL, notice=_TEXT_OR_NULL, numbers=_list({"type": "integer"}))),
        hosts=_list(_HOST, "The servers, those that need work first."),
    )
    names: dict[int, str] = {id(part): name for name, part in _DEFINITIONS.items()}
    whole: dict[str, Any] = with_references(document, names)
    return {
        "$schema": DIALECT,
        "$id": f"urn:mailfleet:tls_audit:fleet:{FLEET_VERSION}",
        "title": "mailfleet.tls_audit fleet report",
        "description": "Everything that the report shows, as evidence. null: not known, never 0. A reader leaves keys that it does not know aside.",
        **whole,
        "$defs": {name: with_references(part, names) for name, part in _DEFINITIONS.items()},
    }
