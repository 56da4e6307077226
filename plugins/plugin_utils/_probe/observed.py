# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of a probe returned, checked: the answers to the sender, the server's log, its mailbox, and how it looks from two sides.

The sender and the server are hosts like any other: what they say is checked for its shape, cut to size and never trusted further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import (
    Shape, Violation, count, flag, list_of, moment, one_of, record_of, text, token, whole,
)

CLEAN, EICAR = "clean", "eicar"
PLAINTEXT, STARTTLS = "plaintext", "starttls"
WAYS = (PLAINTEXT, STARTTLS)
# In the order in which they are sent.
STEPS = tuple((mail, over) for mail in (CLEAN, EICAR) for over in WAYS)

_MAIL, _WAY = one_of(CLEAN, EICAR), one_of(*WAYS)
_FINGERPRINT = token(r"[0-9a-f]{64}", 64)
_REPLY = one_of("accepted", "refused", "deferred", "no_starttls", "no_plaintext", "tls_failed", "broken", "not_sent")
_TLS: Shape = record_of(null=True, certificate_sha256=text(64), not_after=moment, expired=flag, version=text(20))
_DELIVERY: Shape = record_of(
    {"mail": _MAIL, "over": _WAY, "verdict": _REPLY}, cause=text(20), stage=text(20), code=whole(100, 999), text=text(200), attempts=whole(0, 9), at=moment,
)
_VIEW: Shape = record_of(
    {"verdict": _REPLY}, cause=text(20), stage=text(20), code=whole(100, 999), text=text(200), banner=text(200), masked=flag, starttls=flag, tls=_TLS,
    certificates=list_of(_FINGERPRINT, 8),
)
_LOGGED: Shape = record_of(
    null=True, seen=flag, refused=flag, infected=flag, delivered=flag, size=count, queue_ids=list_of(text(40), 20), lines=list_of(text(300), 6),
)
_TRAIL: Shape = record_of(
    {"log": record_of(readable=flag, unread=list_of(text(300), 10), lost_connections=count)},
    mailbox=record_of(looked=list_of(text(300), 10), unread=list_of(text(300), 10)),
    mails=list_of(record_of({"mail": _MAIL, "over": _WAY}, log=_LOGGED, mailbox=record_of(null=True, intact=flag, sha256=text(64), size=count)), 8),
)


@dataclass(frozen=True)
class Reply:
    """What the server, or whoever stands in its place, answered to the sender."""

    verdict: str
    cause: str | None = None
    stage: str | None = None
    code: int | None = None
    text: str = ""
    attempts: int = 1
    at: str | None = None


@dataclass(frozen=True)
class Logged:
    """What the server's own log says of one mail."""

    seen: bool = False
    refused: bool = False
    infected: bool = False
    delivered: bool = False
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trail:
    """What was found on the server. readable: its log; looked: its mailbox; both apart from whether anything was found there.

    logged and arrived: by (mail, way). arrived says whether the attachment is as it was sent, and holds only mails that are in the mailbox.
    """

    readable: bool = False
    looked: bool = False
    lost_connections: int = 0
    logged: Mapping[tuple[str, str], Logged] = field(default_factory=dict)
    arrived: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def log_works(self) -> bool:
        """Whether a mail of this run is in the log: only then does it mean anything that another is not."""
        return any(logged.seen for logged in self.logged.values())


@dataclass(frozen=True)
class View:
    """How the server looks from one side. starttls: is it offered, None where it could not be asked; certificates: fingerprints of all that it shows."""

    starttls: bool | None = None
    masked: bool = False
    certificate: str | None = None
    certificates: tuple[str, ...] = ()
    expired: bool = False
    not_after: str | None = None
    problem: str | None = None


def replies_of(result: Any) -> dict[tuple[str, str], Reply]:
    """The answers, by (mail, way). Raises Violation."""
    deliveries = list_of(_DELIVERY, 8)(_part(result, "deliveries"), "deliveries")
    return {
        (one["mail"], one["over"]): Reply(
            one["verdict"], one["cause"], one["stage"], one["code"], one["text"] or "", one["attempts"] or 0, one["at"],
        ) for one in deliveries
    }


def trail_of(result: Any) -> Trail:
    """What was found on the server. Raises Violation."""
    found = _TRAIL(result, "trail")
    logged, arrived = {}, {}
    for mail in found["mails"]:
        key, log = (mail["mail"], mail["over"]), mail["log"]
        if log is not None:
            logged[key] = Logged(*(log[name] is True for name in ("seen", "refused", "infected", "delivered")), tuple(line for line in log["lines"] if line))
        if mail["mailbox"] is not None:
            arrived[key] = mail["mailbox"]["intact"] is True
    unread = (*found["log"]["unread"], *found["mailbox"]["unread"])
    return Trail(
        found["log"]["readable"] is True, bool(found["mailbox"]["looked"]), found["log"]["lost_connections"] or 0, logged, arrived,
        tuple(line for line in unread if line),
    )


def view_of(result: Any) -> View:
    """How the server looks. Raises Violation."""
    seen = _VIEW(_part(result, "view"), "view")
    tls = seen["tls"] or {}
    asked = seen["starttls"] is not None
    return View(
        seen["starttls"], seen["masked"] is True, tls.get("certificate_sha256"), tuple(seen["certificates"]), tls.get("expired") is True, tls.get("not_after"),
        None if asked and seen["verdict"] in ("accepted", "no_starttls") else f"{seen['stage']}: {seen['code'] or ''} {seen['text']}".replace("  ", " "),
    )


def _part(result: Any, name: str) -> Any:
    if not isinstance(result, Mapping) or name not in result:
        raise Violation(f"{name} is missing")
    return result[name]
