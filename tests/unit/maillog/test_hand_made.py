# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of versions too old to be run, composed from their source (tests/fixtures/hand-made/README.md)."""

from __future__ import annotations

import calendar
import json
import os
import pathlib
import shutil
import time

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences

HAND_MADE = pathlib.Path(__file__).parents[2] / "fixtures" / "hand-made"
CASES = sorted(path.parent.name for path in HAND_MADE.glob("*/expected.json"))


def test_the_cases_are_there() -> None:
    assert {"sendmail-8.12", "sendmail-8.14", "opensmtpd-6.0", "opensmtpd-6.4"} <= set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_facts(name: str, tmp_path: pathlib.Path) -> None:
    expected = json.loads((HAND_MADE / name / "expected.json").read_text())
    log = tmp_path / "maillog"
    shutil.copy(HAND_MADE / name / "maillog", log)
    written = calendar.timegm(time.strptime(expected["written"], "%Y-%m-%dT%H:%M:%SZ"))
    os.utime(log, (written, written))
    facts = audit_logs([str(log)], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC")
    assert differences(expected["facts"], facts) == []
    assert facts["tls"] == expected["facts"]["tls"]
