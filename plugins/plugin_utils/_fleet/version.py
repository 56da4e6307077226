# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of this collection, read from where it is decided: MANIFEST.json once installed, galaxy.yml in a clone."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

UNKNOWN = "unknown"


def collection_version() -> str:
    """For example ``0.1.0``; ``unknown`` when neither file can be read."""
    root = Path(__file__).resolve().parents[3]
    try:
        manifest = json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        galaxy = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))
        return str(galaxy["version"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return UNKNOWN
