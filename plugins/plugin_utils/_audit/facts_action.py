# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a facts module and let through only what such a module returns. PRIVATE to the collection.

A host that was taken over chooses what "the module" prints. Ansible takes any fact from it, and facts outrank inventory variables and
role defaults: such a host could rename itself (`inventory_hostname`) or move the report (`report_dir`) on the controller.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

# What a module that fails, is skipped or warns adds to its result; the rest is Ansible's own and set behind this point.
_PASSED_ON = (
    "changed", "failed", "skipped", "unreachable", "msg", "reason_kind", "rc", "exception", "module_stdout", "module_stderr", "invocation", "warnings",
)


class FactsAction(ActionBase):
    """Action of a facts module. Its class names the one fact that the module returns."""

    FACT = ""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result, without whatever does not belong in it."""
        self._supports_check_mode = True
        result = super().run(tmp, task_vars)
        returned = self._execute_module(task_vars=task_vars)
        result.update({key: returned[key] for key in _PASSED_ON if key in returned})
        result["changed"] = False
        facts = returned.get("ansible_facts")
        if isinstance(facts, dict):
            result["ansible_facts"] = {name: facts[name] for name in (self.FACT, self._discovered_interpreter_key) if name and name in facts}
        return result
