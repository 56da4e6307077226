# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the history keeps of a run: the fleet's figures, and each host's status and figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import ANTIVIRUS_STATES, VISIBILITIES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import (
    Shape, count, flag, moment, number, one_of, record_of, text, token, whole,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import NO_DATA, STATUS_ORDER

HISTORY_VERSION = 1
_MANY = 10**12

_share = record_of(part=count, whole=count)
_amount = number(0, _MANY)

RUN_LINE: Shape = record_of({
    "history_version": whole(HISTORY_VERSION, HISTORY_VERSION),
    "run_id": token(r"[A-Za-z0-9][A-Za-z0-9._:+-]*", 64),
    "generated": moment,
    "hosts": whole(0, 10**6),
    "measured": whole(0, 10**6),
    "host_bytes": whole(0, 10**9),
    "host_sha256": token(r"[0-9a-f]{64}", 64),
    "statuses": record_of(**{status: count for status in STATUS_ORDER}),
    "external_tls": _share,
    "unscanned_messages": count,
    "unscanned_per_day": _amount,
    "antivirus_working": _share,
    "coverage": _share,
})
HOST_LINE: Shape = record_of({
    "host": text(220),
    "status": one_of(*STATUS_ORDER),
    "measured": flag,
    "external_tls": _share,
    "unscanned_per_day": _amount,
    "antivirus": one_of(*ANTIVIRUS_STATES),
    "tls_visibility": one_of(*VISIBILITIES, NO_DATA),
})


def _share_of(value: dict[str, Any]) -> Share:
    return Share(value["part"], value["whole"])


def _as_dict(share: Share) -> dict[str, Any]:
    return {"part": share.part, "whole": share.whole}


@dataclass(frozen=True)
class HostFigures:
    """One host in one run."""

    host: str
    status: str
    measured: bool
    external_tls: Share
    unscanned_per_day: float | None
    antivirus: str
    tls_visibility: str

    def as_line(self) -> dict[str, Any]:
        """The host's line in the history."""
        return {
            "host": self.host, "status": self.status, "measured": self.measured, "external_tls": _as_dict(self.external_tls),
            "unscanned_per_day": self.unscanned_per_day, "antivirus": self.antivirus, "tls_visibility": self.tls_visibility,
        }

    @classmethod
    def from_line(cls, value: Any) -> HostFigures:
        """The host of a line. Raises Violation."""
        line = HOST_LINE(value, "host line")
        return cls(
            line["host"] or "", line["status"], bool(line["measured"]), _share_of(line["external_tls"]), line["unscanned_per_day"],
            line["antivirus"], line["tls_visibility"],
        )


@dataclass(frozen=True)
class RunFigures:
    """One run of the fleet. ``generated`` is the time of its newest record, ``run_id`` that record's run."""

    run_id: str
    generated: str
    hosts: int
    measured: int
    statuses: dict[str, int] = field(hash=False)
    external_tls: Share
    unscanned_messages: int | None
    unscanned_per_day: float | None
    antivirus_working: Share
    coverage: Share

    @cached_property
    def moment(self) -> datetime:
        """``generated`` as a time."""
        return parse_moment(self.generated)

    @property
    def order(self) -> tuple[datetime, str]:
        """Where the run stands in the history. Two reports with the same order are of the same run."""
        return self.moment, self.run_id

    def as_line(self, host_bytes: int, host_sha256: str) -> dict[str, Any]:
        """The run's line in the history, with what the lines of its hosts must be."""
        return {
            "history_version": HISTORY_VERSION, "run_id": self.run_id, "generated": self.generated, "hosts": self.hosts,
            "measured": self.measured, "host_bytes": host_bytes, "host_sha256": host_sha256, "statuses": self.statuses,
            "external_tls": _as_dict(self.external_tls), "unscanned_messages": self.unscanned_messages,
            "unscanned_per_day": self.unscanned_per_day, "antivirus_working": _as_dict(self.antivirus_working),
            "coverage": _as_dict(self.coverage),
        }

    @classmethod
    def from_line(cls, line: dict[str, Any]) -> RunFigures:
        """The run of a line that RUN_LINE has checked."""
        return cls(
            line["run_id"], line["generated"], line["hosts"], line["measured"],
            {status: number_of or 0 for status, number_of in line["statuses"].items()}, _share_of(line["external_tls"]),
            line["unscanned_messages"], line["unscanned_per_day"], _share_of(line["antivirus_working"]), _share_of(line["coverage"]),
        )


@dataclass(frozen=True)
class RunSummary:
    """A run with its hosts."""

    figures: RunFigures
    hosts: dict[str, HostFigures] = field(hash=False)


@dataclass(frozen=True)
class History:
    """The runs before the one reported on, oldest first, and the last of them with its hosts. ``damaged``: files set aside."""

    runs: tuple[RunFigures, ...] = ()
    previous: RunSummary | None = None
    damaged: tuple[str, ...] = ()
