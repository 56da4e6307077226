# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do next: hosts that need the same thing, the exposed first, then by the messages a day it would cover."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import Call, usual_call
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.commands import (
    audit_command, has_playbook, limit_of, ping_command, playbook_command, probe_command,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import CONFIRMED_BLIND

_BY_ANTIVIRUS = {
    "absent": "install_antivirus",
    "not_wired": "wire_antivirus",
    "partly_wired": "wire_rest",
    "stopped": "start_antivirus",
    "stale": "update_signatures",
    "unknown": "check_antivirus",
}
_BY_REASON = {
    "unreachable": "restore_access",
    "become": "restore_become",
    "python_too_old": "other_python",
    "no_log": "find_log",
    "no_permission": "allow_log",
    "no_mta": "drop_host",
    "timeout": "more_time",
    "skipped": "run_again",
    "error": "look_into",
}
# Work on antivirus comes before better measurement, and that before access.
STEP_KEYS = frozenset({
    *_BY_ANTIVIRUS.values(), *_BY_REASON.values(), "look_into", "verify_declared", "probe_again", "tls_logging", "tls_logging_partial",
})
_RANK = {"antivirus": 0, "proof": 1, "logging": 2, "access": 3}

# What the collection's own playbooks do for a step.
_REMEDIATED_BY = {
    "install_antivirus": "remediate_clamav=true",
    "wire_antivirus": "remediate_clamav=true",
    "wire_rest": "remediate_clamav=true",
    "tls_logging": "remediate_tls_logging=true",
    "tls_logging_partial": "remediate_tls_logging=true",
}
# How the audit itself has to be run for a step.
_AUDIT_ARGUMENTS = {"more_time": ("-e", "audit_timeout=7200"), "look_into": ("-vvv",)}
_OLD_CORE = "2.16"


@dataclass
class Step:
    """One thing to do, for some hosts. ``per_day`` None: the effect could not be measured."""

    key: str
    kind: str
    hosts: list[Host] = field(default_factory=list)
    call: Call = field(default_factory=usual_call)

    @property
    def exposed(self) -> int:
        """How many of the hosts are exposed."""
        return sum(host.status == "exposed" for host in self.hosts)

    @property
    def per_day(self) -> float | None:
        """External TLS messages a day on these hosts that are unscanned or unchecked."""
        if self.kind != "antivirus":
            return None
        values = [host.tls_messages_per_day for host in self.hosts]
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    @property
    def names(self) -> list[str]:
        """The hosts' names."""
        return [host.name for host in self.hosts]

    @property
    def limit(self) -> str | None:
        """The hosts as a ``--limit`` pattern; None when they cannot be named."""
        return limit_of(self.key, self.names, self.call)

    @property
    def command(self) -> str:
        """The audit of these hosts, which shows whether the step had its effect."""
        core = _OLD_CORE if self.key == "other_python" else None
        return audit_command(self.call, self.limit, *_AUDIT_ARGUMENTS.get(self.key, ()), core=core)

    @property
    def remedy_playbook(self) -> str | None:
        """The playbook of the remedy, if it is one."""
        name = "remediate" if self.key in _REMEDIATED_BY else "probe" if self.key == "probe_again" else None
        return name if name is not None and self.remedy is not None else None

    @property
    def remedy(self) -> str | None:
        """The command that does the step, where this collection can; None where it takes a person."""
        if self.key in _REMEDIATED_BY:
            return playbook_command(self.call, "remediate", self.limit, "-e", _REMEDIATED_BY[self.key])
        if self.key == "probe_again":
            return probe_command(self.call, self.limit, "-e", "probe_recipient=ADDRESS")
        if self.key == "restore_access":
            return ping_command(self.call, self.limit)
        return None

    @property
    def commands(self) -> list[str]:
        """What to run, in order: the remedy where there is one, then the audit."""
        return [*([self.remedy] if self.remedy else []), self.command]


def next_steps(hosts: list[Host], call: Call) -> list[Step]:
    """The steps that the fleet's hosts call for, most urgent first. ``call``: how the report was asked for, and its commands are spelled."""
    steps: dict[str, Step] = {}

    def need(key: str, kind: str, host: Host) -> None:
        steps.setdefault(key, Step(key, kind, call=call)).hosts.append(host)

    for host in hosts:
        if not host.audited:
            reason = host.record["reason"] or {}
            need(_BY_REASON.get(reason.get("kind", ""), "look_into"), "access", host)
            continue
        key = _BY_ANTIVIRUS.get(host.antivirus_state)
        if (key == "check_antivirus" and host.declared) or (host.without_mail and host.mta is None):
            # Somebody else scans, or nothing shows that there is a mail server to scan for.
            key = None
        if key is not None and host.status != "declared":
            need(key, "antivirus", host)
        if host.status == "declared":
            need("verify_declared", "antivirus", host)
        mended = host.probe.state == CONFIRMED_BLIND and host.antivirus_state == "working"
        if (host.probe.old or mended) and has_playbook("probe"):
            need("probe_again", "proof", host)
        if host.without_mail:
            need(_BY_REASON["no_log"], "access", host)
        elif host.visibility == "none":
            need("tls_logging", "logging", host)
        elif host.visibility == "partial":
            need("tls_logging_partial", "logging", host)
    return sorted(
        steps.values(),
        key=lambda step: (_RANK[step.kind], -min(step.exposed, 1), -(step.per_day or 0.0), -len(step.hosts), step.key),
    )
