# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables, as its actions read them. PRIVATE to the collection.

A task that hands them over by templates has each of them compiled anew in the process of each host (docs/scaling.md).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

# The actions are loaded once, before the process of each host is copied off the controller's: so it is the same for all hosts of a run.
NEW_RUN_ID = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def plain(value: Any, templar: Any) -> Any:
    """A variable's value; most hold no template, and asking the templar costs time. So does copying what Ansible notes with each text."""
    if "{{" in str(value) or "{%" in str(value):
        return templar.template(value)
    return str(value) if isinstance(value, str) else [str(item) if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


def report_folder(variables: Mapping[str, Any], templar: Any) -> str:
    """The folder of the report: `audit_report_dir`, `report_dir`, or the folder `report` where the command was given."""
    for name in ("audit_report_dir", "report_dir"):
        value = plain(variables.get(name), templar)
        if value:
            return str(value)
    return f"{os.environ.get('PWD', '')}/report"


def run_name(variables: Mapping[str, Any], templar: Any) -> str:
    """The run's name: `audit_run_id`, or one made of the time."""
    return str(plain(variables.get("audit_run_id"), templar) or NEW_RUN_ID)
