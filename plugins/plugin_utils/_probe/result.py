# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe of one host as its record holds it, made of what the modules returned for each port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import NOT_TESTED, PROBE_VERSION
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.observed import (
    STEPS, Reply, Trail, View, replies_of, trail_of, view_of,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.states import State, state, worst
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.verdicts import NOT_SENT, Verdict, verdict

_MAX_EVIDENCE = 32


@dataclass(frozen=True)
class Port:
    """All that was seen of one port."""

    number: int
    replies: Mapping[tuple[str, str], Reply]
    trail: Trail
    outside: View
    inside: View

    @property
    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """The verdict on each step that was planned."""
        return {step: verdict(step, self.replies[step], self.trail) for step in STEPS if step in self.replies}

    @property
    def state(self) -> State:
        """What the steps say of the host."""
        return state(self.verdicts, self.outside, self.inside)


def port_of(number: int, sent: Any, trail: Any, inside: Any) -> Port:
    """A port from the results of the three tasks. Raises Violation where the sender's is none; the others' may be missing."""
    return Port(number, replies_of(sent), _or(trail_of, trail, Trail()), view_of(sent), _or(view_of, inside, View(problem="it could not be looked at")))


def _or(read: Any, result: Any, otherwise: Any) -> Any:
    try:
        return read(result)
    except Violation:
        return otherwise


def probe_record(ports: list[Port], probed_at: str, run_id: str, origin: str) -> dict[str, Any]:
    """What the host's record holds under `probe`."""
    found = worst([port.state for port in ports])
    first = ports[0]
    steps = [_step(port, name) for port in ports for name in port.verdicts]
    evidence = [f"port {port.number}: {port.state.why}" for port in ports]
    for port in ports:
        evidence.extend(_views(port))
        evidence.extend(f"port {port.number}, {mail} over {over}: {one.word}; {line}" for (mail, over), one in port.verdicts.items()
                        for line in [_account(one, port.replies[mail, over], port.trail, (mail, over))])
        evidence.extend(port.trail.unread[:2])
    return {
        "schema_version": PROBE_VERSION, "state": found.word, "probed_at": probed_at, "run_id": run_id, "origin": origin,
        "evidence": evidence[:_MAX_EVIDENCE], "steps": steps,
        "starttls": {"outside": first.outside.starttls, "inside": first.inside.starttls},
        "certificate": {"outside": first.outside.certificate, "inside": _inside_certificate(first)},
        "messages_sent": sum(reply.attempts for port in ports for step, reply in port.replies.items() if port.verdicts[step].word != NOT_SENT),
    }


def not_tested(why: str, probed_at: str, run_id: str, origin: str) -> dict[str, Any]:
    """The same for a host that was not sent anything."""
    return {"schema_version": PROBE_VERSION, "state": NOT_TESTED, "probed_at": probed_at, "run_id": run_id, "origin": origin, "evidence": [why], "steps": []}


def _step(port: Port, name: tuple[str, str]) -> dict[str, Any]:
    reply, trail = port.replies[name], port.trail
    lines = trail.logged[name].lines if name in trail.logged else ()
    return {
        "name": "_".join(name), "verdict": port.verdicts[name].word, "port": port.number, "at": reply.at,
        "evidence": [_account(port.verdicts[name], reply, trail, name), *lines],
    }


def _account(found: Verdict, reply: Reply, trail: Trail, step: tuple[str, str]) -> str:
    """What each source says of a step, in one line."""
    if found.word == NOT_SENT:
        return found.why
    answer = " ".join(str(part) for part in (reply.verdict, reply.stage, reply.code, reply.text) if part)
    parts = [f"client: {answer}" + (f" (attempt {reply.attempts})" if reply.attempts > 1 else "")]
    logged = trail.logged.get(step)
    if not trail.readable:
        parts.append("log: not readable")
    elif logged is None or not logged.seen:
        parts.append("log: not there")
    else:
        parts.append("log: " + ", ".join(name for name in ("seen", "refused", "infected", "delivered") if getattr(logged, name)))
    if step in trail.arrived:
        parts.append("mailbox: " + ("attachment as sent" if trail.arrived[step] else "attachment is another"))
    else:
        parts.append("mailbox: not there" if trail.looked else "mailbox: not looked into")
    return "; ".join([*parts, *([found.why] if found.why else [])])


def _views(port: Port) -> list[str]:
    lines = []
    for side, view in (("outside", port.outside), ("inside", port.inside)):
        offer = {True: "offered", False: "not offered", None: "not known"}[view.starttls]
        parts = [f"port {port.number}, {side}: STARTTLS {offer}"]
        if view.masked:
            parts.append("EHLO or the greeting is written over")
        if view.certificate:
            parts.append(f"certificate SHA-256 {view.certificate[:16]}")
        if view.expired:
            parts.append(f"expired {(view.not_after or '')[:10]}".rstrip())
        if view.problem:
            parts.append(view.problem)
        lines.append(", ".join(parts))
    return lines


def _inside_certificate(port: Port) -> str | None:
    """Of several, the one that is seen outside too."""
    return port.outside.certificate if port.outside.certificate in port.inside.certificates else port.inside.certificate
