# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as one JSON document: the evidence copy of everything the other forms show."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, rounded
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.over_time import over_time
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import VISIBILITIES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import NO_DATA

FLEET_VERSION = 1


def share(value: Share) -> dict[str, Any]:
    """A share with its counts; percent is null when it cannot be stated."""
    return {"part": value.part, "whole": value.whole, "unknown": value.unknown, "percent": rounded(value.percent)}


def host_figures(host: Host) -> dict[str, Any]:
    """One host: status, what it rests on, and its counts."""
    period = host.period
    return {
        "host": host.name,
        "status": host.status,
        "record_status": host.record["status"],
        "reason": host.record["reason"],
        "labels": host.record["labels"],
        "declared_antivirus": host.declared,
        "mta": {"name": host.mta, "version": host.mta_version},
        "period": {"first": period.get("first"), "last": period.get("last"), "days_with_logs": host.days},
        "measured": host.measured,
        "tls_visibility": host.visibility,
        "antivirus": {
            "state": host.antivirus_state,
            "product": host.antivirus.get("product"),
            "engine_version": host.antivirus.get("engine_version"),
            "signature_age_days": host.antivirus.get("signature_age_days"),
        },
        "audit_mode": host.record["settings"]["audit_mode"],
        "inbound": host.maillog["inbound"] if host.maillog else None,
        "tls_share": {
            "sessions": share(host.share("total", "sessions")),
            "external_sessions": share(host.share("external", "sessions")),
            "messages": share(host.share("total", "messages")),
            "external_messages": share(host.share("external", "messages")),
        },
        "plaintext_junk": share(host.junk),
        "tls_junk": share(host.rejected_share("tls")),
        "unscanned": {"messages": host.unscanned, "per_day": rounded(host.unscanned_per_day)},
        "probe": {
            "state": host.probe.state, "probed_at": host.probe.probed_at, "age_days": host.probe.age_days, "old": host.probe.old,
            "origin": host.probe.origin, "evidence": list(host.probe.evidence),
        },
        "logins": host.logins,
        "log_hosts": host.log_hosts,
        "audited_at": host.record["audited_at"],
        "run_id": host.record["run_id"],
    }


def figures(fleet: Fleet) -> dict[str, Any]:
    """The fleet's key figures; the action returns them too."""
    return {
        "hosts": len(fleet.hosts),
        "measured": len(fleet.measured),
        "unmeasured": fleet.unmeasured_count,
        "statuses": fleet.status_counts,
        "external_tls": share(fleet.external_tls),
        "unscanned": {
            "hosts": len(fleet.unscanned_hosts),
            "messages": fleet.unscanned,
            "per_day": rounded(fleet.unscanned_per_day),
        },
        "unscanned_declared": {
            "hosts": len(fleet.declared_unscanned), "per_day": rounded(fleet.declared_per_day),
        },
        "antivirus_unknown": {"hosts": len(fleet.unchecked_hosts), "per_day": rounded(fleet.unchecked_per_day)},
        "antivirus_working": share(fleet.antivirus_working),
        "coverage": share(fleet.coverage),
        "inspection": dict(fleet.inspection.parts()),
        "rejected_plaintext": share(fleet.spam.plaintext),
        "plaintext_sessions_without_mail": share(fleet.spam.without_mail),
        "rejected_tls": share(fleet.spam.tls),
        "rejected_unknown_user": share(fleet.spam.unknown_user),
        "probes": fleet.probe_counts,
    }


def fleet_document(fleet: Fleet, title: str, generated: str | None, verdict: str, collection_version: str) -> dict[str, Any]:
    """The content of fleet.json."""
    return {
        "fleet_version": FLEET_VERSION,
        "title": title,
        "generated": generated,
        "verdict": verdict,
        "collection_version": collection_version,
        "thresholds": fleet.thresholds.as_dict(),
        "figures": figures(fleet),
        "protocols": dict(fleet.protocols),
        "antivirus_by_tls_log": {
            state: dict(zip((*VISIBILITIES, NO_DATA), counts, strict=True)) for state, counts in fleet.matrix
        },
        "steps": [
            {"key": step.key, "hosts": [host.name for host in step.hosts], "per_day": rounded(step.per_day),
             "commands": step.commands}
            for step in fleet.steps
        ],
        "logins": {logins.protocol: {
            "servers": logins.hosts, "tls": logins.tls, "plaintext": logins.plaintext, "local": logins.local, "unknown": logins.unknown,
        } for logins in fleet.logins},
        **over_time(fleet),
        "data_quality": [
            {"subject": row.subject, "kind": row.kind, "detail": row.detail, "hint": row.hint, "notice": row.notice, "numbers": list(row.numbers)}
            for row in fleet.quality
        ],
        "hosts": [host_figures(host) for host in fleet.hosts],
    }
