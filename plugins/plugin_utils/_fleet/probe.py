# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe from outside showed of one host, and what is only inferred from its log and set-up.

A probe sends clean and EICAR mail, in plaintext and over STARTTLS, from outside, and sees what arrives. Its result stands in
the host's record under ``probe``. What a probe confirmed outranks what the log lets one infer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import (
    Shape, count, flag, list_of, moment, one_of, record_of, text, token, whole,
)

PROBE_VERSION = 1

CONFIRMED_BLIND = "confirmed_blind"    # EICAR was delivered as it was sent
INFERRED_BLIND = "inferred_blind"      # not probed: TLS mail from outside, and no working antivirus
COVERED_LOCAL = "covered_local"        # the host's own antivirus took EICAR out
COVERED_PATH = "covered_path"          # something on the way took it out
STRIPPED = "stripped"                  # STARTTLS is offered inside and does not arrive outside
INTERCEPTED = "intercepted"            # the certificate seen outside is not the host's
INCONCLUSIVE = "inconclusive"
NOT_TESTED = "not_tested"

# In the order of the report: what needs work first.
PROBE_STATES = (
    CONFIRMED_BLIND, INFERRED_BLIND, STRIPPED, INTERCEPTED, COVERED_PATH, COVERED_LOCAL, INCONCLUSIVE, NOT_TESTED,
)
# What a record may hold; inferring is the report's.
RECORDED_STATES = tuple(state for state in PROBE_STATES if state != INFERRED_BLIND)
# These say something about the host; the others say that nothing is known.
CONCLUSIVE_STATES = frozenset(PROBE_STATES) - {INFERRED_BLIND, INCONCLUSIVE, NOT_TESTED}

STEP_VERDICTS = (
    "delivered_intact", "content_replaced", "rejected_by_host_av", "rejected_by_path", "reset_by_path", "swallowed_or_proxied",
    "inconclusive", "not_sent",
)

_name = token(r"[a-z][a-z0-9_]*", 40)

PROBE: Shape = record_of(
    {
        "schema_version": whole(1, 1000),
        "state": one_of(*RECORDED_STATES),
        "probed_at": moment,
    },
    null=True,
    run_id=text(64),
    origin=text(220),
    evidence=list_of(text(300), 32),
    steps=list_of(record_of(
        {"name": _name, "verdict": one_of(*STEP_VERDICTS)}, port=whole(1, 65535), at=moment, evidence=list_of(text(300), 8),
    ), 16),
    starttls=record_of(null=True, outside=flag, inside=flag),
    certificate=record_of(null=True, outside=text(128), inside=text(128)),
    messages_sent=count,
)


@dataclass(frozen=True)
class ProbeResult:
    """One host's state with what it rests on. ``age_days`` is at the time of the report's newest record."""

    state: str
    probed_at: str | None = None
    age_days: int | None = None
    old: bool = False
    evidence: tuple[str, ...] = ()
    origin: str | None = None

    @property
    def confirmed(self) -> bool:
        """Whether a probe showed it."""
        return self.state in CONCLUSIVE_STATES


def age_in_days(then: datetime, now: datetime) -> int:
    """Whole days from one moment to another; 0 where the first is the later one."""
    return max((now - then).days, 0)
