# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller's side of the module mailserver_facts."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.facts_action import FactsAction


class ActionModule(FactsAction):
    """Runs the module and takes no other fact from the host than `mailserver`."""

    FACT = "mailserver"
