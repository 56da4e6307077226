# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host as the report counts it: figures out of its record, with what could not be measured left as None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import (
    Share, UNKNOWN_SHARE, number_at, per_day, tls_share,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds

NO_DATA = "no_data"

_MTA_NAMES = {"postfix": "Postfix", "sendmail": "Sendmail", "exim": "Exim", "opensmtpd": "OpenSMTPD"}


@dataclass
class Host:
    """A host record with its derived figures. Counts are of the log's period; None means not known."""

    record: dict[str, Any]
    thresholds: Thresholds

    @property
    def name(self) -> str:
        """The inventory name."""
        return self.record["host"]

    @property
    def maillog(self) -> dict[str, Any] | None:
        """The mail log facts, if any."""
        return self.record["maillog"]

    @property
    def mailserver(self) -> dict[str, Any] | None:
        """The set-up facts, if any."""
        return self.record["mailserver"]

    @property
    def audited(self) -> bool:
        """Whether its logs were read."""
        return self.record["status"] == "audited"

    @cached_property
    def audited_at(self) -> datetime:
        """When the record was made."""
        return parse_moment(self.record["audited_at"])

    @property
    def declared(self) -> str | None:
        """What the inventory declares to scan for this host; never verified."""
        return (self.record["declared"] or {}).get("antivirus")

    @property
    def mta(self) -> str | None:
        """The MTA's name: the installed one, else the one seen in the log."""
        installed = ((self.mailserver or {}).get("mta") or {}).get("name")
        seen = (self.maillog or {}).get("mtas") or []
        return installed or (seen[0] if seen else None)

    @property
    def mta_version(self) -> str | None:
        """The installed MTA's version."""
        return ((self.mailserver or {}).get("mta") or {}).get("version")

    @property
    def software(self) -> str:
        """The MTA's name and version as people write them; empty when not known."""
        name = self.mta or ""
        return " ".join(part for part in (_MTA_NAMES.get(name, name), self.mta_version) if part)

    # Antivirus

    @property
    def antivirus(self) -> dict[str, Any]:
        """The antivirus facts; empty when the set-up was not seen."""
        return (self.mailserver or {}).get("antivirus") or {}

    @property
    def antivirus_state(self) -> str:
        """One of the contract's states; working with signatures older than the threshold is stale."""
        state = self.antivirus.get("state", "unknown")
        age = self.antivirus.get("signature_age_days")
        if state == "working" and age is not None and age > self.thresholds.signature_max_age_days:
            return "stale"
        return state

    # Measurement

    @property
    def visibility(self) -> str:
        """complete, partial or none: could the log have shown TLS; no_data without a log."""
        return self.maillog["coverage"]["tls_visibility"] if self.maillog else NO_DATA

    @property
    def tls_visible(self) -> bool:
        """Whether TLS counts mean anything."""
        return self.visibility in ("complete", "partial")

    @property
    def period(self) -> dict[str, Any]:
        """First and last moment of the logs; both None without a log."""
        return self.maillog["period"] if self.maillog else {"first": None, "last": None}

    @property
    def days(self) -> int | None:
        """Days with logs, the divisor of every figure per day."""
        return number_at(self.maillog, "period", "days_with_logs")

    def counts(self, scope: str, kind: str) -> dict[str, int | None]:
        """The counts of one scope and kind (sessions, messages, rejected); empty without a log."""
        return self.maillog["inbound"][scope][kind] if self.maillog else {}

    def share(self, scope: str, kind: str) -> Share:
        """TLS share of one scope and kind."""
        return tls_share(self.counts(scope, kind), self.tls_visible)

    @property
    def measured(self) -> bool:
        """In the fleet's figures: the log shows TLS and counts accepted external messages."""
        return self.audited and self.share("external", "messages").part is not None

    @property
    def tls_messages(self) -> int | None:
        """Accepted external messages over TLS."""
        return self.share("external", "messages").part

    @property
    def tls_messages_per_day(self) -> float | None:
        """The same, per day with logs."""
        return per_day(self.tls_messages, self.days)

    @property
    def unscanned(self) -> int | None:
        """Accepted external TLS messages without working local antivirus; None when either is not known."""
        if not self.measured:
            return None
        if self.antivirus_state == "working":
            return 0
        return None if self.antivirus_state == "unknown" else self.tls_messages

    @property
    def unscanned_per_day(self) -> float | None:
        """The same, per day with logs."""
        return per_day(self.unscanned, self.days)

    @property
    def unchecked(self) -> int | None:
        """Accepted external TLS messages where it is not known whether antivirus works."""
        return self.tls_messages if self.measured and self.antivirus_state == "unknown" else None

    @property
    def junk(self) -> Share:
        """Rejected plaintext attempts among all plaintext attempts from outside."""
        if not self.tls_visible:
            return UNKNOWN_SHARE
        rejected = self.counts("external", "rejected").get("plaintext")
        accepted = self.counts("external", "messages").get("plaintext")
        if rejected is None or accepted is None:
            return UNKNOWN_SHARE
        return Share(rejected, rejected + accepted)

    @property
    def notices(self) -> list[dict[str, Any]]:
        """What the log reader remarked."""
        return self.maillog["coverage"]["notices"] if self.maillog else []

    @cached_property
    def status(self) -> str:
        """The host's status; the first rule that matches decides."""
        if not self.audited:
            return "not_audited"
        state = self.antivirus_state
        if state == "working":
            return "protected"
        if state == "stale":
            return "degraded"
        if self.declared:
            return "declared"
        daily = self.tls_messages_per_day
        if state == "unknown" or daily is None:
            return "possibly_exposed"
        if daily >= self.thresholds.exposed_messages_per_day:
            return "exposed"
        # Few TLS messages seen in a log that could not show all of them prove nothing.
        return "low" if self.visibility == "complete" else "possibly_exposed"


# In the order in which ``status`` tries them.
STATUS_RULES = ("not_audited", "protected", "degraded", "declared", "possibly_exposed", "exposed", "low")
# In the order of the report: what needs work first.
STATUS_ORDER = ("exposed", "possibly_exposed", "degraded", "declared", "low", "protected", "not_audited")
