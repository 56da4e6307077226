# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a host's record among those of the audit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_record
author: mailfleet.tls_audit contributors (@mailfleet)
version_added: 0.2.0
short_description: When a host was last audited, and with what outcome
description:
  - Reads the record that the audit wrote for a host. A record that is missing or broken is an answer, too.
options:
  _terms:
    description: Inventory names of hosts.
    required: true
  report_dir:
    description: The folder of the report, which holds the records.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Say when this host was audited
  ansible.builtin.debug:
    msg: "{{ lookup('mailfleet.tls_audit.audit_record', inventory_hostname, report_dir='report').age_days }}"
"""

RETURN = r"""
_raw:
  description:
    - For each host C(status) (V(none) without a record), C(age_days) and C(mta), the name of the mail server. What is not known is null.
  type: list
  elements: dict
"""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import BrokenRecord, read_record


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return what is known of each host."""
        self.set_options(var_options=variables, direct=kwargs)
        folder = Path(self.get_option("report_dir")).expanduser() / "records"
        return [_known(folder / record_file_name(str(name))) for name in terms]


def _known(path: Path) -> dict[str, Any]:
    record = read_record(path) if path.exists() else None
    if record is None or isinstance(record, BrokenRecord):
        return {"status": "none", "age_days": None, "mta": None}
    age = datetime.now(timezone.utc) - parse_moment(record["audited_at"])
    mta = ((record["mailserver"] or {}).get("mta") or {}).get("name")
    return {"status": record["status"], "age_days": round(age.total_seconds() / 86400, 1), "mta": mta}
