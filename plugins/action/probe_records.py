# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a probe showed into the host records on the controller; the module of the same name holds the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as ansible_core_version

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem, make_private_directory, write_atomically
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.guard import refuse_forged_settings
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import display_name, record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import NOT_TESTED, PROBE_STATES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import (
    BrokenRecord, Run, probed_only, read_record, record_bytes, with_probe,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation, token
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.version import collection_version
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.host import was_tried, what_was_seen

_ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "dir": {"type": "path", "required": True},
    "probed_at": {"type": "str", "required": True},
    "run_id": {"type": "str", "required": True},
    "origin": {"type": "str", "required": True},
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
        """Each probed host with its state, and counts by state."""
        result = super().run(tmp, task_vars)
        del tmp
        _validated, options = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        folder = Path(str(options["dir"])).resolve() / _RECORDS_FOLDER
        probed_at, origin = str(options["probed_at"]), clean_text(str(options["origin"]), 220)
        hostvars = (task_vars or {})["hostvars"]
        probes, warnings, changed = [], [], False
        try:
            refuse_forged_settings(task_vars or {})
            parse_moment(probed_at)
            run = Run(_run_id(str(options["run_id"]), "run_id"), probed_at, collection_version(), ansible_core_version)
            for host in dict.fromkeys(str(name) for name in options["hosts"]):
                # Raw: never templated, whatever a host put into its answer.
                variables = hostvars.raw_get(host) if host in hostvars else None
                if not isinstance(variables, Mapping) or not was_tried(variables):
                    continue
                probe = what_was_seen(variables, probed_at, run.run_id, origin)
                probes.append({"host": display_name(host), "state": probe["state"], "evidence": probe["evidence"]})
                if self._task.check_mode:
                    continue
                make_private_directory(folder.parent)
                make_private_directory(folder)
                path = folder / record_file_name(host)
                record = read_record(path) if path.exists() else probed_only(host, run)
                if isinstance(record, BrokenRecord):
                    warnings.append(f"what the probe of {display_name(host)} showed was not kept: {record.file}: {record.problem} Audit the host again.")
                elif probe["state"] != NOT_TESTED or record["probe"] is None:
                    # A host that was not reached today says nothing against what was seen before.
                    changed |= write_atomically(path, record_bytes(with_probe(record, probe)))
        except (FileProblem, Violation, ValueError) as error:
            # Without its cause, which newer ansible-cores say once more behind it.
            raise AnsibleActionFail(f"What the probe showed was not all written: {error}") from None
        counts = {state: sum(probe["state"] == state for probe in probes) for state in PROBE_STATES}
        result.update(changed=changed, probes=probes, counts={state: count for state, count in counts.items() if count}, records_dir=str(folder))
        if warnings:
            result["warnings"] = [*result.get("warnings", []), *warnings]
        return result
