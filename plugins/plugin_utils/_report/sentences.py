# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report says in words, once for every output format."""

from __future__ import annotations

from dataclasses import dataclass
from collections.abc import Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import STATUS_RULES, Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.quality import QualityRow
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import REASON_KINDS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.charts import Part
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.numbers import Format, zone_name

DEFINITIONS = ("session", "message", "rejected", "scope", "unscanned", "measured", "per_day", "junk", "dash")


@dataclass(frozen=True)
class KeyFigure:
    """One of the four figures at the top: its name, its value, and what it is made of."""

    key: str
    name: str
    value: str
    details: tuple[str, ...]
    alarming: bool = False


class Sentences:
    """The sentences about one fleet in one language."""

    def __init__(self, fleet: Fleet, catalogue: Catalogue) -> None:
        self.fleet = fleet
        self.catalogue = catalogue
        self.format = Format(catalogue)

    def headline(self) -> str:
        """The verdict in one sentence."""
        fleet, cat, fmt = self.fleet, self.catalogue, self.format
        if not fleet.hosts:
            return cat.text("headline.no_records")
        if not fleet.measured:
            return cat.plural("headline.unmeasurable", len(fleet.hosts), count=fmt.count(len(fleet.hosts)))
        hosts = len(fleet.unscanned_hosts)
        if hosts == 0:
            return cat.text("headline.unchecked" if fleet.unscanned is None else "headline.none")
        daily = fleet.unscanned_per_day
        undated = any(host.unscanned_per_day is None for host in fleet.unscanned_hosts)
        if daily is None or (undated and daily == 0):
            return cat.plural("headline.undated", hosts, count=fmt.count(hosts), messages=fmt.count(fleet.unscanned))
        if daily < 1:
            return cat.plural("headline.rare", hosts, count=fmt.count(hosts))
        return cat.plural("headline.exposed", hosts, count=fmt.count(hosts), daily=fmt.per_day(daily))

    @property
    def tone(self) -> str:
        """alarm: unscanned mail was found; good: every server was measured and none has any; open: it cannot be said."""
        if self.fleet.unscanned_hosts:
            return "alarm"
        certain = self.fleet.hosts and not self.fleet.unmeasured_count and not self.fleet.unchecked_hosts
        return "good" if certain else "open"

    def qualifiers(self) -> list[str]:
        """The sentences that say what the headline rests on and what it leaves out."""
        fleet, cat, fmt = self.fleet, self.catalogue, self.format
        if not fleet.hosts:
            return [cat.text("qualifier.no_records")]
        if not fleet.measured:
            return [cat.text("qualifier.all_unmeasured")]
        measured, share = len(fleet.measured), fleet.external_tls
        key = "qualifier.share" if share.whole else "qualifier.no_mail"
        sentences = [cat.plural(
            key, measured, count=fmt.count(measured), accepted=fmt.count(share.whole), percent=fmt.percent(share),
        )]
        for name, hosts, daily in (
            ("declared", fleet.declared_unscanned, fleet.declared_per_day),
            ("unchecked_alone" if fleet.unscanned is None else "unchecked", fleet.unchecked_hosts, fleet.unchecked_per_day),
        ):
            if hosts:
                sentences.append(cat.plural(
                    f"qualifier.{name}", len(hosts), count=fmt.count(len(hosts)), daily=fmt.per_day(daily),
                ))
        missing = fleet.unmeasured_count
        if missing:
            sentences.append(cat.plural(
                "qualifier.unmeasured", missing, count=fmt.count(missing), all=fmt.count(len(fleet.hosts)),
            ))
        else:
            sentences.append(cat.text("qualifier.all_measured"))
        return sentences

    def key_figures(self) -> list[KeyFigure]:
        """The four figures."""
        fleet, cat, fmt = self.fleet, self.catalogue, self.format
        tls, working, coverage = fleet.external_tls, fleet.antivirus_working, fleet.coverage
        tls_details: tuple[str, ...] = (cat.text("kpi.tls_none"),)
        if tls.whole:
            tls_details = (cat.text("kpi.tls_detail", part=fmt.count(tls.part), whole=fmt.count(tls.whole)),)
            if tls.unknown:
                tls_details += (cat.text("kpi.tls_unknown", unknown=fmt.count(tls.unknown)),)
        unscanned_details: tuple[str, ...] = (cat.text("kpi.unscanned_detail"),)
        if fleet.unscanned is not None:
            unscanned_details += (cat.text("kpi.unscanned_total", messages=fmt.count(fleet.unscanned)),)
        antivirus_detail = cat.text("kpi.antivirus_none")
        if working.whole:
            antivirus_detail = cat.plural(
                "kpi.antivirus_detail", working.whole, part=fmt.count(working.part), count=fmt.count(working.whole),
            )
        return [
            KeyFigure("tls", cat.text("kpi.tls"), fmt.percent(tls), tls_details),
            KeyFigure(
                "unscanned", cat.text("kpi.unscanned"), fmt.per_day(fleet.unscanned_per_day), unscanned_details,
                alarming=bool(fleet.unscanned),
            ),
            KeyFigure(
                "antivirus", cat.text("kpi.antivirus"), fmt.count(working.part) if working.whole else fmt.dash,
                (antivirus_detail,),
            ),
            KeyFigure("coverage", cat.text("kpi.coverage"), fmt.percent(coverage), (cat.plural(
                "kpi.coverage_detail", coverage.whole or 0, part=fmt.count(coverage.part), count=fmt.count(coverage.whole),
            ),)),
        ]

    def period(self) -> str:
        """The period all logs cover together."""
        if self.fleet.period is None:
            return self.catalogue.text("header.period_none")
        first, last = self.fleet.period
        zones = {
            zone_name(parse_moment(host.maillog["period"][end]))
            for host in self.fleet.hosts if host.maillog for end in ("first", "last") if host.maillog["period"][end]
        }
        zone = zones.pop() if len(zones) == 1 else self.catalogue.text("header.zone_mixed")
        return self.catalogue.text("header.period", span=self.format.span(first, last), zone=zone)

    def status(self, host: Host) -> str:
        """What a host's status means for it, in one sentence."""
        reason = (host.record["reason"] or {}).get("kind", "error")
        return self.catalogue.text(
            f"status_text.{host.status}",
            daily=self.format.per_day(host.unscanned_per_day),
            antivirus=self.catalogue.text(f"antivirus.{host.antivirus_state}"),
            log=self.catalogue.text(f"visibility.{host.visibility}"),
            limit=self.format.limit(self.fleet.thresholds.exposed_messages_per_day),
            reason=self.catalogue.text(f"quality.what.{reason}"),
        )

    def quality(self, row: QualityRow) -> tuple[str, str]:
        """A remark's finding and its effect on the figures."""
        kind = "unaudited" if row.kind in REASON_KINDS else row.kind
        numbers = [self.format.count(number) for number in row.numbers] + ["", ""]
        effect = self.catalogue.text(f"quality.effect_of.{kind}", first=numbers[0], second=numbers[1])
        return self.catalogue.text(f"quality.what.{row.kind}"), effect

    def parts(self, parts: Sequence[Part]) -> str:
        """The parts of a bar in words, for those who do not see it."""
        return "; ".join(self.catalogue.text(
            "inspection.label", name=self.catalogue.text(f"inspection.{part.name}"), count=self.format.count(part.count),
            percent=self.format.percent(part.share),
        ) for part in parts)

    def definitions(self) -> list[str]:
        """What the words mean."""
        return [self.catalogue.text(f"definition.{name}") for name in DEFINITIONS]

    def status_rules(self) -> list[tuple[str, str, str]]:
        """Status key, word and rule."""
        limits = self.fleet.thresholds
        values = {
            "limit": self.format.limit(limits.exposed_messages_per_day),
            "days": self.format.limit(limits.signature_max_age_days),
        }
        return [
            (key, self.catalogue.text(f"status.{key}"), self.catalogue.text(f"status_rule.{key}", **values)) for key in STATUS_RULES
        ]

    def thresholds(self) -> str:
        """The limits in use."""
        limits = self.fleet.thresholds
        return self.catalogue.text(
            "footer.thresholds", exposed=self.format.limit(limits.exposed_messages_per_day),
            signatures=self.format.limit(limits.signature_max_age_days), record=self.format.limit(limits.record_max_age_days),
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
        if fleet.period:
            first, last = fleet.period
            sentences.append(cat.text("footer.range", first=first.isoformat(), last=last.isoformat()))
        sentences.append(cat.text("footer.networks", networks=self._networks()))
        return sentences

    def _networks(self) -> str:
        settings = {tuple(host.record["settings"]["internal_networks"]) for host in self.fleet.hosts}
        if len(settings) > 1:
            return self.catalogue.text("footer.networks_more", count=self.format.count(len(settings)))
        networks = settings.pop()
        return ", ".join(networks) if networks else self.catalogue.text("details.networks_default")
