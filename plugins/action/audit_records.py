# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the host records on the controller; the module of the same name holds the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.misspelled import known_names, slips
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.record_folder import RESULT_VARIABLE, RecordFolder, now, raw_variables, run_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.task_variables import NEW_RUN_ID, report_folder, run_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.guard import forged_names, refuse_forged_settings
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.inventory_words import INVENTORY_WORDS, unfit_words
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import display_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import MAILLOG_RESULT, Run
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation

_ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "dir": {"type": "path"},
    "audited_at": {"type": "str"},
    "run_id": {"type": "str"},
    "internal_networks": {"type": "list", "elements": "str", "default": []},
}


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
        variables = task_vars or {}
        _validated, options = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        counts = dict.fromkeys(schema.STATUSES, 0)
        not_audited, fresh, changed, names, unfit = [], 0, False, set(), Counter()
        try:
            refuse_forged_settings(variables)
            folder = RecordFolder(options["dir"] or report_folder(variables, self._templar))
            run = self._run(options, variables)
            if not self._task.check_mode:
                folder.make()
            for host in dict.fromkeys(str(name) for name in options["hosts"]):
                of_host = raw_variables(host, variables)
                names.update(of_host if isinstance(of_host, Mapping) else ())
                unfit.update(unfit_words(of_host))
                record = _written(of_host, folder.file_of(host))
                if record is None:
                    record = folder.build(host, _answers(of_host), run)
                    if not self._task.check_mode:
                        changed |= folder.write(host, record)
                else:
                    changed |= record["changed"]
                    fresh += record["fresh"]
                counts[record["status"]] += 1
                if record["reason"] is not None:
                    not_audited.append({"host": display_name(host), "status": record["status"], **record["reason"]})
        except (FileProblem, Violation, ValueError) as error:
            # Without its cause, which newer ansible-cores say once more behind it.
            raise AnsibleActionFail(f"The host records were not all written: {error}") from None
        for name, meant in slips(names, known_names()).items():
            result.setdefault("warnings", []).append(f"{name} is no variable of this collection and does nothing. Is {meant} meant?")
        for name, wanted in INVENTORY_WORDS.items():
            if unfit[name]:
                hosts = "1 host" if unfit[name] == 1 else f"{unfit[name]} hosts"
                result.setdefault("warnings", []).append(f"{name} of {hosts} is not in the report as it was meant: it takes {wanted}, and no template.")
        total = sum(counts.values())
        # As it is written: a template of the first host's that fails must not cost the others the report.
        longest = variables.get("audit_max_age") or "max_age"
        summary = [f"{fresh} of {total} hosts have a record of less than {longest} and were not audited again"] if fresh else []
        summary += [f"{host['host']}: {host['detail']}" for host in not_audited]
        result.update(
            changed=changed, records_dir=str(folder.path), counts=counts, total=total, fresh=fresh, not_audited=not_audited, summary=summary,
        )
        return result

    def _run(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> Run:
        """What the records say of the run. The variables are those of the first host: a name of its own that is none must not cost the others their records."""
        about = options["audited_at"] or now(), options["internal_networks"]
        if options["run_id"]:
            return run_of(options["run_id"], *about)
        try:
            return run_of(run_name(variables, self._templar), *about)
        except (Violation, AnsibleError):
            return run_of(NEW_RUN_ID, *about)


def _written(variables: Any, place: Path) -> Mapping[str, Any] | None:
    """The record that audit_host wrote for a host, where it did. The action says it, not the host."""
    record = _record(variables) if isinstance(variables, Mapping) and not forged_names(variables) else None
    return record if record is not None and record["file"] == str(place) else None


def _record(variables: Mapping[str, Any]) -> Mapping[str, Any] | None:
    result = variables.get(RESULT_VARIABLE)
    record = result.get("record") if isinstance(result, Mapping) else None
    return record if isinstance(record, Mapping) else None


def _answers(variables: Any) -> Any:
    """The variables of a host whose record audit_host did not write here, with the reason where the tasks' results are looked for."""
    if not isinstance(variables, Mapping) or RESULT_VARIABLE not in variables or MAILLOG_RESULT in variables:
        return variables
    elsewhere = _record(variables)
    result = variables[RESULT_VARIABLE] if elsewhere is None else {
        "failed": True, "msg": f"the host's record is {elsewhere['file']}: audit_report_dir or report_dir is not the same for all hosts of the run",
    }
    return {**variables, MAILLOG_RESULT: result}
