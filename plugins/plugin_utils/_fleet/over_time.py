# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fleet.json says of time: days, runs and what changed between the last two."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.changes import Changes, FigureChange
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, rounded
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.run_figures import RunFigures


def over_time(fleet: Fleet) -> dict[str, Any]:
    """The parts ``run``, ``days``, ``runs`` and ``changes`` of the document."""
    run = fleet.run
    return {
        "run": None if run is None else {
            "run_id": run.run_id, "hosts": len(run.current), "partial": run.partial,
            "not_reached": sorted(host.name for host in run.not_reached), "from_earlier_runs": sorted(host.name for host in run.earlier),
        },
        "days": [
            {"date": day.date.isoformat(), "tls": day.share.part, "told_apart": day.share.whole, "unknown": day.share.unknown,
             "hosts": day.hosts, "of_hosts": day.expected, "low_coverage": day.low}
            for day in fleet.days
        ],
        "runs": [_run(one) for one in fleet.runs],
        "changes": None if fleet.changes is None else _changes(fleet.changes),
    }


def _counted(share: Share) -> dict[str, Any]:
    return {"part": share.part, "whole": share.whole, "percent": rounded(share.percent)}


def _run(run: RunFigures) -> dict[str, Any]:
    return {
        "run_id": run.run_id, "generated": run.generated, "hosts": run.hosts, "measured": run.measured, "statuses": run.statuses,
        "external_tls": _counted(run.external_tls), "unscanned_messages": run.unscanned_messages,
        "unscanned_per_day": run.unscanned_per_day, "antivirus_working": _counted(run.antivirus_working),
        "coverage": _counted(run.coverage),
    }


def _figure(change: FigureChange) -> dict[str, Any]:
    return {"before": change.before, "after": change.after, "change": change.delta, "hosts": change.hosts}


def _changes(changes: Changes) -> dict[str, Any]:
    return {
        "previous_run_id": changes.previous.run_id,
        "previous_generated": changes.previous.generated,
        "external_tls_percent": _figure(changes.tls_percent),
        "unscanned_per_day": _figure(changes.unscanned_per_day),
        "antivirus_working": _figure(changes.antivirus_working),
        "complete_tls_logs": _figure(changes.coverage),
        "hosts": [
            {"host": change.host, "before": change.before, "after": change.after, "direction": change.direction,
             "unscanned_per_day_before": change.unscanned_before, "unscanned_per_day_after": change.unscanned_after}
            for change in changes.hosts
        ],
        "added": changes.added,
        "removed": changes.removed,
    }
