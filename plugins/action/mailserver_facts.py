# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller's side of the module mailserver_facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.facts import collect_as_asked
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.options import ARGUMENTS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.facts_action import FactsAction
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell_host import ShellHost


class ActionModule(FactsAction):
    """Runs the module, or looks at the host over the shell, and takes no other fact from the host than `mailserver`."""

    FACTS = ("mailserver",)
    ARGUMENTS = ARGUMENTS

    def by_shell(self, shell: Shell, options: Mapping[str, Any]) -> dict[str, Any]:
        """The facts, from what the host's shell tells."""
        return {"mailserver": collect_as_asked(ShellHost(shell, options["command_timeout"]), options)}
