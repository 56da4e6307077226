# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict and what it rests on."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.numbers import zone_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.words import Words


class Headline(Words):
    """The sentences that a committee reads first."""

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
            return cat.plural("headline.undated", hosts, count=fmt.count(hosts), messages=self.amount("messages", fleet.unscanned))
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
            return [cat.text("qualifier.all_unmeasured"), *self._other_runs()]
        measured, share = len(fleet.measured), fleet.external_tls
        key = "qualifier.share" if share.whole else "qualifier.no_mail"
        sentences = [cat.plural(
            key, measured, count=fmt.count(measured), accepted=self.amount("messages", share.whole), percent=fmt.percent(share),
        )]
        for name, hosts, daily in (
            ("declared_undated" if fleet.declared_per_day is None else "declared", fleet.declared_unscanned, fleet.declared_per_day),
            ("unchecked_alone" if fleet.unscanned is None else "unchecked", fleet.unchecked_hosts, fleet.unchecked_per_day),
        ):
            if hosts:
                sentences.append(cat.plural(
                    f"qualifier.{name}", len(hosts), count=fmt.count(len(hosts)), daily=fmt.per_day(daily), total=fmt.per_day(fleet.unscanned_per_day),
                ))
        missing = fleet.unmeasured_count
        if missing:
            sentences.append(cat.plural(
                "qualifier.unmeasured", missing, count=fmt.count(missing), all=fmt.count(len(fleet.hosts)),
            ))
        else:
            sentences.append(cat.text("qualifier.all_measured"))
        sentences += self._other_runs()
        return sentences

    def _other_runs(self) -> list[str]:
        """Whether the newest run was a partial one."""
        earlier = len(self.fleet.run.earlier) if self.fleet.run else 0
        return [self.catalogue.plural("qualifier.other_runs", earlier, count=self.format.count(earlier))] if earlier else []

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
