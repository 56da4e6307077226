# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that are almost named like one of the role audit, and so do nothing. PRIVATE to the collection."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

import yaml

_SPECS = Path(__file__).parents[3] / "roles/audit/meta/argument_specs.yml"
_PREFIX = "audit_"
# Others have variables of this prefix, too: only what is one letter or two beside ours is taken for a slip.
_ALIKE = 0.9


def known_names() -> frozenset[str]:
    """The variables of the role audit, by its argument specification, and of its playbook."""
    # The loader in C, where PyYAML has it, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load(_SPECS.read_text(encoding="utf-8"), Loader=loader)["argument_specs"].values()
    return frozenset(name for entry in entries for name in entry["options"]) | {"audit_hosts"}


def slips(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Name -> the known name that was probably meant, for those that the role does not know."""
    meant = sorted(known)
    found = {}
    for name in sorted({str(name) for name in names if str(name).startswith(_PREFIX)}.difference(meant)):
        closest = difflib.get_close_matches(name, meant, 1, _ALIKE)
        if closest:
            found[name] = closest[0]
    return found
