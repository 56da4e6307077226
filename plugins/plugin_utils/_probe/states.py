# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe's steps say of a host in all.

Clean mail that does not arrive as it was sent makes a run inconclusive: a server that takes no mail, or a path that spoils all of it, protects nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import (
    CONFIRMED_BLIND, COVERED_LOCAL, COVERED_PATH, INCONCLUSIVE, INTERCEPTED, NOT_TESTED, STRIPPED,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.observed import CLEAN, EICAR, PLAINTEXT, STARTTLS, WAYS, View
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.verdicts import (
    DELIVERED_INTACT, HOST, INCONCLUSIVE as STEP_INCONCLUSIVE, NOT_SENT, Verdict,
)

# Of a host with several ports, the first that any of them has.
_WORST_FIRST = (CONFIRMED_BLIND, STRIPPED, INTERCEPTED, INCONCLUSIVE, COVERED_PATH, COVERED_LOCAL, NOT_TESTED)


@dataclass(frozen=True)
class State:
    """A state with its reason in one sentence."""

    word: str
    why: str


def is_stripped(outside: View, inside: View) -> bool:
    """Whether STARTTLS is offered inside and does not arrive outside."""
    return inside.starttls is True and outside.starttls is False


def is_intercepted(outside: View, inside: View) -> bool:
    """Whether the certificate that is seen outside is none of those that the server shows inside."""
    if outside.certificate is None or inside.starttls is None:
        return False
    return inside.starttls is False or (bool(inside.certificates) and outside.certificate not in inside.certificates)


def state(verdicts: Mapping[tuple[str, str], Verdict], outside: View, inside: View) -> State:
    """The state that the steps on one port make, each (mail, way) with its verdict."""
    ways = [way for way in WAYS if (CLEAN, way) in verdicts and verdicts[CLEAN, way].word != NOT_SENT]
    if not ways:
        return State(INCONCLUSIVE, "nothing could be sent: " + (outside.problem or _reason(verdicts)))
    for way in ways:
        control = verdicts[CLEAN, way]
        if control.word != DELIVERED_INTACT:
            return State(INCONCLUSIVE, f"clean mail over {way} was not seen to arrive ({control.word}{_because(control)})")
    viruses = {way: verdicts.get((EICAR, way), Verdict(NOT_SENT)) for way in ways}
    delivered = [way for way in ways if viruses[way].word == DELIVERED_INTACT]
    if delivered:
        return State(CONFIRMED_BLIND, f"the EICAR test file over {' and '.join(delivered)} was delivered as it was sent")
    if is_stripped(outside, inside):
        return State(STRIPPED, "STARTTLS is offered inside and not outside" + (", where EHLO is written over" if outside.masked else ""))
    if is_intercepted(outside, inside):
        return State(INTERCEPTED, "the certificate seen outside is none of the server's")
    for way, virus in viruses.items():
        if virus.word in (STEP_INCONCLUSIVE, NOT_SENT):
            return State(INCONCLUSIVE, f"what became of the EICAR test file over {way} is not known{_because(virus)}")
    if STARTTLS not in ways and inside.starttls is None:
        return State(INCONCLUSIVE, "STARTTLS is not offered outside, and whether it is inside could not be seen")
    # Mail that nobody on the way can read decides; where there is none, the other.
    decisive = STARTTLS if STARTTLS in ways else PLAINTEXT
    if viruses[decisive].by == HOST:
        return State(COVERED_LOCAL, f"the server took the EICAR test file over {decisive} out")
    return State(COVERED_PATH, f"something on the way took the EICAR test file over {decisive} out")


def worst(states: list[State]) -> State:
    """The state of a host with several ports."""
    return min(states, key=lambda one: _WORST_FIRST.index(one.word))


def _reason(verdicts: Mapping[tuple[str, str], Verdict]) -> str:
    reasons = [one.why for one in verdicts.values() if one.why]
    return reasons[0] if reasons else "no step was tried"


def _because(verdict: Verdict) -> str:
    return f": {verdict.why}" if verdict.why else ""
