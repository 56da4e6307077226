# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts `maillog` of a host without Python: fetched, then counted by the module's own code. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from ansible import constants as C

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import sources
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.options import ARGUMENTS, OF_THE_ACTION
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.host_files import HostFiles
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.host_logs import HostLogs
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.host_zone import zone_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell

# The host's own business: its priority, its processes, its journal and its files. They are not this controller's.
_OF_THE_HOST = ("nice", "workers", "journal", "state_dir")


def audit_over_shell(shell: Shell, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts for the module's options. Raises AuditError."""
    if options["fetch_max_mib"] < 1:
        raise AuditError(f"fetch_max_mib: {options['fetch_max_mib']} is not a number from 1 up")
    if not 0 <= options["nice"] <= 19:
        raise AuditError(f"nice: {options['nice']} is not a priority from 0 to 19")
    if options.get("journal") == "always":
        raise AuditError("journal: 'always' is not possible with mode fetch, which reads log files alone", "error")
    asked = {name: options[name] for name in ARGUMENTS if name not in (*OF_THE_ACTION, *_OF_THE_HOST)}
    # Never this controller's own journal for the host's.
    asked["journal_mode"] = "never"
    patterns = sources.USUAL_PATHS if options["paths"] is None else options["paths"]
    zone = zone_of(shell)
    # Ansible's own folder for such things: 0700, and where the administrator wants it (ANSIBLE_LOCAL_TEMP).
    with zone.in_force(), closing(HostLogs(HostFiles(shell), patterns, C.DEFAULT_LOCAL_TMP, options["fetch_max_mib"])) as logs:
        facts = audit_logs(files=logs, **asked)
    if not zone.summer_time and options["timezone"] is None:
        _note(facts, "zone", "the host's zone is known by its offset of today only, without summer time; set timezone to its name")
    return facts


def _note(facts: dict[str, Any], kind: str, detail: str) -> None:
    notices = facts["coverage"]["notices"]
    notices.append({"kind": kind, "count": 1, "detail": detail})
    notices.sort(key=lambda notice: notice["kind"])
