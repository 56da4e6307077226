# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fleet for all tests of a session. Where there can be none, they fail: nobody shall take them for passed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root

from .fleet import Fleet


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def fleet(pytestconfig: pytest.Config) -> Iterator[Fleet]:
    reason = debian_root.why_not()
    assert not reason, f"the fleet cannot be started: {reason}"
    campus = Fleet()
    pytestconfig.stash[FIGURES] = campus.figures
    try:
        yield campus.start()
    finally:
        campus.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what became of the mail that was sent all the while."""
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="module")
def audited(fleet: Fleet) -> Fleet:
    """The fleet as it was at first, and audited: without an audit no server is changed."""
    fleet.renew()
    run = fleet.play("audit")
    assert run.code == 0, run.output
    return fleet
