# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hosts.csv: one line per server for a spreadsheet. Numbers are plain, texts can be no formula, unknown is empty."""

from __future__ import annotations

import csv
import io
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import SCOPES

# What spreadsheets take for the start of a formula (OWASP ASVS 1.2.10), the full-width forms of Japanese input included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BYTE_ORDER_MARK = "\ufeff"
_PARTS = {
    "sessions": ("total", "tls", "plaintext", "tls_failed", "unknown"),
    "messages": ("total", "tls", "plaintext", "unknown"),
    "rejected": ("total", "tls", "plaintext", "unknown", "unknown_user"),
}


def text_cell(value: str | None) -> str:
    """Text that no spreadsheet runs: a leading apostrophe where it would be a formula, with or without spaces before it."""
    text = value or ""
    return "'" + text if text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS) else text


def _percent(share: Share) -> str:
    return "" if share.percent is None else f"{share.percent:.2f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


# Every count of the facts has a column of its own: external_sessions_plaintext and the like.
_COUNT_COLUMNS = [
    (scope, kind, [(f"{'' if scope == 'total' else scope + '_'}{kind}{'' if part == 'total' else '_' + part}", part) for part in parts])
    for scope in SCOPES for kind, parts in _PARTS.items()
]


def _cells(host: Host, points: float | None) -> dict[str, Any]:
    """The columns of one host, in order. Plain ints, and texts that ``text_cell`` still has to see, marked by their type."""
    period = host.period
    reason = host.record["reason"] or {}
    cells: dict[str, Any] = {
        "server": host.name,
        "status": host.status,
        "period_first": period.get("first"),
        "period_last": period.get("last"),
        "days_with_logs": host.days,
    }
    for scope, kind, prefix in (
        ("total", "sessions", "sessions"), ("external", "sessions", "external_sessions"),
        ("total", "messages", "messages"), ("external", "messages", "external_messages"),
    ):
        share, counts = host.share(scope, kind), host.known_counts(scope, kind)
        cells[prefix] = counts.get("total")
        cells[f"{prefix}_tls"] = share.part
        cells[f"{prefix}_tls_percent"] = _Plain(_percent(share))
        cells[f"{prefix}_unknown"] = counts.get("unknown")
    for scope, kind, columns in _COUNT_COLUMNS:
        counts = host.known_counts(scope, kind)
        for name, part in columns:
            cells.setdefault(name, counts.get(part))
    cells.update({
        "plaintext_junk_percent": _Plain(_percent(host.junk)),
        "tls_junk_percent": _Plain(_percent(host.rejected_share("tls"))),
        "external_tls_percent_change": _Plain(_number(points)),
        "unscanned_messages": host.unscanned,
        "unscanned_per_day": _Plain(_number(host.unscanned_per_day)),
        "antivirus": host.antivirus_state,
        "antivirus_product": host.antivirus.get("product"),
        "antivirus_engine": host.antivirus.get("engine_version"),
        "signature_age_days": _Plain(_number(host.antivirus.get("signature_age_days"))),
        "declared_antivirus": host.declared,
        "probe": host.probe.state,
        "probed_at": host.probe.probed_at,
        "probe_age_days": host.probe.age_days,
        "tls_log": host.visibility,
        "tls_visible_days": host.tls_visible_days,
        "notices": "; ".join(sorted({notice["kind"] for notice in host.notices})),
        "mta": host.mta,
        "mta_version": host.mta_version,
        "labels": "; ".join(f"{key}={value}" for key, value in sorted(host.record["labels"].items())),
        "reason": reason.get("kind"),
        "reason_detail": reason.get("detail"),
        "audit_mode": host.record["settings"]["audit_mode"],
        "audited_at": host.record["audited_at"],
        "run_id": host.record["run_id"],
    })
    return cells


class _Plain(str):
    """A number already spelled; a leading minus is its sign and no formula."""


def render_spreadsheet(fleet: Fleet) -> bytes:
    """The file, with a byte order mark (Excel takes it for the local encoding otherwise) and the line ends of RFC 4180."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    header_written = False
    points = fleet.changes.points if fleet.changes else {}
    for host in fleet.hosts:
        cells = _cells(host, points.get(host.name))
        if not header_written:
            writer.writerow(list(cells))
            header_written = True
        writer.writerow([_spell(value) for value in cells.values()])
    return (_BYTE_ORDER_MARK + buffer.getvalue()).encode("utf-8")


def _spell(value: Any) -> str:
    if isinstance(value, (int, _Plain)):
        return str(value)
    return text_cell(value)
