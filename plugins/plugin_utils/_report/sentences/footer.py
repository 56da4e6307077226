# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions, rules and provenance."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import STATUS_RULES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.words import Words


DEFINITIONS = ("session", "message", "rejected", "scope", "unscanned", "measured", "per_day", "junk", "dash")


class Footer(Words):
    """What an auditor reads."""

    def definitions(self) -> list[str]:
        """What the words mean."""
        return [self.catalogue.text(f"definition.{name}") for name in DEFINITIONS]

    def status_rules(self) -> list[tuple[str, str, str]]:
        """Status key, word and rule."""
        limits = self.fleet.thresholds
        values = {
            "limit": self.tls_messages(limits.exposed_messages_per_day),
            "days": self.in_days(limits.signature_max_age_days),
        }
        return [
            (key, self.catalogue.text(f"status.{key}"), self.catalogue.text(f"status_rule.{key}", **values)) for key in STATUS_RULES
        ]

    def thresholds(self) -> str:
        """The limits in use."""
        limits = self.fleet.thresholds
        return self.catalogue.text(
            "footer.thresholds", exposed=self.tls_messages(limits.exposed_messages_per_day),
            signatures=self.in_days(limits.signature_max_age_days), record=self.in_days(limits.record_max_age_days),
            probe=self.in_days(limits.probe_max_age_days), coverage=self.format.limit(limits.trend_min_coverage_percent),
        )

    def provenance(self) -> list[str]:
        """Where the report comes from."""
        fleet, cat = self.fleet, self.catalogue
        if fleet.newest is None:
            return []
        cores = sorted({host.record["ansible_core"] or "?" for host in fleet.hosts})
        versions = sorted({host.record["collection_version"] or "?" for host in fleet.hosts})
        runs = {host.record["run_id"] for host in fleet.hosts}
        sentences = [
            cat.text("footer.collection", version=", ".join(versions[:5]), cores=", ".join(cores[:5])),
            cat.plural("footer.runs", len(runs), count=self.format.count(len(runs)), run=fleet.newest.record["run_id"]),
        ]
        if fleet.history.previous is not None:
            sentences.append(cat.text("footer.previous", run=fleet.history.previous.figures.run_id))
        sentences.append(cat.text("footer.generated", moment=fleet.newest.record["audited_at"]))
        if fleet.period:
            first, last = fleet.period
            sentences.append(cat.text("footer.range", first=first.isoformat(), last=last.isoformat()))
        fetched = sum(host.record["settings"]["audit_mode"] == "fetch" for host in fleet.hosts)
        if fetched:
            sentences.append(cat.plural("footer.fetched", fetched, count=self.format.count(fetched)))
        sentences.append(cat.text("footer.networks", networks=self._networks()))
        return sentences

    def _networks(self) -> str:
        settings = {tuple(host.record["settings"]["internal_networks"]) for host in self.fleet.hosts}
        if len(settings) > 1:
            return self.catalogue.text("footer.networks_more", count=self.format.count(len(settings)))
        networks = settings.pop()
        return ", ".join(networks) if networks else self.catalogue.text("details.networks_default")
