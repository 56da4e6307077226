# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of what arrived was refused: mostly spam. Attempts from outside are counted, accepted and rejected ones.

The facts count refused commands by the class of their session, not the sessions that ended with one: those cannot be stated. What can is
how many plaintext sessions brought no message at all, at least.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, sum_shares
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host


@dataclass(frozen=True)
class SpamView:
    """Shares over the measured hosts that count both sides. A part or whole of None: no host counts it."""

    # Rejected among all attempts (accepted messages and refused commands) of the class.
    plaintext: Share
    tls: Share
    # Plaintext sessions that brought no accepted message, of all plaintext sessions. A lower bound: a session may bring several messages.
    without_mail: Share
    # For an unknown user among all rejections; logs do not tell this apart by class.
    unknown_user: Share


def _unknown_user(host: Host) -> Share:
    counts = host.counts("external", "rejected")
    total, unknown_user = counts.get("total"), counts.get("unknown_user")
    return Share(None, None) if total is None or unknown_user is None else Share(unknown_user, total)


def _without_mail(host: Host) -> Share:
    sessions, messages = (host.counts("external", kind).get("plaintext") for kind in ("sessions", "messages"))
    return Share(None, None) if sessions is None or messages is None else Share(max(sessions - messages, 0), sessions)


def spam_view(measured: list[Host]) -> SpamView:
    """The view over the measured hosts."""
    return SpamView(
        plaintext=sum_shares(host.rejected_share("plaintext") for host in measured),
        tls=sum_shares(host.rejected_share("tls") for host in measured),
        without_mail=sum_shares(map(_without_mail, measured)),
        unknown_user=sum_shares(map(_unknown_user, measured)),
    )
