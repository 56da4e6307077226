# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller's side of the module audit_host: one trip to the host, then its record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._audit_options import ARGUMENTS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.facts_action import FactsAction
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.record_folder import RecordFolder, age, now, run_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.task_variables import plain, report_folder, run_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.guard import forged_names
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import MAILLOG_RESULT, MAILSERVER_RESULT
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation


# The role's variables. A template in the task for each of them would cost as much time as all the rest (docs/scaling.md).
_VARIABLES = {"paths": "audit_log_paths", **{name: f"audit_{name}" for name in (
    "max_age", "internal_networks", "since", "until", "timezone", "max_days", "include_clients", "host_field", "journal", "max_seconds",
    "state_dir", "workers", "nice", "mode", "fetch_max_mib",
)}}
# Seconds that one host may take, unless the task or audit_timeout says otherwise.
_TIMEOUT = 1800


class ActionModule(FactsAction):
    """Runs the module, or reads the host over the shell, and writes the host's record. The facts go no further than that."""

    FACTS = ("maillog", "mailserver")
    ARGUMENTS = ARGUMENTS

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        # Ansible starts the task's clock when it has made the action: a template in the task is what this saves.
        if not self._task.timeout:
            seconds = plain(self._templar.available_variables.get("audit_timeout", _TIMEOUT), self._templar)
            try:
                self._task.timeout = int(seconds)
            except (TypeError, ValueError) as error:
                raise AnsibleError(f"audit_timeout: '{seconds}' is not a number of seconds") from error

    def by_shell(self, shell: Shell, options: Mapping[str, Any]) -> dict[str, Any]:
        """Look at the host, fetch its logs and count here."""
        # Only now: the process of each host is a copy of the controller's, and pays for all that is loaded there.
        from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.facts import collect_as_asked
        from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.audit import audit_over_shell
        from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell_host import ShellHost

        mailserver = collect_as_asked(ShellHost(shell, options["command_timeout"]), options)
        return {"mailserver": mailserver, "maillog": audit_over_shell(shell, options)}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The record's place and status, and what went wrong with the host."""
        variables = task_vars or {}
        host = str(variables["inventory_hostname"])
        forged = forged_names(variables)
        if forged:
            # Facts from an earlier play or a cache: such a host could choose folder, run and name here. Its record comes with the others'.
            raise AnsibleActionFail(f"The host returned facts named {', '.join(forged)}, names that the audit reserves.")
        arguments = self._arguments(variables)
        try:
            folder = RecordFolder(str(arguments["dir"]))
            run = run_of(str(arguments["run_id"]), now(), arguments.get("internal_networks") or [])
            longest = age("max_age", arguments.get("max_age"))
            kept = folder.fresh(host, longest, run) if longest else None
        except (FileProblem, Violation, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        if kept is not None:
            record = {"file": str(folder.file_of(host)), "status": kept["status"], "reason": None, "fresh": True, "changed": False}
            return {"changed": False, "msg": f"audited at {kept['audited_at']}, and not again", "record": record}
        self._become_as_asked(variables)
        result = super().run(tmp, variables)
        facts = result.pop("ansible_facts", {})
        answers = {MAILLOG_RESULT: {**result, "ansible_facts": facts}, MAILSERVER_RESULT: {"ansible_facts": facts}}
        # The run's time is that of the answer, not of the question.
        run = dataclasses.replace(run, audited_at=now())
        try:
            record = folder.build(host, {**variables, **answers}, run)
            changed = False
            if not self._task.check_mode:
                folder.make()
                changed = folder.write(host, record)
        except FileProblem as error:
            raise AnsibleActionFail(f"The host's record was not written: {error}") from error
        result["record"] = {
            "file": str(folder.file_of(host)), "status": record["status"], "reason": record["reason"], "fresh": False, "changed": changed,
        }
        result.pop("invocation", None)
        if self._discovered_interpreter_key and self._discovered_interpreter_key in facts:
            result["ansible_facts"] = {self._discovered_interpreter_key: facts[self._discovered_interpreter_key]}
        return result

    def _become_as_asked(self, variables: Mapping[str, Any]) -> None:
        """Become root, or whom the inventory says, where audit_become asks for it. Ansible has done so already where its own keywords and variables say."""
        wanted = plain(variables.get("audit_become"), self._templar)
        try:
            asked = wanted not in (None, "") and boolean(wanted)
        except TypeError:
            # Without its cause, which newer ansible-cores say once more behind it.
            raise AnsibleActionFail(f"audit_become: '{wanted}' is neither true nor false") from None
        if asked and self._connection.become is None and variables.get("ansible_become") is None:
            # Only now: few audits need it.
            from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.become import become
            become(self._connection, self._task, self._play_context, self._templar, variables)

    def _arguments(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The options: those of the task, and from the host's variables those that the task does not set. Raises AnsibleActionFail for a bad one."""
        given = {option: value for option, value in self._task.args.items() if value is not None}
        named = {option: plain(variables[name], self._templar) for option, name in _VARIABLES.items() if option not in given and name in variables}
        # An empty variable is one that is not set, and zero is a value. One that says what is so anyway costs time, and most do: they are the role's defaults.
        named = {option: value for option, value in named.items() if value not in (None, "", []) and value != self.ARGUMENTS[option].get("default")}
        self._task.args = {"dir": report_folder(variables, self._templar), "run_id": run_name(variables, self._templar), **named, **given}
        # What is not set has the module's own default: each option that is looked at takes time.
        known = {option: self.ARGUMENTS[option] for option in self._task.args if option in self.ARGUMENTS}
        try:
            return dict(self.validate_argument_spec(argument_spec=known if len(known) == len(self._task.args) else dict(self.ARGUMENTS))[1])
        except AnsibleError as error:
            said = str(error)
            places = ("'{}'", " {}: ", ": {}", "value of {} ")
            names = [name for option, name in _VARIABLES.items() if any(place.format(option) in said for place in places)]
            raise AnsibleActionFail(f"{said} (set by {', '.join(names)})" if names else said) from error
