# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one has to know before one types the commands of the report's steps."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.commands import report_command
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.words import Words


class NextSteps(Words):
    """The remarks on the commands, those alone that any of them calls for."""

    def step_notes(self) -> list[str]:
        """Where to type them, and what stands for something else."""
        notes = ["where"]
        if self.fleet.call.inventories is None:
            notes.append("inventory")
        for step in self.fleet.steps:
            name = step.remedy_playbook
            if name is not None and name not in notes:
                notes.append(name)
        return [self.catalogue.text(f"steps.note_{name}") for name in notes]

    def nothing_to_do(self) -> str:
        """Why there is no step: all is well, or nobody was asked."""
        return self.catalogue.text("steps.none" if self.fleet.hosts else "steps.no_servers")

    def report_command(self) -> str:
        """What makes this report again."""
        return report_command(self.fleet.call)
