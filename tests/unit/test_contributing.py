# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CONTRIBUTING's map is that of the tree: each package is on it, and nothing that is not there."""

from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
ROWS = re.findall(r"^\| [^|]+ \| ([^|]*`[^|]+) \|", (ROOT / "CONTRIBUTING.md").read_text().partition("## The way of the data")[2], re.MULTILINE)
NAMES = {name.rstrip("/").rsplit("/", 1)[-1].removesuffix(".py") for row in ROWS for name in re.findall(r"`([^`]+)`", row)}


def test_each_package_is_on_the_map() -> None:
    packages = {path.parent.name for path in PLUGINS.glob("*_utils/_*/__init__.py")}
    assert len(packages) > 8 and packages - NAMES == set()


def test_what_is_on_the_map_is_there() -> None:
    there = {part for path in PLUGINS.rglob("*") for part in (path.name, path.stem)}
    assert len(NAMES) > 60 and NAMES - there == set()
