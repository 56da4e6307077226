# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do next: hosts that need the same thing, the exposed first, then by the messages a day it would cover."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host

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
_RANK = {"antivirus": 0, "logging": 1, "access": 2}

# Host names that a shell takes literally; others are not put into a command.
_PLAIN_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_NAMED_HOSTS = 5


@dataclass
class Step:
    """One thing to do, for some hosts. ``per_day`` None: the effect could not be measured."""

    key: str
    kind: str
    hosts: list[Host] = field(default_factory=list)

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
    def limit(self) -> str | None:
        """The hosts as a ``--limit`` pattern when they are few and plainly named."""
        names = [host.name for host in self.hosts]
        if len(names) > _NAMED_HOSTS or not all(_PLAIN_HOST.match(name) for name in names):
            return None
        return ",".join(names)

    @property
    def command(self) -> str:
        """The audit of these hosts, which shows whether the step had its effect."""
        command = "ansible-playbook playbooks/audit.yml -i INVENTORY"
        return f"{command} --limit {self.limit}" if self.limit else command


def next_steps(hosts: list[Host]) -> list[Step]:
    """The steps that the fleet's hosts call for, most urgent first."""
    steps: dict[str, Step] = {}

    def need(key: str, kind: str, host: Host) -> None:
        steps.setdefault(key, Step(key, kind)).hosts.append(host)

    for host in hosts:
        if not host.audited:
            reason = host.record["reason"] or {}
            need(_BY_REASON.get(reason.get("kind", ""), "look_into"), "access", host)
            continue
        key = _BY_ANTIVIRUS.get(host.antivirus_state)
        if key == "check_antivirus" and host.declared:
            key = None
        if key is not None and host.status != "declared":
            need(key, "antivirus", host)
        if host.status == "declared":
            need("verify_declared", "antivirus", host)
        if host.visibility == "none":
            need("tls_logging", "logging", host)
        elif host.visibility == "partial":
            need("tls_logging_partial", "logging", host)
    return sorted(
        steps.values(),
        key=lambda step: (_RANK[step.kind], -min(step.exposed, 1), -(step.per_day or 0.0), -len(step.hosts), step.key),
    )
