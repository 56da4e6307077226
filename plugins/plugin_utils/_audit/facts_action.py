# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a facts module, or read the host over its shell, and let through only what such a module returns. PRIVATE to the collection.

A host that was taken over chooses what "the module" prints. Ansible takes any fact from it, and facts outrank inventory variables and
role defaults: such a host could rename itself (`inventory_hostname`) or move the report (`report_dir`) on the controller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.release import __version__ as ansible_core_version

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import reasons

MODULE, FETCH, AUTO = "module", "fetch", "auto"
# What a module that fails, is skipped or warns adds to its result; the rest is Ansible's own and set behind this point.
_PASSED_ON = (
    "changed", "failed", "skipped", "unreachable", "msg", "reason_kind", "rc", "exception", "module_stdout", "module_stderr", "invocation", "warnings",
)


class FactsAction(ActionBase):
    """Action of a facts module. Its class names the facts that the module returns, and the module's arguments."""

    FACTS: tuple[str, ...] = ()
    ARGUMENTS: Mapping[str, Any] = {}

    def by_shell(self, shell: Shell, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the facts of a host without Python, by name. Raises AuditError, and ValueError for a bad option."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result, without whatever does not belong in it."""
        self._supports_check_mode = True
        result = super().run(tmp, task_vars)
        mode = self._task.args.get("mode") or MODULE
        if mode in (FETCH, AUTO):
            unused, options = self.validate_argument_spec(argument_spec=dict(self.ARGUMENTS))
        if mode != FETCH:
            result.update(self._by_module(task_vars or {}), audit_mode=MODULE)
            no_python = self._lacks_python(task_vars or {}, result)
            if no_python and mode == MODULE:
                self._name_python(result)
        if mode == FETCH or (mode == AUTO and no_python):
            result = super().run(tmp, task_vars)
            result.update(self._by_shell(options), audit_mode=FETCH)
        result["changed"] = False
        return result

    def _by_module(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        try:
            returned = self._execute_module(task_vars=task_vars)
        except AnsibleConnectionFailure as error:
            # Pipelining: an interpreter that is not there may end the command before all of the module was sent, and the host seems unreachable.
            if "could not be sent" not in str(error) or reasons.has_python(self._pythons(), ansible_core_version):
                raise
            return {"failed": True, "msg": "No python interpreters found that Ansible can send a module to."}
        except AnsibleError as error:
            # For newer ansible-cores a host without Python is an exception.
            result = {"failed": True, "msg": str(error)}
            if not self._lacks_python(task_vars, result):
                raise
            return result
        result = {key: returned[key] for key in _PASSED_ON if key in returned}
        facts = returned.get("ansible_facts")
        if isinstance(facts, dict):
            result["ansible_facts"] = {name: facts[name] for name in (*self.FACTS, self._discovered_interpreter_key) if name and name in facts}
        return result

    def _name_python(self, result: dict[str, Any]) -> None:
        """Say which Python the host has: of one that is too old Ansible may say no more than that there is none."""
        reason = reasons.by_pythons_found(self._pythons(), ansible_core_version)
        if reason is not None:
            result.update(msg=reason.detail, reason_kind=reason.kind, hint=reason.hint)

    def _pythons(self) -> str:
        return str(self._low_level_execute_command(reasons.PYTHONS_SCRIPT, sudoable=False)["stdout"])

    @staticmethod
    def _lacks_python(task_vars: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
        discovered = (result.get("ansible_facts") or {}).get("discovered_interpreter_python")
        hint = next((str(text) for text in (task_vars.get("ansible_python_interpreter"), discovered) if isinstance(text, str)), None)
        return reasons.lacks_python(result, hint, ansible_core_version)

    def _by_shell(self, options: Mapping[str, Any]) -> dict[str, Any]:
        try:
            shell = Shell(self._execute, nice=int(options.get("nice", 0)))
            return {"ansible_facts": self.by_shell(shell, options)}
        except AuditError as error:
            return {"failed": True, "msg": str(error), "reason_kind": error.kind}
        except ValueError as error:
            return {"failed": True, "msg": str(error)}

    def _execute(self, command: str, terminal: bool) -> dict[str, Any]:
        # Ansible asks ssh for a terminal unless there is something to send, which not every connection plugin can.
        if terminal or not self._connection.has_pipelining:
            return self._low_level_execute_command(command)
        # The command waits for what is sent: one that has ended by then looks like a connection that broke.
        return self._low_level_execute_command(f"{command}; cat >/dev/null", in_data=b"\n")
