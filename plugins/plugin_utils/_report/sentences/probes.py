# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe from outside showed."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import INFERRED_BLIND, NOT_TESTED
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.words import Words


class Probes(Words):
    """Probe states and the steps they rest on."""

    def probe_counts(self) -> str:
        """How many servers each state was seen at; empty when none was probed."""
        if not self.fleet.probed:
            return ""
        return "; ".join(
            self.catalogue.text("probe.counts", state=self.catalogue.text(f"probe.state.{state}"), count=self.format.count(count))
            for state, count in self.fleet.probe_counts.items() if count and state != INFERRED_BLIND
        )

    def probe(self, host: Host) -> str:
        """One server's state with its date; empty when it was not probed."""
        result = host.probe
        if result.probed_at is None or result.state in (INFERRED_BLIND, NOT_TESTED):
            return ""
        text = self.catalogue.text(
            "probe.result_old" if result.old else "probe.result", state=self.catalogue.text(f"probe.state.{result.state}"),
            moment=self.format.moment(result.probed_at), days=self.in_days(result.age_days),
        )
        return "; ".join((text, self.catalogue.text("probe.origin", origin=result.origin))) if result.origin else text

    def probe_steps(self, host: Host) -> list[str]:
        """What became of each message that was sent."""
        recorded = host.record["probe"] or {}
        return [
            self.catalogue.text(
                "probe.step", name=step["name"].replace("_", " "), verdict=self.catalogue.text(f"probe.verdict.{step['verdict']}"),
            ) for step in recorded.get("steps") or []
        ]
