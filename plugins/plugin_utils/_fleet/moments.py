# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RFC 3339 times with an offset, as the facts and records hold them."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

PATTERN = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
_RFC3339 = re.compile(PATTERN + r"\Z")


def parse_moment(text: str) -> datetime:
    """The aware datetime of an RFC 3339 text. Raises ValueError on anything else, a missing offset included."""
    match = _RFC3339.match(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset")
    day, clock, fraction, offset = match.groups()
    if fraction is None and offset not in "Zz":
        return datetime.fromisoformat(text)
    offset = "+00:00" if offset in "Zz" else offset
    micro = (fraction or ".0")[:7].ljust(7, "0")
    return datetime.fromisoformat(f"{day}T{clock}{micro}{offset}")


# The same few hundred days stand in every record.
@lru_cache(maxsize=1024)
def parse_date(text: str) -> date:
    """The date of YYYY-MM-DD. Raises ValueError on anything else."""
    if re.match(r"\d{4}-\d\d-\d\d\Z", text) is None:
        raise ValueError("not a date")
    return date.fromisoformat(text)
