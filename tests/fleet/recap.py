# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play's output says, host by host."""

from __future__ import annotations

import re

from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import Run


def recap(run: Run) -> dict[str, dict[str, int]]:
    """Counts (ok, changed, failed, ...) by host, of the hosts that the play came to."""
    lines = re.findall(r"^(\w+) +: (ok=.*)$", run.output, re.MULTILINE)
    assert lines, run.output
    return {host: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines}


def failures(run: Run) -> dict[str, str]:
    """The message that a host failed with last."""
    return dict(re.findall(r'^fatal: \[(\w+)\]: FAILED! => .*?"msg": "((?:[^"\\]|\\.)*)"', run.output, re.MULTILINE))
