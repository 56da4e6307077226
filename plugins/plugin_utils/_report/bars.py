# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Geometry of bars. Lengths are per cent of the picture's width, as SVG presentation attributes take them:
a style attribute would break the page's content security policy."""

from __future__ import annotations

from dataclasses import dataclass
from collections.abc import Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host

# Thinner than this a part could not be seen: it is drawn this wide and the largest part pays for it.
_THINNEST = 0.5


@dataclass(frozen=True)
class Part:
    """One part of a bar that is 100 % wide."""

    name: str
    count: int
    share: Share
    x: str
    width: str


def _length(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def stacked(parts: Sequence[tuple[str, int]]) -> list[Part]:
    """The parts with a count, side by side. Empty when nothing was counted."""
    shown = [(name, count) for name, count in parts if count > 0]
    total = sum(count for _name, count in shown)
    if not total:
        return []
    widths = [max(count * 100 / total, _THINNEST) for _name, count in shown]
    largest = widths.index(max(widths))
    widths[largest] -= sum(widths) - 100
    parts, x = [], 0.0
    for (name, count), width in zip(shown, widths, strict=True):
        parts.append(Part(name, count, Share(count, total), _length(x), _length(width)))
        x += width
    return parts


def ranked(items: Sequence[tuple[str, int]]) -> list[Part]:
    """One bar per item, the largest 100 % wide; shares are of the sum."""
    total = sum(count for _name, count in items)
    top = max((count for _name, count in items), default=0)
    if not top:
        return []
    return [
        Part(name, count, Share(count, total), "0", _length(max(count * 100 / top, _THINNEST) if count else 0))
        for name, count in items
    ]


def host_mix(host: Host) -> list[Part]:
    """A host's mail from outside by what became of it, in the colours of the fleet's bar."""
    if not host.measured:
        return []
    messages, rejected = host.counts("external", "messages"), host.counts("external", "rejected")
    tls_part = {True: "tls_scanned", False: "tls_unscanned", None: "tls_unchecked"}[host.scanned]
    unknown_user = rejected.get("unknown_user") or 0
    return stacked([
        (tls_part, host.tls_messages or 0),
        ("plaintext", messages.get("plaintext") or 0),
        ("unknown", messages.get("unknown") or 0),
        ("rejected_unknown_user", unknown_user),
        ("rejected_other", max((rejected.get("total") or 0) - unknown_user, 0)),
    ])
