# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and dates as people read them. None is a dash; nothing is rounded to 0 or 100 % that is not exactly that."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue


class Format:
    """Formats values in a catalogue's language."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.dash = str(catalogue.raw("language.dash"))
        self._thousands = str(catalogue.raw("language.thousands"))
        self._decimal = str(catalogue.raw("language.decimal"))

    def count(self, value: int | None) -> str:
        """A whole number with separators."""
        if value is None:
            return self.dash
        # Nearly all need no separator, and a page of 5,000 servers has half a million of them.
        return str(value) if -1000 < value < 1000 else f"{value:,}".replace(",", self._thousands)

    def _tenths(self, tenths: int) -> str:
        return self.count(tenths // 10) + self._decimal + str(tenths % 10)

    def percent(self, share: Share) -> str:
        """One decimal; <0.1 and >99.9 for what is near the ends and not at them."""
        if share.part is None or not share.whole:
            return self.dash
        # Whole numbers throughout, so that halves go the same way on every machine.
        tenths = (share.part * 2000 + share.whole) // (2 * share.whole)
        number = self._tenths(tenths)
        if tenths == 0 and share.part > 0:
            number = self._catalogue.text("language.below", value=self._tenths(1))
        elif tenths >= 1000 and share.part < share.whole:
            number = self._catalogue.text("language.above", value=self._tenths(999))
        return self._catalogue.text("language.percent", number=number)

    def per_day(self, value: float | None) -> str:
        """Whole from 10 a day on, one decimal below, <0.1 for traces."""
        if value is None:
            return self.dash
        if value >= 9.95:
            return self.count(math.floor(value + 0.5))
        tenths = math.floor(value * 10 + 0.5)
        if tenths == 0 and value > 0:
            return self._catalogue.text("language.below", value=self._tenths(1))
        return "0" if tenths == 0 else self._tenths(tenths)

    def mebibytes(self, size: int) -> str:
        """A size of a message."""
        return f"{self._tenths((size * 10 + 2**19) // 2**20)}\u00a0MiB"

    def limit(self, value: float) -> str:
        """A threshold: no decimals where it has none."""
        return self.count(int(value)) if float(value).is_integer() else f"{value:g}".replace(".", self._decimal)

    def decimal(self, value: float | None) -> str:
        """One decimal."""
        if value is None:
            return self.dash
        tenths = math.floor(abs(value) * 10 + 0.5)
        return ("-" if value < 0 and tenths else "") + self._tenths(tenths)

    def size(self, change: float) -> str:
        """The size of a change; <0.1 for what is less and not nothing."""
        size = abs(change)
        return self._catalogue.text("language.below", value=self._tenths(1)) if 0 < size < 0.05 else self.decimal(size)

    def points(self, percent: float) -> str:
        """A percentage that is a number and not a share of counts."""
        return self._catalogue.text("language.percent", number=self.decimal(percent))

    def signed(self, number: str, positive: bool) -> str:
        """A change: ``number`` is its size, already written."""
        return self._catalogue.text("language.plus" if positive else "language.minus", number=number)

    def moment(self, text: str) -> str:
        """Day, time and zone of an RFC 3339 time, in words."""
        moment = parse_moment(text)
        return self._catalogue.text("language.moment", day=self.day(moment), time=f"{moment:%H:%M}", zone=zone_name(moment))

    def day(self, moment: date) -> str:
        """A date in words."""
        return self._catalogue.text(
            "language.date", day=moment.day, month=self._catalogue.raw("language.months")[moment.month - 1], year=moment.year,
        )

    def short_day(self, moment: date) -> str:
        """A date without its year, for an axis."""
        return self._catalogue.text(
            "language.short_date", day=moment.day, month=self._catalogue.raw("language.short_months")[moment.month - 1],
        )

    def span(self, first: date, last: date) -> str:
        """From one date to another."""
        if (first.year, first.month, first.day) == (last.year, last.month, last.day):
            return self.day(first)
        return self._catalogue.text("language.span", first=self.day(first), last=self.day(last))

    def moment_date(self, text: str | None) -> str:
        """The date of an RFC 3339 time, as it stands in the record."""
        return self.dash if not text else parse_moment(text).date().isoformat()


def zone_name(moment: datetime) -> str:
    """UTC or UTC+09:00."""
    offset = moment.utcoffset()
    if not offset:
        return "UTC"
    return "UTC" + ("-" if offset < timedelta(0) else "+") + moment.isoformat()[-5:]
