# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fleet.prom: the figures for the textfile collector of Prometheus' node_exporter.

Text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). All are gauges: each describes the logs of one run and falls
when a server mends. A figure that is not known has no sample, so that no 0 stands for it; ``absent()`` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import STATUS_ORDER

# Series per server are listed for this many, those that need work first: a scrape has to stay small.
MAX_SERVERS = 1000
_PREFIX = "mailfleet_"
_DAY = 86400

Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float | int | None]


def _escape_label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _spell(value: float | int) -> str:
    return str(value) if isinstance(value, int) else f"{value:.12g}"


def _family(name: str, meaning: str, samples: Iterable[Sample]) -> list[str]:
    """One metric with its samples; nothing at all when no value is known."""
    lines = []
    for labels, value in samples:
        if value is not None:
            inside = ",".join(f'{key}="{_escape_label(text)}"' for key, text in labels)
            lines.append(f"{_PREFIX}{name}{'{' + inside + '}' if inside else ''} {_spell(value)}")
    return [f"# HELP {_PREFIX}{name} {meaning}", f"# TYPE {_PREFIX}{name} gauge", *lines] if lines else []


def _fleet_families(fleet: Fleet) -> list[list[str]]:
    def one(value: float | int | None) -> list[Sample]:
        return [((), value)]

    tls, coverage, working = fleet.external_tls, fleet.coverage, fleet.antivirus_working
    return [
        _family("report_timestamp_seconds", "Time of the newest host record.", one(
            fleet.newest.audited_at.timestamp() if fleet.newest else None)),
        _family("servers", "Mail servers by status.", [
            ((("status", status),), count) for status, count in fleet.status_counts.items()]),
        _family("servers_measured", "Mail servers whose logs show TLS and count accepted messages.", one(len(fleet.measured))),
        _family("servers_complete_tls_log_ratio", "Share of all mail servers that are measured over a complete TLS log.", one(coverage.fraction)),
        _family("servers_antivirus_known", "Mail servers whose antivirus could be seen.", one(working.whole)),
        _family("servers_antivirus_working", "Mail servers with working local antivirus.", one(working.part)),
        _family("external_messages", "Messages accepted from outside that could be told apart, over the logs' period, on measured servers.", one(tls.whole)),
        _family("external_tls_messages", "Messages accepted from outside over TLS, over the logs' period, on measured servers.", one(tls.part)),
        _family("external_tls_ratio", "Share of messages accepted from outside that came over TLS, on measured servers.", one(tls.fraction)),
        _family("unscanned_messages_per_day", "External TLS messages a day on servers without working local antivirus.", one(fleet.unscanned_per_day)),
        _family("unchecked_messages_per_day", "External TLS messages a day on servers whose antivirus could not be checked.", one(fleet.unchecked_per_day)),
        _family("inspected_attempts", "Mail from outside on measured servers by where it was inspected: accepted messages and refused commands.", [
            ((("inspection", name),), count) for name, count in fleet.inspection.parts()]),
        _family("servers_probed", "Mail servers by what a probe from outside showed.", [
            ((("state", state),), count) for state, count in fleet.probe_counts.items()]),
        _family("data_quality_remarks", "Remarks on hosts or files whose figures are missing, a minimum or doubtful.", one(len(fleet.quality))),
    ]


_PER_SERVER: tuple[tuple[str, str, Callable[[Host], float | int | None]], ...] = (
    ("server_unscanned_messages_per_day", "External TLS messages a day without working local antivirus.", lambda host: host.unscanned_per_day),
    ("server_external_tls_ratio", "Share of messages accepted from outside that came over TLS.",
     lambda host: host.share("external", "messages").fraction),
    ("server_audited_timestamp_seconds", "Time of the server's record.", lambda host: host.audited_at.timestamp()),
    ("server_antivirus_signature_age_seconds", "Age of the antivirus signatures when the server was audited.",
     lambda host: None if host.antivirus.get("signature_age_days") is None else host.antivirus["signature_age_days"] * float(_DAY)),
)


def render_metrics(fleet: Fleet) -> bytes:
    """The file. Servers beyond the first 1,000 are in the fleet's figures alone."""
    listed = fleet.hosts[:MAX_SERVERS]
    families = _fleet_families(fleet)
    families.append(_family("servers_listed", "Mail servers that have series of their own in this file.", [((), len(listed))]))
    families.append(_family(
        "server_status", "1 for the status that the server has: " + ", ".join(STATUS_ORDER) + ".",
        [((("server", host.name), ("status", host.status)), 1) for host in listed],
    ))
    for name, meaning, value in _PER_SERVER:
        families.append(_family(name, meaning, [((("server", host.name),), value(host)) for host in listed]))
    return "".join(line + "\n" for family in families for line in family).encode("utf-8")
