# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth table of one mail: the answers to the sender, the server's log, the mailbox, and what two of them make."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.observed import Logged, Reply, Trail
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.verdicts import HOST, PATH, verdict

CONTROL, EICAR = ("clean", "starttls"), ("eicar", "starttls")
ACCEPTED = Reply("accepted", None, "data", 250, "Ok")
REFUSED = Reply("refused", None, "data", 554, "no")
DEFERRED = Reply("deferred", None, "rcpt", 451, "later")
LOST = Reply("broken", "lost", "data", None, "closed")
HUNG = Reply("broken", "timeout", "data", None, "timed out")
NOWHERE = Reply("broken", "refused", "connect", None, "Connection refused")
NOTHING, SEEN = Logged(), Logged(seen=True)
TAKEN = Logged(seen=True, delivered=True)
CAUGHT = Logged(seen=True, refused=True, infected=True)
# The control of the same run in the log: it works.
WORKS = {CONTROL: TAKEN}
UNKNOWN = "inconclusive"


def trail(logged: Logged | None = None, intact: bool | None = None, works: bool = True, looked: bool = True, readable: bool = True, lost: int = 0) -> Trail:
    return Trail(readable, looked, lost, {**(WORKS if works else {}), **({EICAR: logged} if logged else {})}, {} if intact is None else {EICAR: intact})


@pytest.mark.parametrize("reply, found, word, by", [
    # In the mailbox.
    (ACCEPTED, trail(TAKEN, True), "delivered_intact", None),
    (ACCEPTED, trail(None, True, works=False, readable=False), "delivered_intact", None),
    # The answer got lost, not the mail.
    (LOST, trail(TAKEN, True), "delivered_intact", None),
    (ACCEPTED, trail(TAKEN, False), "content_replaced", PATH),
    (ACCEPTED, trail(None, False, works=False, readable=False), "content_replaced", PATH),
    (ACCEPTED, trail(CAUGHT, False), "content_replaced", HOST),
    (LOST, trail(NOTHING, True), UNKNOWN, None),
    # The server's own log says what it did.
    (REFUSED, trail(CAUGHT), "rejected_by_host_av", HOST),
    (REFUSED, trail(Logged(seen=True, refused=True)), "rejected_by_host_av", HOST),
    (ACCEPTED, trail(CAUGHT), "rejected_by_host_av", HOST),
    (LOST, trail(CAUGHT), "rejected_by_host_av", HOST),
    # It does not have it, though it has the control.
    (REFUSED, trail(NOTHING), "rejected_by_path", PATH),
    (LOST, trail(NOTHING), "reset_by_path", PATH),
    (HUNG, trail(NOTHING, lost=1), "reset_by_path", PATH),
    (ACCEPTED, trail(NOTHING), "swallowed_or_proxied", PATH),
    (ACCEPTED, trail(NOTHING, looked=False), "swallowed_or_proxied", PATH),
    # One source alone.
    (REFUSED, trail(NOTHING, works=False), UNKNOWN, None),
    (REFUSED, trail(None, works=False, readable=False), UNKNOWN, None),
    (LOST, trail(NOTHING, works=False), UNKNOWN, None),
    (HUNG, trail(NOTHING), UNKNOWN, None),
    (ACCEPTED, trail(NOTHING, works=False), UNKNOWN, None),
    (ACCEPTED, trail(None, works=False, readable=False, looked=False), UNKNOWN, None),
    # A log has the same lines whether the attachment was replaced or not.
    (ACCEPTED, trail(TAKEN, looked=False), UNKNOWN, None),
    (ACCEPTED, trail(TAKEN), UNKNOWN, None),
    (REFUSED, trail(SEEN), UNKNOWN, None),
    (LOST, trail(SEEN), UNKNOWN, None),
    (HUNG, trail(SEEN), UNKNOWN, None),
    # Neither yes nor no.
    (DEFERRED, trail(NOTHING), UNKNOWN, None),
    (DEFERRED, trail(CAUGHT), UNKNOWN, None),
    (NOWHERE, trail(NOTHING), UNKNOWN, None),
    (Reply("tls_failed", None, "handshake"), trail(NOTHING), UNKNOWN, None),
    (Reply("no_starttls", None, "starttls"), trail(NOTHING), "not_sent", None),
    (Reply("no_plaintext", None, "mail", 530), trail(NOTHING), "not_sent", None),
    (Reply("not_sent"), trail(NOTHING), "not_sent", None),
])
def test_truth_table(reply: Reply, found: Trail, word: str, by: str | None) -> None:
    said = verdict(EICAR, reply, found)
    assert (said.word, said.by) == (word, by)
    assert (len(said.sources) >= 2) == (word not in (UNKNOWN, "not_sent"))
    assert bool(said.why) == (word in (UNKNOWN, "not_sent")) or reply.verdict == "not_sent"


def test_nothing_is_said_by_one_source() -> None:
    """Of all combinations: every word but two rests on two sources, and none takes EICAR out that is in the mailbox as it was sent."""
    replies = (ACCEPTED, REFUSED, DEFERRED, LOST, HUNG, NOWHERE)
    logs = [None] + [Logged(*flags) for flags in itertools.product((False, True), repeat=4)]
    for reply, logged, intact, works, looked, lost in itertools.product(replies, logs, (None, True, False), (False, True), (False, True), (0, 3)):
        if looked or intact is None:
            for step in (CONTROL, EICAR):
                said = verdict(step, reply, trail(logged, intact, works, looked, lost=lost))
                assert (len(said.sources) >= 2) == (said.word not in (UNKNOWN, "not_sent"))
                if step == EICAR and intact:
                    assert said.word in ("delivered_intact", UNKNOWN)
                if not (works or (logged and logged.seen)) and intact is None and step == EICAR:
                    # Without a log that shows anything, nobody is said to have taken it out.
                    assert said.word == UNKNOWN and said.by is None


def test_clean_mail_that_is_nowhere_was_swallowed() -> None:
    """Its log shows nothing of the run: that is told of the control, never of EICAR."""
    empty = trail(NOTHING, works=False)
    assert verdict(("clean", "plaintext"), ACCEPTED, empty).word == "swallowed_or_proxied"
    assert verdict(("eicar", "plaintext"), ACCEPTED, empty).word == UNKNOWN


def test_a_control_that_hangs_is_no_reset() -> None:
    assert verdict(("clean", "plaintext"), HUNG, trail(NOTHING, lost=1)).word == UNKNOWN


def test_greylisted_twice() -> None:
    said = verdict(EICAR, Reply("deferred", None, "rcpt", 451, "later", attempts=2), trail(NOTHING))
    assert said.why == "the server asks to try again later, for the second time"
