# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play's output says, host by host, and what became of mail that was sent meanwhile."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import Run


def recap(run: Run) -> dict[str, dict[str, int]]:
    """Counts (ok, changed, failed, ...) by host, of the hosts that the play came to."""
    lines = re.findall(r"^(\w+) +: (ok=.*)$", run.output, re.MULTILINE)
    assert lines, run.output
    return {host: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines}


def failures(run: Run) -> dict[str, str]:
    """The message that a host failed with last. That of a loop's item has another beginning."""
    return dict(re.findall(r'^(?:fatal|failed): \[(\w+)\](?:: FAILED!| \(item=.*?\)) => .*?"msg": "((?:[^"\\]|\\.)*)"', run.output, re.MULTILINE))


def nothing_is_lost(tallies: dict[str, Any]) -> None:
    """Every mail that was sent all the while was accepted in the end, and is in its mailbox, once (see Fleet.sending)."""
    for host, tally in tallies.items():
        assert tally["sent"] > 20 and len(tally["accepted"]) == tally["sent"], (host, tally)
        assert not tally["refused"] and not tally["left"] and not tally["lost"] and not tally["twice"], (host, tally)
