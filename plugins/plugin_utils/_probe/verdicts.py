# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of one mail, from at least two of three sources: the answers to the sender, the server's log, and the mailbox.

What only one source says is inconclusive. That a log does not have a mail means something only where it has another one of the same run.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.observed import CLEAN, EICAR, Logged, Reply, Trail

DELIVERED_INTACT = "delivered_intact"
CONTENT_REPLACED = "content_replaced"
REJECTED_BY_HOST_AV = "rejected_by_host_av"
REJECTED_BY_PATH = "rejected_by_path"
RESET_BY_PATH = "reset_by_path"
SWALLOWED_OR_PROXIED = "swallowed_or_proxied"
INCONCLUSIVE = "inconclusive"
NOT_SENT = "not_sent"

# Who took EICAR out.
HOST, PATH = "host", "path"
CLIENT_SAYS, LOG_SAYS, MAILBOX_SAYS = "client", "log", "mailbox"

_NOT_SENT_REPLIES = frozenset({"not_sent", "no_starttls", "no_plaintext"})
# From here on a mail is under way.
_TRANSACTION = frozenset({"mail", "rcpt", "data"})


@dataclass(frozen=True)
class Verdict:
    """What became of a mail, who took something out of it, which sources say so, and why it is no more than that."""

    word: str
    by: str | None = None
    sources: tuple[str, ...] = ()
    why: str = ""


def verdict(step: tuple[str, str], reply: Reply, trail: Trail) -> Verdict:
    """The verdict on a step, (mail, way)."""
    if reply.verdict in _NOT_SENT_REPLIES:
        return Verdict(NOT_SENT, why=reply.text or reply.verdict)
    logged = trail.logged.get(step, Logged())
    intact = trail.arrived.get(step)
    if intact is not None:
        return _arrived(intact, reply, logged)
    if logged.seen and (logged.refused or logged.infected) and reply.verdict in ("accepted", "refused", "broken"):
        # Behind the queue as well: accepted first, and taken out or bounced then.
        return Verdict(REJECTED_BY_HOST_AV, HOST, (CLIENT_SAYS, LOG_SAYS))
    if logged.seen:
        return _inconclusive(_seen_only(reply, logged, trail))
    if reply.verdict == "deferred":
        return _inconclusive("the server asks to try again later" + (", for the second time" if reply.attempts > 1 else ""))
    if reply.verdict == "tls_failed":
        return _inconclusive("the TLS handshake failed")
    if reply.verdict == "broken" and reply.stage not in _TRANSACTION:
        return _inconclusive("there was no conversation")
    if step[0] == CLEAN and reply.verdict == "accepted" and trail.readable and trail.looked:
        # Of EICAR, a log that is not written to any more would hide the server's own scanner.
        return Verdict(SWALLOWED_OR_PROXIED, PATH, (CLIENT_SAYS, LOG_SAYS, MAILBOX_SAYS))
    if not trail.log_works:
        return _inconclusive("the server's log does not show mail of this run, so it cannot tell what did not get there")
    if reply.verdict == "accepted":
        return Verdict(SWALLOWED_OR_PROXIED, PATH, (CLIENT_SAYS, LOG_SAYS))
    if reply.verdict == "refused":
        return Verdict(REJECTED_BY_PATH, PATH, (CLIENT_SAYS, LOG_SAYS))
    if reply.cause == "lost" or (reply.cause == "timeout" and step[0] == EICAR and trail.lost_connections > 0):
        return Verdict(RESET_BY_PATH, PATH, (CLIENT_SAYS, LOG_SAYS))
    # A server that hangs before it logs anything looks the same as a path that lets nothing through.
    return _inconclusive("the server, or something before it, did not answer in time")


def _arrived(intact: bool, reply: Reply, logged: Logged) -> Verdict:
    sources = tuple(name for name, says in ((CLIENT_SAYS, reply.verdict == "accepted"), (LOG_SAYS, logged.seen), (MAILBOX_SAYS, True)) if says)
    if len(sources) < 2:
        return _inconclusive("it is in the mailbox, and neither the answers nor the log say so")
    if intact:
        return Verdict(DELIVERED_INTACT, None, sources)
    return Verdict(CONTENT_REPLACED, HOST if logged.infected or logged.refused else PATH, sources)


def _seen_only(reply: Reply, logged: Logged, trail: Trail) -> str:
    if reply.verdict == "accepted":
        # A log has the same lines for a mail whose attachment was replaced on its way.
        end = "was delivered" if logged.delivered else "was taken in"
        return f"it {end}, and " + ("is not in the mailbox" if trail.looked else "no mailbox could be looked into to see whether it is as it was sent")
    if reply.verdict == "deferred":
        return "the server asks to try again later" + (", for the second time" if reply.attempts > 1 else "")
    return "the server's log has it, and does not say that it refused it"


def _inconclusive(why: str) -> Verdict:
    return Verdict(INCONCLUSIVE, why=why)
