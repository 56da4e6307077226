# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts and records this version understands, with a bound on every part (docs: the facts' schema, version 1).

A compromised host chooses its facts. Everything here is checked twice: when a record is written, and again when a
report reads it, because records are copied together from other control nodes.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import PROBE, PROBE_VERSION
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import (
    Shape, Violation, count, counts_of, day, described, flag, list_of, mapping_of, moment, number, one_of, or_null, record_of, schema_of, text,
    token, whole,
)

RECORD_VERSION = 1
FACTS_VERSION = 1
MAX_RECORD_BYTES = 256 * 1024

STATUSES = ("audited", "failed", "unreachable", "skipped")
REASON_KINDS = (
    "unreachable", "no_log", "no_permission", "no_mta", "python_too_old", "become", "timeout", "skipped", "error",
)
VISIBILITIES = ("complete", "partial", "none")
# How a host was read: with its Python, or over its shell.
AUDIT_MODES = ("module", "fetch")
ANTIVIRUS_STATES = ("working", "stale", "stopped", "not_wired", "partly_wired", "absent", "unknown")
SCOPES = ("total", "external", "internal", "local")

_NAME = 64
_LINE = 300
_PATH = 400

_daemon = token(r"[A-Za-z0-9_][A-Za-z0-9._/:-]*", _NAME)
_cipher = token(r"[A-Za-z0-9_][A-Za-z0-9._:+/-]*", _NAME)
_parameter = token(r"[A-Za-z0-9_][A-Za-z0-9._-]*", _NAME)
_syslog_host = token(r"[A-Za-z0-9][A-Za-z0-9._:-]*", _NAME)
_word = token(r"[a-z][a-z0-9_]*", 40)


_sessions = counts_of("tls", "plaintext", "tls_failed", "unknown", exactly=True)
_messages = counts_of("tls", "plaintext", "unknown")
_rejected = counts_of("tls", "plaintext", "unknown", among="unknown_user")


def _label(value: Any, where: str) -> str:
    """A label's name, in any script."""
    name = text(_NAME)(value, where)
    if not name:
        raise Violation(f"{where} is empty")
    return name


described(_label, {"type": "string", "minLength": 1, "maxLength": _NAME})


SCOPE = record_of(sessions=_sessions, messages=_messages, rejected=_rejected)
BRIEF_SCOPE = record_of(sessions=_sessions, messages=_messages)
_logins = record_of(tls=count, plaintext=count, local=count, unknown=count)
# One syslog host of a central log that the audit split (host_field: each).
LOG_HOST = record_of({"tls_visibility": one_of(*VISIBILITIES)}, total=BRIEF_SCOPE, external=BRIEF_SCOPE, days=count)

MAILLOG: Shape = record_of(
    {
        "schema_version": whole(1, 1000),
        "period": record_of(first=moment, last=moment, days_with_logs=count),
        "inbound": record_of({scope: SCOPE for scope in SCOPES}),
        "coverage": record_of(
            {"tls_visibility": one_of(*VISIBILITIES)},
            tls_visible_days=count,
            notices=list_of(record_of({"kind": _word}, count=count, detail=text(_LINE)), 64),
            lines=record_of(read=count, mail=count, matched=count, malformed=count),
        ),
    },
    mtas=list_of(_word, 8),
    services=mapping_of(_daemon, BRIEF_SCOPE, 64),
    tls=record_of(protocols=mapping_of(_cipher, count, 33), ciphers=mapping_of(_cipher, count, 33)),
    daily=list_of(record_of({"date": day}, external=BRIEF_SCOPE, total=BRIEF_SCOPE), 1100),
    sources=list_of(record_of(
        path=text(_PATH), bytes=count, lines=count, compression=text(_NAME), first=moment, last=moment,
        status=text(_NAME), reason=text(_LINE),
    ), 400),
    clients=list_of(record_of(address=text(_NAME), sessions=count, messages=count, rejected=count), 100),
    logins=mapping_of(_daemon, _logins, 16),
    hosts=mapping_of(_syslog_host, LOG_HOST, 64),
    performance=record_of(seconds=number(0, 10**7), bytes=count, resumed=flag),
)

MAILSERVER: Shape = record_of(
    {"schema_version": whole(1, 1000), "antivirus": record_of(
        {"state": one_of(*ANTIVIRUS_STATES)},
        product=text(_NAME), present=flag, running=flag, wired=flag,
        wired_services=list_of(text(_NAME), 64), unwired_services=list_of(text(_NAME), 64),
        engine_version=text(_NAME), signature_date=moment, signature_age_days=number(-(10**5), 10**5),
        evidence=list_of(text(_LINE), 32),
        failure=record_of(null=True, effect=text(_NAME), on_milter_failure=text(_NAME), on_clamd_failure=text(_NAME)),
        size_limits=record_of(null=True, message=count, scanned=count, gap=flag),
    )},
    python=text(_NAME),
    mta=record_of(null=True, name=text(_NAME), version=text(_NAME), running=flag, others=list_of(text(_NAME), 16)),
    tls_logging=record_of(null=True, level=whole(-1, 100), enabled=flag, source=text(_LINE)),
    starttls=record_of(null=True, offered=flag),
    services=list_of(record_of(
        name=text(_NAME), endpoint=text(_LINE), port=whole(0, 65535), loopback_only=flag, wrapper_mode=flag,
        tls_level=text(_NAME), tls_loglevel=whole(-1, 100), milters=list_of(text(_LINE), 16, null=True),
        content_filter=text(_LINE), proxy_filter=text(_LINE), chrooted=flag, overrides=mapping_of(_parameter, text(_LINE), 64),
    ), 64),
    certificate=record_of(
        null=True, path=text(_PATH), readable=flag, valid=flag, not_before=moment, not_after=moment, days_left=whole(-(10**6), 10**6),
        self_signed=flag, key_matches=flag, error=text(_LINE),
    ),
    unseen=list_of(record_of(what=text(_LINE), why=text(_LINE)), 64),
)

LABELS: Shape = mapping_of(_label, text(100), 16)
NETWORKS: Shape = list_of(token(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?", 50), 256)
REASON: Shape = record_of(
    {"kind": one_of(*REASON_KINDS), "detail": text(_LINE)}, null=True, hint=text(_LINE),
)
_version = text(_NAME)


def check_maillog(value: Any) -> dict[str, Any]:
    """A clean copy of ``ansible_facts.maillog``. Raises Violation, figures that contradict each other included."""
    facts = MAILLOG(value, "maillog")
    _known_version(facts["schema_version"], "maillog")
    for scope in ("external", "internal"):
        for kind in ("sessions", "messages", "rejected"):
            part, total = (facts["inbound"][name][kind]["total"] for name in (scope, "total"))
            if part is not None and total is not None and part > total:
                raise Violation(f"maillog.inbound.{scope}.{kind} is larger than the total")
    return facts


def _known_version(version: int | None, what: str, known: int = FACTS_VERSION) -> None:
    if version != known:
        raise Violation(f"{what} facts have schema version {version}; this collection reads version {known}")


def check_mailserver(value: Any) -> dict[str, Any]:
    """A clean copy of ``ansible_facts.mailserver``. Raises Violation."""
    facts = MAILSERVER(value, "mailserver")
    _known_version(facts["schema_version"], "mailserver")
    return facts


def _maillog(value: Any, where: str) -> dict[str, Any] | None:
    return None if value is None else check_maillog(value)


described(_maillog, or_null(schema_of(MAILLOG)))


def _mailserver(value: Any, where: str) -> dict[str, Any] | None:
    return None if value is None else check_mailserver(value)


described(_mailserver, or_null(schema_of(MAILSERVER)))


def _probe(value: Any, where: str) -> dict[str, Any] | None:
    probe = PROBE(value, where)
    if probe is None:
        return None
    _known_version(probe["schema_version"], "probe", PROBE_VERSION)
    if probe["probed_at"] is None:
        raise Violation(f"{where}.probed_at is missing")
    return probe


described(_probe, schema_of(PROBE))


RECORD: Shape = record_of(
    {
        "record_version": whole(1, 1000),
        "host": text(220),
        "status": one_of(*STATUSES),
        "audited_at": moment,
        "run_id": token(r"[A-Za-z0-9][A-Za-z0-9._:+-]*", _NAME),
    },
    reason=REASON,
    collection_version=_version,
    ansible_core=_version,
    labels=LABELS,
    declared=record_of(antivirus=text(200)),
    settings=record_of(internal_networks=NETWORKS, audit_mode=one_of(*AUDIT_MODES, null=True)),
    maillog=_maillog,
    mailserver=_mailserver,
    probe=_probe,
)


def check_record(value: Any) -> dict[str, Any]:
    """A clean copy of a host record. Raises Violation."""
    record = RECORD(value, "record")
    if record["record_version"] != RECORD_VERSION:
        raise Violation(f"record version {record['record_version']} is not {RECORD_VERSION}")
    if not record["host"] or record["audited_at"] is None:
        raise Violation("record has no host or no audited_at")
    if record["status"] == "audited" and record["maillog"] is None:
        raise Violation("record is audited but holds no maillog facts")
    if record["status"] != "audited" and record["reason"] is None:
        raise Violation("record is not audited but gives no reason")
    return record
