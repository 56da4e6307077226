# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic in which "not known" stays "not known": None is never taken for 0."""

from __future__ import annotations

from typing import Any, NamedTuple
from collections.abc import Iterable, Mapping


class Share(NamedTuple):
    """A part of a whole, both counted; ``unknown`` is what could be neither and is left out of the whole."""

    part: int | None
    whole: int | None
    unknown: int = 0

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1; None when either count is not known or the whole is 0."""
        if self.part is None or not self.whole:
            return None
        return self.part / self.whole

    @property
    def percent(self) -> float | None:
        """The fraction times 100, unrounded."""
        return self.part / self.whole * 100 if self.part is not None and self.whole else None


UNKNOWN_SHARE = Share(None, None)


def tls_share(counts: Mapping[str, int | None], visible: bool) -> Share:
    """TLS among what could be told apart: tls / (total - unknown). Nothing at all where the log could not show TLS."""
    total, tls, unknown = counts.get("total"), counts.get("tls"), counts.get("unknown") or 0
    if not visible or total is None or tls is None:
        return UNKNOWN_SHARE
    return Share(tls, max(total - unknown, 0), unknown)


def sum_known(values: Iterable[int | None]) -> int | None:
    """The sum of the known values; None when none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def sum_shares(shares: Iterable[Share]) -> Share:
    """Sum over sum, over the hosts where both are known: never a mean of percentages."""
    known = [share for share in shares if share.part is not None and share.whole is not None]
    return Share(*map(sum, zip(*known))) if known else UNKNOWN_SHARE


def rounded(value: float | None) -> float | None:
    """Six decimals: enough for any use, and the same digits on every machine."""
    return None if value is None else round(value, 6)


def per_day(count: int | None, days: int | None) -> float | None:
    """A count per day with logs; None when the count or the days are not known, or there is no day."""
    if count is None or not days:
        return None
    return count / days


def number_at(tree: Any, *path: str) -> int | None:
    """The number at a path of nested maps; None when any step is missing."""
    for step in path:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(step)
    return tree if isinstance(tree, int) else None
