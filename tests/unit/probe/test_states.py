# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the steps say of a host, in all their combinations that matter."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import COVERED_LOCAL, COVERED_PATH
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.observed import STEPS, View
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.states import State, state, worst
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.verdicts import HOST, PATH, Verdict

OK, NOT_SENT, UNKNOWN = Verdict("delivered_intact"), Verdict("not_sent", why="the server does not offer it"), Verdict("inconclusive", why="one source")
REPLACED, BY_HOST = Verdict("content_replaced", PATH), Verdict("rejected_by_host_av", HOST)
REFUSED, RESET, SWALLOWED = Verdict("rejected_by_path", PATH), Verdict("reset_by_path", PATH), Verdict("swallowed_or_proxied", PATH)
ALL = (OK, NOT_SENT, UNKNOWN, REPLACED, BY_HOST, REFUSED, RESET, SWALLOWED)
A, B = "a" * 64, "b" * 64
SAME = View(True, certificate=A, certificates=(A,))
NO_TLS, HIDDEN, UNSEEN = View(False), View(False, masked=True), View(problem="not looked at")
OTHER = View(True, certificate=B, certificates=(B,))


def of(*verdicts: Verdict, outside: View = SAME, inside: View = SAME) -> str:
    """In the order of the steps: clean plaintext, clean STARTTLS, EICAR plaintext, EICAR STARTTLS."""
    return state(dict(zip(STEPS, verdicts)), outside, inside).word


@pytest.mark.parametrize("verdicts, outside, inside, word", [
    # What began it all: removed in plaintext, delivered over TLS.
    ((OK, OK, REPLACED, OK), SAME, SAME, "confirmed_blind"),
    ((OK, OK, RESET, OK), SAME, SAME, "confirmed_blind"),
    ((OK, OK, OK, OK), SAME, SAME, "confirmed_blind"),
    ((OK, OK, BY_HOST, BY_HOST), SAME, SAME, "covered_local"),
    ((OK, OK, REPLACED, BY_HOST), SAME, SAME, "covered_local"),
    ((OK, OK, REFUSED, REFUSED), SAME, SAME, "covered_path"),
    ((OK, OK, BY_HOST, REPLACED), SAME, SAME, "covered_path"),
    ((OK, OK, SWALLOWED, SWALLOWED), SAME, SAME, "covered_path"),
    # No STARTTLS at all: what is left decides.
    ((OK, NOT_SENT, REPLACED, NOT_SENT), NO_TLS, NO_TLS, "covered_path"),
    ((OK, NOT_SENT, BY_HOST, NOT_SENT), NO_TLS, NO_TLS, "covered_local"),
    ((OK, NOT_SENT, OK, NOT_SENT), NO_TLS, NO_TLS, "confirmed_blind"),
    ((OK, NOT_SENT, REPLACED, NOT_SENT), NO_TLS, UNSEEN, "inconclusive"),
    # A server that wants TLS first.
    ((NOT_SENT, OK, NOT_SENT, BY_HOST), SAME, SAME, "covered_local"),
    ((NOT_SENT, OK, NOT_SENT, OK), SAME, SAME, "confirmed_blind"),
    # STARTTLS that does not arrive outside.
    ((OK, NOT_SENT, REPLACED, NOT_SENT), HIDDEN, SAME, "stripped"),
    ((OK, NOT_SENT, UNKNOWN, NOT_SENT), NO_TLS, SAME, "stripped"),
    ((OK, NOT_SENT, OK, NOT_SENT), HIDDEN, SAME, "confirmed_blind"),
    # Another certificate outside; of several of the server's, any will do.
    ((OK, OK, REPLACED, REPLACED), OTHER, SAME, "intercepted"),
    ((OK, OK, BY_HOST, BY_HOST), OTHER, SAME, "intercepted"),
    ((OK, OK, BY_HOST, BY_HOST), OTHER, NO_TLS, "intercepted"),
    ((OK, OK, BY_HOST, BY_HOST), OTHER, View(True, certificate=A, certificates=(A, B)), "covered_local"),
    ((OK, OK, BY_HOST, BY_HOST), OTHER, UNSEEN, "covered_local"),
    ((OK, OK, OK, OK), OTHER, SAME, "confirmed_blind"),
    # Half known is not known.
    ((OK, OK, BY_HOST, UNKNOWN), SAME, SAME, "inconclusive"),
    ((OK, OK, UNKNOWN, BY_HOST), SAME, SAME, "inconclusive"),
    ((OK, OK, BY_HOST, NOT_SENT), SAME, SAME, "inconclusive"),
    ((NOT_SENT,) * 4, View(problem="connect: Connection refused"), SAME, "inconclusive"),
    ((), SAME, SAME, "inconclusive"),
])
def test_states(verdicts: tuple[Verdict, ...], outside: View, inside: View, word: str) -> None:
    assert of(*verdicts, outside=outside, inside=inside) == word


def test_a_failed_control_is_never_protection() -> None:
    """Whatever became of EICAR, and however the server looks: clean mail that did not arrive as it was sent says nothing."""
    failed = [verdict for verdict in ALL if verdict not in (OK, NOT_SENT)]
    for control, position in itertools.product(failed, (0, 1)):
        for others in itertools.product((OK, NOT_SENT), ALL, ALL):
            verdicts = [*others]
            verdicts.insert(position, control)
            for outside in (SAME, OTHER, HIDDEN):
                assert of(*verdicts, outside=outside) == "inconclusive"


def test_covered_only_where_every_way_is_known_and_none_delivered() -> None:
    for verdicts in itertools.product(ALL, repeat=4):
        word = of(*verdicts)
        if word in (COVERED_LOCAL, COVERED_PATH):
            for control, virus in ((0, 2), (1, 3)):
                assert verdicts[control] in (OK, NOT_SENT)
                assert verdicts[control] is NOT_SENT or verdicts[virus] not in (OK, UNKNOWN, NOT_SENT)
        if word == COVERED_LOCAL:
            assert BY_HOST in verdicts[2:]


def test_the_reason_is_in_words() -> None:
    said = state(dict(zip(STEPS, (UNKNOWN, OK, REPLACED, OK))), SAME, SAME)
    assert said.why == "clean mail over plaintext was not seen to arrive (inconclusive: one source)"
    said = state(dict(zip(STEPS, (NOT_SENT,) * 4)), View(problem="connect: Connection refused"), SAME)
    assert said.why == "nothing could be sent: connect: Connection refused"
    assert state(dict(zip(STEPS, (OK, NOT_SENT, REPLACED, NOT_SENT))), HIDDEN, SAME).why.endswith("where EHLO is written over")


def test_of_several_ports_the_worst_counts() -> None:
    states = [State(word, "") for word in ("covered_local", "inconclusive", "confirmed_blind")]
    assert [worst(states[:end]).word for end in (1, 2, 3)] == ["covered_local", "inconclusive", "confirmed_blind"]
