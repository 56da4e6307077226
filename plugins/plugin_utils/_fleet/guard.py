# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a host's facts from deciding what the controller does.

With Ansible's default settings a fact outranks inventory variables and role defaults of the same name, so a compromised
host that returns a fact named ``report_dir`` decides where the controller writes. The names of this collection's variables
all begin alike; no host has a reason to return a fact of such a name.
"""

from __future__ import annotations

from typing import Any
from collections.abc import Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

_PREFIXES = ("audit_", "report_", "remediate_", "probe_")
# The name that a host's record goes by.
_NAMES = ("inventory_hostname",)


def forged_names(variables: Mapping[str, Any]) -> list[str]:
    """The facts among a host's variables that have names of this collection's variables, cleaned for a message."""
    facts = variables.get("ansible_facts")
    if not isinstance(facts, Mapping):
        return []
    return sorted(clean_text(name, 60) for name in facts if isinstance(name, str) and (name.startswith(_PREFIXES) or name in _NAMES))[:5]


def refuse_forged_settings(task_vars: Mapping[str, Any]) -> None:
    """Raises ValueError when the host that a controller-side task runs for has returned such a fact."""
    names = forged_names(task_vars)
    if names:
        raise ValueError(
            f"the first host of the play returned facts named {', '.join(names)}, names that this collection's settings have; "
            "look into that host, clear its cached facts and leave it out with --limit"
        )
