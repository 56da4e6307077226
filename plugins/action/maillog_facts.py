# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller's side of the module maillog_facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.options import ARGUMENTS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.facts_action import FactsAction
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.audit import audit_over_shell
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell


class ActionModule(FactsAction):
    """Runs the module, or reads the logs over the shell, and takes no other fact from the host than `maillog`."""

    FACTS = ("maillog",)
    ARGUMENTS = ARGUMENTS

    def by_shell(self, shell: Shell, options: Mapping[str, Any]) -> dict[str, Any]:
        """Fetch the logs and count here."""
        return {"maillog": audit_over_shell(shell, options)}
