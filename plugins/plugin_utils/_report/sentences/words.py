# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every sentence is made from: the fleet, the catalogue of one language, and that language's numbers."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.numbers import Format


class Words:
    """One fleet in one language."""

    def __init__(self, fleet: Fleet, catalogue: Catalogue) -> None:
        self.fleet = fleet
        self.catalogue = catalogue
        self.format = Format(catalogue)

    def amount(self, thing: str, number: float | None) -> str:
        """So many things, in the form that the number calls for: 1 day, 2 days."""
        shown = self.format.dash if number is None else self.format.limit(number)
        return self.catalogue.text(f"amount.{thing}_{'one' if number == 1 else 'other'}", count=shown)

    def in_days(self, number: float | None) -> str:
        """A length of time."""
        return self.amount("days", number)

    def tls_messages(self, number: float | None) -> str:
        """External TLS messages."""
        return self.amount("tls_messages", number)
