# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core drives which target Python: turns "too old" into advice.

Source: ``_util/target/common/constants.py`` of each ansible-core release, and runs of a module against each Python.
"""

from __future__ import annotations

import re

# The lowest target Python of each supported ansible-core, newest release first.
_FLOORS = (((2, 21), (3, 9)), ((2, 20), (3, 9)), ((2, 19), (3, 8)), ((2, 18), (3, 8)), ((2, 17), (3, 7)))
_OLDEST_SUPPORTED_CORE = (2, 16)
_OLDEST_SUPPORTED_PYTHONS = ((2, 7), (3, 6))


def parse_python(text: str | None) -> tuple[int, int] | None:
    """(3, 6) of ``3.6.8``, ``python3.6`` or ``/usr/bin/python2.7``; None when no minor version is in sight."""
    match = re.search(r"(?<![\d.])([23])\.(\d{1,2})(?!\d)", text or "")
    return (int(match.group(1)), int(match.group(2))) if match else None


def runs_on(python: tuple[int, int], ansible_core: str) -> bool:
    """Whether the ansible-core in use runs modules on ``python``; a release newer than those known here is taken for the newest of them."""
    core = tuple(int(part) for part in re.findall(r"\d+", ansible_core)[:2])
    for release, floor in _FLOORS:
        if core >= release:
            return python >= floor
    return python >= _OLDEST_SUPPORTED_PYTHONS[1] or python == _OLDEST_SUPPORTED_PYTHONS[0]


def newest_core_for(python: tuple[int, int]) -> str | None:
    """The newest ansible-core that runs modules on ``python``, as ``2.16``; None when no supported one does."""
    for core, floor in _FLOORS:
        if python >= floor:
            return f"{core[0]}.{core[1]}"
    if python >= _OLDEST_SUPPORTED_PYTHONS[1] or python == _OLDEST_SUPPORTED_PYTHONS[0]:
        return f"{_OLDEST_SUPPORTED_CORE[0]}.{_OLDEST_SUPPORTED_CORE[1]}"
    return None
