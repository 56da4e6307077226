# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts and records this version understands, with a bound on every part (docs: the facts' schema, version 1).

A compromised host chooses its facts. Everything here is checked twice: when a record is written, and again when a
report reads it, because records are copied together from other control nodes.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import (
    Shape, Violation, count, day, flag, list_of, mapping_of, moment, number, one_of, record_of, text, token, whole,
)

RECORD_VERSION = 1
FACTS_VERSION = 1
MAX_RECORD_BYTES = 256 * 1024

STATUSES = ("audited", "failed", "unreachable", "skipped")
REASON_KINDS = (
    "unreachable", "no_log", "no_permission", "no_mta", "python_too_old", "become", "timeout", "skipped", "error",
)
VISIBILITIES = ("complete", "partial", "none")
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


def _counts(*names: str) -> Shape:
    """Counts of one kind; null for the whole means that the log cannot hold any of them."""
    optional: dict[str, Any] = {name: count for name in names}
    shape = record_of({}, **optional)
    return lambda value, where: shape({} if value is None else value, where)


_sessions = _counts("total", "tls", "plaintext", "tls_failed", "unknown")
_messages = _counts("total", "tls", "plaintext", "unknown")
_rejected = _counts("total", "tls", "plaintext", "unknown", "unknown_user")


def _label(value: Any, where: str) -> str:
    """A label's name, in any script."""
    name = text(_NAME)(value, where)
    if not name:
        raise Violation(f"{where} is empty")
    return name


_scope = record_of(sessions=_sessions, messages=_messages, rejected=_rejected)
_brief_scope = record_of(sessions=_sessions, messages=_messages)
_logins = record_of(tls=count, plaintext=count, local=count, unknown=count)

MAILLOG: Shape = record_of(
    {
        "schema_version": whole(1, 1000),
        "period": record_of(first=moment, last=moment, days_with_logs=count),
        "inbound": record_of({scope: _scope for scope in SCOPES}),
        "coverage": record_of(
            {"tls_visibility": one_of(*VISIBILITIES)},
            tls_visible_days=count,
            notices=list_of(record_of({"kind": _word}, count=count, detail=text(_LINE)), 64),
            lines=record_of(read=count, mail=count, matched=count, malformed=count),
        ),
    },
    mtas=list_of(_word, 8),
    services=mapping_of(_daemon, _brief_scope, 64),
    tls=record_of(protocols=mapping_of(_cipher, count, 33), ciphers=mapping_of(_cipher, count, 33)),
    daily=list_of(record_of({"date": day}, external=_brief_scope, total=_brief_scope), 1100),
    sources=list_of(record_of(
        path=text(_PATH), bytes=count, lines=count, compression=text(_NAME), first=moment, last=moment,
        status=text(_NAME), reason=text(_LINE),
    ), 400),
    clients=list_of(record_of(address=text(_NAME), sessions=count, messages=count, rejected=count), 100),
    hosts=mapping_of(_syslog_host, record_of(
        {"tls_visibility": one_of(*VISIBILITIES)}, total=_brief_scope, external=_brief_scope, days=count,
    ), 64),
    logins=mapping_of(_daemon, _logins, 16),
    performance=record_of(seconds=number(0, 10**7), bytes=count, resumed=flag),
)

MAILSERVER: Shape = record_of(
    {"schema_version": whole(1, 1000), "antivirus": record_of(
        {"state": one_of(*ANTIVIRUS_STATES)},
        product=text(_NAME), present=flag, running=flag, wired=flag,
        wired_services=list_of(text(_NAME), 64), unwired_services=list_of(text(_NAME), 64),
        engine_version=text(_NAME), signature_date=moment, signature_age_days=number(-(10**5), 10**5),
        evidence=list_of(text(_LINE), 32),
    )},
    python=text(_NAME),
    mta=record_of(null=True, name=text(_NAME), version=text(_NAME), running=flag, others=list_of(text(_NAME), 16)),
    tls_logging=record_of(null=True, level=whole(-1, 100), enabled=flag, source=text(_LINE)),
    starttls=record_of(null=True, offered=flag),
    services=list_of(record_of(
        name=text(_NAME), endpoint=text(_LINE), port=whole(0, 65535), loopback_only=flag, wrapper_mode=flag,
        tls_level=text(_NAME), tls_loglevel=whole(-1, 100), milters=list_of(text(_LINE), 16, null=True),
        content_filter=text(_LINE), proxy_filter=text(_LINE), overrides=mapping_of(_parameter, text(_LINE), 64),
    ), 64),
    certificate=record_of(
        null=True, path=text(_PATH), readable=flag, not_after=moment, days_left=whole(-(10**6), 10**6),
        self_signed=flag, error=text(_LINE),
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
    for scope, counts in facts["inbound"].items():
        _consistent(counts, f"maillog.inbound.{scope}")
    for scope in ("external", "internal"):
        for kind in ("sessions", "messages", "rejected"):
            part, total = (facts["inbound"][name][kind]["total"] for name in (scope, "total"))
            if part is not None and total is not None and part > total:
                raise Violation(f"maillog.inbound.{scope}.{kind} is larger than the total")
    for entry in facts["daily"]:
        for scope in ("external", "total"):
            _consistent(entry[scope], f"maillog.daily.{entry['date']}.{scope}")
    for name, entry in facts["hosts"].items():
        for scope in ("external", "total"):
            _consistent(entry[scope], f"maillog.hosts.{name}.{scope}")
    return facts


def _known_version(version: int | None, what: str) -> None:
    if version != FACTS_VERSION:
        raise Violation(f"{what} facts have schema version {version}; this collection reads version {FACTS_VERSION}")


def _consistent(counts: dict[str, Any], where: str) -> None:
    """The parts of a whole never exceed it, and the four classes of sessions add up to it."""
    for kind, parts in (
        ("sessions", ("tls", "plaintext", "tls_failed", "unknown")),
        ("messages", ("tls", "plaintext", "unknown")),
        ("rejected", ("tls", "plaintext", "unknown")),
    ):
        values = counts.get(kind)
        if values is None or values["total"] is None:
            continue
        known = [values[part] for part in parts if values[part] is not None]
        if sum(known) > values["total"] or (kind == "sessions" and len(known) == 4 and sum(known) != values["total"]):
            raise Violation(f"{where}.{kind} does not add up to its total")
    rejected = counts.get("rejected")
    if rejected and None not in (rejected["unknown_user"], rejected["total"]):
        if rejected["unknown_user"] > rejected["total"]:
            raise Violation(f"{where}.rejected has more unknown users than rejections")


def check_mailserver(value: Any) -> dict[str, Any]:
    """A clean copy of ``ansible_facts.mailserver``. Raises Violation."""
    facts = MAILSERVER(value, "mailserver")
    _known_version(facts["schema_version"], "mailserver")
    return facts


def _maillog(value: Any, where: str) -> dict[str, Any] | None:
    return None if value is None else check_maillog(value)


def _mailserver(value: Any, where: str) -> dict[str, Any] | None:
    return None if value is None else check_mailserver(value)


def _no_probe(value: Any, where: str) -> None:
    """Room for the result of the delivery probe, which this version does not write."""


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
    settings=record_of(internal_networks=NETWORKS),
    maillog=_maillog,
    mailserver=_mailserver,
    probe=_no_probe,
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
