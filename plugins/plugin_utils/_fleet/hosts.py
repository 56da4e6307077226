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
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import (
    CONFIRMED_BLIND, COVERED_LOCAL, INFERRED_BLIND, NOT_TESTED, ProbeResult, age_in_days,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import NO_DATA
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds

# The log reader's notice of lines that syslog or journald dropped.
RATE_LIMITED = "rate_limited"
_MTA_NAMES = {"postfix": "Postfix", "sendmail": "Sendmail", "exim": "Exim", "opensmtpd": "OpenSMTPD"}


@dataclass
class Host:
    """A host record with its derived figures. Counts are of the log's period; None means not known.

    Each figure is worked out once: every form of the report asks for it, in each language.
    """

    record: dict[str, Any]
    thresholds: Thresholds
    # The time of the report: that of its newest record. Only ages depend on it. None: the host's own record is the newest.
    now: datetime | None = None

    @property
    def name(self) -> str:
        """The inventory name."""
        return self.record["host"]

    @cached_property
    def maillog(self) -> dict[str, Any] | None:
        """The mail log facts, if any."""
        return self.record["maillog"]

    @cached_property
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

    @cached_property
    def antivirus(self) -> dict[str, Any]:
        """The antivirus facts; empty when the set-up was not seen."""
        return (self.mailserver or {}).get("antivirus") or {}

    @cached_property
    def antivirus_state(self) -> str:
        """One of the contract's states; working with signatures older than the threshold is stale."""
        state = self.antivirus.get("state", "unknown")
        age = self.antivirus.get("signature_age_days")
        if state == "working" and age is not None and age > self.thresholds.signature_max_age_days:
            return "stale"
        return state

    @property
    def fails(self) -> str | None:
        """What becomes of mail while the scanner does not answer, by its set-up: open, closed or mixed. None: not known."""
        return (self.antivirus.get("failure") or {}).get("effect")

    @property
    def size_limits(self) -> dict[str, Any]:
        """The largest message that is accepted (0 for any), how much of one is scanned, and whether that leaves a gap; empty when not seen."""
        return self.antivirus.get("size_limits") or {}

    @cached_property
    def probe(self) -> ProbeResult:
        """What a probe from outside showed; without one, what log and set-up let one infer."""
        recorded = self.record["probe"]
        if recorded is not None and recorded["state"] != NOT_TESTED:
            age = age_in_days(parse_moment(recorded["probed_at"]), self.now or self.audited_at)
            return ProbeResult(
                recorded["state"], recorded["probed_at"], age, age > self.thresholds.probe_max_age_days,
                tuple(line for line in recorded["evidence"] if line), recorded["origin"],
            )
        blind = self.measured and self.antivirus_state not in ("working", "unknown") and not self.declared and self.tls_messages
        return ProbeResult(INFERRED_BLIND if blind else NOT_TESTED)

    @cached_property
    def proven_blind(self) -> bool:
        """Whether a probe that still counts saw EICAR delivered."""
        return self.audited and self.probe.state == CONFIRMED_BLIND and not self.probe.old

    @cached_property
    def scanned(self) -> bool | None:
        """Whether a working local antivirus sees the mail; None when not known.

        A probe that saw EICAR delivered outranks what the set-up looks like, until it is too old. One that saw the
        host refuse it answers only what the set-up left open: an antivirus that the later audit finds stopped is stopped.
        """
        if self.proven_blind:
            return False
        if self.antivirus_state == "unknown":
            return True if self.probe.state == COVERED_LOCAL and not self.probe.old else None
        return self.antivirus_state == "working"

    # Measurement

    @cached_property
    def visibility(self) -> str:
        """complete, partial or none: could the log have shown TLS; no_data without a log, or with one that holds no mail."""
        return self.maillog["coverage"]["tls_visibility"] if self.maillog and not self.without_mail else NO_DATA

    @property
    def without_mail(self) -> bool:
        """Whether no log that was read holds a line of a mail server: an empty or wrong file, which nothing may be concluded from."""
        return self.audited and self.days == 0

    @cached_property
    def lines_dropped(self) -> bool:
        """Whether a rate limit kept lines out of the log: its counts are a minimum, whatever else it shows."""
        return any(notice["kind"] == RATE_LIMITED for notice in self.notices)

    @cached_property
    def log_word(self) -> str:
        """How far the log is to be trusted: its visibility, but partial where it would be complete and lines were dropped."""
        return "partial" if self.visibility == "complete" and self.lines_dropped else self.visibility

    @property
    def tls_visible(self) -> bool:
        """Whether TLS counts mean anything."""
        return self.visibility in ("complete", "partial")

    @cached_property
    def period(self) -> dict[str, Any]:
        """First and last moment of the logs; both None without a log."""
        return self.maillog["period"] if self.maillog else {"first": None, "last": None}

    @cached_property
    def days(self) -> int | None:
        """Days with logs, the divisor of every figure per day."""
        return number_at(self.maillog, "period", "days_with_logs")

    @property
    def tls_visible_days(self) -> int | None:
        """Days on which the log could have shown TLS."""
        return number_at(self.maillog, "coverage", "tls_visible_days")

    def counts(self, scope: str, kind: str) -> dict[str, int | None]:
        """The counts of one scope and kind (sessions, messages, rejected); empty without a log that holds mail: none of its zeros was counted."""
        return self.maillog["inbound"][scope][kind] if self.maillog and not self.without_mail else {}

    def known_counts(self, scope: str, kind: str) -> dict[str, int | None]:
        """The same as they can be stated: TLS and plaintext are not known where the log could show neither, though none was counted."""
        counts = self.counts(scope, kind)
        return counts if self.tls_visible or not counts else {**counts, "tls": None, "plaintext": None}

    def share(self, scope: str, kind: str) -> Share:
        """TLS share of one scope and kind."""
        known = self._shares.get((scope, kind))
        if known is None:
            known = self._shares[scope, kind] = tls_share(self.counts(scope, kind), self.tls_visible)
        return known

    @cached_property
    def _shares(self) -> dict[tuple[str, str], Share]:
        return {}

    @cached_property
    def measured(self) -> bool:
        """In the fleet's figures: the log shows TLS and counts accepted external messages."""
        return self.audited and self.share("external", "messages").part is not None

    @cached_property
    def tls_messages(self) -> int | None:
        """Accepted external messages over TLS."""
        return self.share("external", "messages").part

    @cached_property
    def tls_messages_per_day(self) -> float | None:
        """The same, per day with logs."""
        return per_day(self.tls_messages, self.days)

    @property
    def unscanned(self) -> int | None:
        """Accepted external TLS messages without working local antivirus; None when either is not known."""
        if not self.measured or self.scanned is None:
            return None
        return 0 if self.scanned else self.tls_messages

    @property
    def unscanned_per_day(self) -> float | None:
        """The same, per day with logs."""
        return per_day(self.unscanned, self.days)

    @property
    def unchecked(self) -> int | None:
        """Accepted external TLS messages where it is not known whether antivirus works."""
        return self.tls_messages if self.measured and self.scanned is None else None

    @property
    def junk(self) -> Share:
        """Rejected plaintext attempts among all plaintext attempts from outside."""
        return self.rejected_share("plaintext")

    def rejected_share(self, tls_class: str) -> Share:
        """Rejected attempts of a class (plaintext, tls) from outside among all of that class."""
        if not self.tls_visible:
            return UNKNOWN_SHARE
        rejected = self.counts("external", "rejected").get(tls_class)
        accepted = self.counts("external", "messages").get(tls_class)
        if rejected is None or accepted is None:
            return UNKNOWN_SHARE
        return Share(rejected, rejected + accepted)

    @property
    def logins(self) -> dict[str, dict[str, int | None]]:
        """Logins to mail boxes by protocol; empty without Dovecot."""
        return (self.maillog or {}).get("logins") or {}

    @property
    def log_hosts(self) -> list[dict[str, Any]]:
        """The syslog hosts of a central log with their counts, where the audit told them apart."""
        return [{"host": name, **counts} for name, counts in sorted(((self.maillog or {}).get("hosts") or {}).items())]

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
        if self.proven_blind:
            return "exposed"
        if self.scanned:
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
        return "low" if self.log_word == "complete" else "possibly_exposed"
