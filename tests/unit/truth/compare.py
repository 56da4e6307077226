# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare facts with the subset of them that is expected, naming every figure that differs."""

from __future__ import annotations

from typing import Any


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Return one line per figure of `expected` that `found` lacks or has otherwise; a missing count is not 0."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return [f"{path}: expected a map, found {found!r}"]
        lines = []
        for key, value in expected.items():
            lines += differences(value, found[key], f"{path}/{key}") if key in found else [f"{path}/{key}: expected {value!r}, missing"]
        return lines
    return [] if expected == found else [f"{path}: expected {expected!r}, found {found!r}"]
