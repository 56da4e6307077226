# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits that decide statuses. They are options of the report and printed in its footer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any
from collections.abc import Mapping


@dataclass(frozen=True)
class Thresholds:
    """Every limit with its default."""

    # Exposed from this many external TLS messages a day on; fewer, with a complete log, is "low".
    exposed_messages_per_day: float = 1.0
    # Signatures older than this are stale, even where the audited host was told a longer limit.
    signature_max_age_days: float = 3.0
    # A record this much older than the newest one is named under data quality.
    record_max_age_days: float = 7.0
    # A probe this much older than the newest record no longer decides a status, and is named as old.
    probe_max_age_days: float = 30.0
    # A day on which fewer of the measured servers had logs that show TLS is marked in the trend.
    trend_min_coverage_percent: float = 80.0

    @classmethod
    def from_options(cls, options: Mapping[str, Any] | None) -> Thresholds:
        """Thresholds with the given ones replaced. Raises ValueError on an unknown name or a value that is no number."""
        known = {field.name for field in fields(cls)}
        values = {}
        for name, value in (options or {}).items():
            if name not in known:
                raise ValueError(f"unknown threshold {name!r}; known are {', '.join(sorted(known))}")
            try:
                number = float(value)
            except (TypeError, ValueError) as error:
                raise ValueError(f"threshold {name} is not a number") from error
            if not 0 < number < 100_000 or isinstance(value, bool):
                raise ValueError(f"threshold {name} must be larger than 0")
            values[str(name)] = number
        return cls(**values)

    def as_dict(self) -> dict[str, float]:
        """For fleet.json and the footer."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
