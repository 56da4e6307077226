# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data quality: every host or file whose figures are missing, a minimum, or doubtful, with the effect on the totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import BrokenRecord

# Notices that change no figure, or are of a kind that every log has: the host's details tell them. Any other makes the figures a minimum or doubtful, one
# that a later release of the collection brings included.
_DETAILS_ALONE = frozenset({
    "clients_limited", "duplicate_source", "killed_session", "link", "missing_disconnect", "multiple_hosts", "no_mail_lines", "no_match", "not_a_file",
    "open_session", "orphan_disconnect", "orphan_tls", "postscreen_tls", "repeated_message", "sessions_unknown", "shortened", "state_rebuilt",
    "too_many_sources", "too_much_to_tell_apart", "untrusted_writer",
})

# States in which mail passes the scanner, so that its limits are the mail's.
_SCANNING = frozenset({"working", "stale", "partly_wired"})


@dataclass(frozen=True)
class QualityRow:
    """One remark. ``subject`` is a host or a file; ``detail`` and ``hint`` are plain text from the record; ``notice`` is the kind of a log reader's."""

    subject: str
    kind: str
    detail: str | None = None
    hint: str | None = None
    numbers: tuple[int, ...] = ()
    notice: str | None = None


def host_rows(host: Host, newest: Host) -> list[QualityRow]:
    """The remarks on one host."""
    rows = []
    if not host.audited:
        reason = host.record["reason"] or {"kind": "error", "detail": None, "hint": None}
        rows.append(QualityRow(host.name, reason["kind"], reason["detail"], reason["hint"]))
    elif host.without_mail:
        rows.append(QualityRow(host.name, "no_mail_lines"))
    elif host.visibility == "none":
        rows.append(QualityRow(host.name, "tls_hidden"))
    elif not host.measured:
        rows.append(QualityRow(host.name, "messages_unknown"))
    elif host.visibility == "partial":
        visible = host.tls_visible_days
        if visible is None or not host.days:
            rows.append(QualityRow(host.name, "tls_partly"))
        else:
            rows.append(QualityRow(host.name, "tls_partly_days", numbers=(visible, host.days)))
    for notice in host.notices:
        if notice["kind"] not in _DETAILS_ALONE:
            rows.append(QualityRow(host.name, "notice", notice.get("detail") or None, notice=notice["kind"]))
    if host.audited and host.mailserver is None:
        rows.append(QualityRow(host.name, "set_up_unseen"))
    if host.antivirus_state in _SCANNING:
        if host.fails in ("open", "mixed"):
            rows.append(QualityRow(host.name, "fails_open"))
        if host.size_limits.get("gap") and host.size_limits.get("scanned"):
            rows.append(QualityRow(host.name, "size_gap", numbers=(host.size_limits["scanned"],)))
    if host.probe.old:
        rows.append(QualityRow(host.name, "old_probe", numbers=(host.probe.age_days or 0,)))
    age = newest.audited_at - host.audited_at
    if age > timedelta(days=host.thresholds.record_max_age_days):
        rows.append(QualityRow(host.name, "old_record", numbers=(age.days,)))
    return rows


def file_row(broken: BrokenRecord) -> QualityRow:
    """The remark on a file that is no record."""
    return QualityRow(broken.file, "broken_record", broken.problem)


def damaged_history_row(name: str) -> QualityRow:
    """The remark on a file of the history that was set aside."""
    return QualityRow(name, "damaged_history")


def duplicate_row(host: str, older_files: int) -> QualityRow:
    """The remark on a host with several records."""
    return QualityRow(host, "duplicate_record", numbers=(older_files,))
