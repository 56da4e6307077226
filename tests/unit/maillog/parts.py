# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read logs part by part, cut and merged in any way, to the same facts as the product's own read."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import facts, part_data, reading
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import Networks
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.parts import Part
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.log_files import Source
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.visibility import Visibility
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone

NETWORKS = Networks(["10.0.0.0/8"])
LIMIT = datetime.date(2026, 11, 25)


def new(zone: Zone, headless: bool) -> Part:
    return Part(NETWORKS, zone, True, None, headless)


class Pieces:
    """A source in memory."""

    path = "log"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def blocks(self, begin: int, end: int | None) -> Iterator[bytes]:
        for position in range(0, len(self._data), 1000):
            yield self._data[position:position + 1000]


def read(data: bytes, zone: Zone, continues: bool, limit: datetime.date) -> Part:
    part = new(zone, headless=True)
    part.begin_file(limit, continues)
    reading.read(Pieces(data), part, int(continues))
    return part


def again(part: Part, zone: Zone) -> Part:
    """The part as another process or a later run gets it."""
    return part_data.load(json.loads(json.dumps(part_data.dump(part))), new(zone, headless=True))


def cut(data: bytes, chance: random.Random, cuts: int) -> list[bytes]:
    """Cut at so many line ends, anywhere."""
    lines = data.splitlines(keepends=True)
    at = sorted(chance.randint(0, len(lines)) for unused in range(cuts))
    return [b"".join(lines[begin:end]) for begin, end in zip([0, *at], [*at, len(lines)])]


def merge_in_any_order(parts: list[Part], chance: random.Random, zone: Zone) -> Part:
    while len(parts) > 1:
        position = chance.randrange(len(parts) - 1)
        parts[position].merge(again(parts.pop(position + 1), zone) if chance.random() < 0.5 else parts.pop(position + 1))
    return parts[0]


def count(files: Sequence[list[bytes]], chance: random.Random | None = None, limits: Sequence[datetime.date] = (), timezone: str = "UTC") -> dict[str, Any]:
    """Return the facts of files, oldest first, each given in pieces. Without `chance` the pieces are joined, and all is read at once."""
    with Zone(timezone) as zone:
        whole = new(zone, headless=False)
        sources = []
        for number, pieces in enumerate(files):
            limit = limits[number] if limits else LIMIT
            source = Source(f"log.{len(files) - number}")
            sources.append(source)
            if chance is None:
                whole.begin_file(limit)
                reading.read(Pieces(b"".join(pieces)), whole)
            else:
                parts = [read(piece, zone, position > 0, limit) for position, piece in enumerate(pieces)]
                assert not any(part.overflowed for part in parts)
                whole.merge(merge_in_any_order(parts, chance, zone))
            whole.end_file(source)
        whole.end_log("open")
        visibility = Visibility(whole.tally, whole.services, whole.calendar)
        return facts.build(whole, visibility, lambda date: True, sources, 400)
