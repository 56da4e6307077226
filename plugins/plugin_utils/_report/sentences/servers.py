# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of single servers and files."""

from __future__ import annotations

from typing import Any
from collections.abc import Mapping, Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.quality import QualityRow
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.reasons import advice_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import REASON_KINDS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.bars import Part
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.words import Words


class Servers(Words):
    """Statuses, remarks on data quality, and the parts of bars."""

    def status(self, host: Host) -> str:
        """What a host's status means for it, in one sentence."""
        reason = (host.record["reason"] or {}).get("kind", "error")
        return self.catalogue.text(
            "status_text.proven" if host.proven_blind else f"status_text.{host.status}",
            daily=self.format.per_day(host.unscanned_per_day),
            antivirus=self.catalogue.text(f"antivirus.{host.antivirus_state}"),
            log=self.log(host), limit=self.tls_messages(self.fleet.thresholds.exposed_messages_per_day),
            reason=self.catalogue.text(f"quality.what.{reason}"),
        )

    def log(self, host: Host) -> str:
        """How far a server's log shows TLS: with its days where only some do, and marked where a rate limit dropped lines."""
        word = self.catalogue.text(f"visibility.{host.visibility}")
        visible = host.tls_visible_days
        if host.visibility == "partial" and visible is not None and host.days:
            word = self.catalogue.text("log_word.days", word=word, visible=self.format.count(visible), days=self.format.count(host.days))
        if not host.tls_visible or not host.lines_dropped:
            return word
        limited = self.catalogue.text("log_word.rate_limited")
        return limited if host.visibility == "complete" else self.catalogue.text("language.comma").join((word, limited))

    def notice(self, kind: str) -> str:
        """A log reader's remark; one that this version does not know keeps its own name."""
        key = f"notice.{kind}"
        return self.catalogue.text(key) if key in self.catalogue else kind.replace("_", " ")

    def source_status(self, source: Mapping[str, Any]) -> str:
        """Whether a log file was read, with the reason when it was not."""
        key = f"details.source_statuses.{source['status']}"
        word = self.catalogue.text(key) if key in self.catalogue else source["status"]
        return ": ".join(part for part in (word, source["reason"]) if part) or self.format.dash

    def advice(self, reason: Mapping[str, Any]) -> str:
        """What to do about a host that was not audited."""
        return self.catalogue.text(f"advice.{advice_of(reason['kind'], reason['hint'])}")

    def quality(self, row: QualityRow) -> tuple[str, str]:
        """A remark's finding and its effect on the figures."""
        kind = "unaudited" if row.kind in REASON_KINDS else row.kind
        first, second = (*row.numbers, 0, 0)[:2]
        effect = self.catalogue.text(
            f"quality.effect_of.{kind}", first=self.format.count(first), first_days=self.in_days(first), second_days=self.in_days(second),
            first_size=self.format.mebibytes(first),
        )
        return self.catalogue.text(f"quality.what.{row.kind}"), effect

    def no_remarks(self) -> str:
        """Why there is no remark: all is well, or nobody was asked."""
        return self.catalogue.text("quality.none" if self.fleet.hosts else "quality.no_servers")

    def said(self, row: QualityRow) -> str:
        """What the host or its log said, as it stands; a log reader's remark by its kind's name."""
        return ": ".join(part for part in (self.notice(row.notice) if row.notice else "", row.detail or "") if part)

    def remedy(self, row: QualityRow) -> str:
        """What to do about a remark; empty where there is nothing general to say."""
        key = f"advice.{advice_of(row.kind, row.hint)}"
        return self.catalogue.text(key) if key in self.catalogue else ""

    def parts(self, parts: Sequence[Part]) -> str:
        """The parts of a bar in words, for those who do not see it."""
        return "; ".join(self.catalogue.text(
            "inspection.label", name=self.catalogue.text(f"inspection.{part.name}"), count=self.format.count(part.count),
            percent=self.format.percent(part.share),
        ) for part in parts)
