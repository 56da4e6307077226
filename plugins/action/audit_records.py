# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the host records on the controller; the module of the same name holds the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as ansible_core_version

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import (
    FileProblem, make_private_directory, write_atomically,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.guard import refuse_forged_settings
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import Run, build_record, keep_probe, record_bytes
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation, token
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.version import collection_version

_ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "dir": {"type": "path", "required": True},
    "audited_at": {"type": "str", "required": True},
    "run_id": {"type": "str", "required": True},
    "internal_networks": {"type": "list", "elements": "str", "default": []},
}
_RECORDS_FOLDER = "records"
_run_id = token(r"[A-Za-z0-9][A-Za-z0-9._:+-]*", 64)


class ActionModule(ActionBase):
    """Works on the controller alone, over inventory names; no name or path comes from what a host said."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Counts by record status, and the hosts that were not audited, with the reason."""
        result = super().run(tmp, task_vars)
        del tmp
        _validated, options = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        # A link as the folder itself is the user's choice; one inside it would be somebody else's and is refused.
        folder = Path(str(options["dir"])).resolve() / _RECORDS_FOLDER
        counts = dict.fromkeys(schema.STATUSES, 0)
        not_audited, changed = [], False
        try:
            refuse_forged_settings(task_vars or {})
            run = self._run_of(options)
            if not self._task.check_mode:
                make_private_directory(folder.parent)
                make_private_directory(folder)
            for host in dict.fromkeys(str(name) for name in options["hosts"]):
                path = folder / record_file_name(host)
                record = keep_probe(build_record(host, self._variables_of(host, task_vars or {}), run), path)
                counts[record["status"]] += 1
                if record["reason"] is not None:
                    not_audited.append({"host": record["host"], "status": record["status"], **record["reason"]})
                if not self._task.check_mode:
                    changed |= write_atomically(path, record_bytes(record))
        except (FileProblem, Violation, ValueError) as error:
            raise AnsibleActionFail(f"The host records were not all written: {error}") from error
        result.update(
            changed=changed, records_dir=str(folder), counts=counts, total=sum(counts.values()), not_audited=not_audited,
        )
        return result

    @staticmethod
    def _run_of(options: Mapping[str, Any]) -> Run:
        """What all records of this run share. Raises ValueError on a bad option."""
        audited_at = str(options["audited_at"])
        try:
            parse_moment(audited_at)
        except ValueError as error:
            raise ValueError(f"audited_at is {error}") from error
        return Run(
            run_id=_run_id(str(options["run_id"]), "run_id"),
            audited_at=audited_at,
            collection_version=collection_version(),
            ansible_core=ansible_core_version,
            internal_networks=tuple(schema.NETWORKS([str(item) for item in options["internal_networks"]], "internal_networks")),
        )

    @staticmethod
    def _variables_of(host: str, task_vars: Mapping[str, Any]) -> Any:
        """The raw variables of a host: ``raw_get`` never templates, whatever a host put into its answer."""
        hostvars = task_vars["hostvars"]
        if host not in hostvars:
            return None
        return hostvars.raw_get(host)
