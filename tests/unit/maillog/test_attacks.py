# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a log says to mislead, stop or exhaust the parser, under a memory limit and a time limit."""

from __future__ import annotations

import calendar
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from . import limited, test_hostile
from .attacks import ATTACKS


def counts(facts: dict[str, Any]) -> tuple[int, ...]:
    return tuple(facts["inbound"]["total"]["sessions"][kind] for kind in ("total", "tls", "plaintext", "unknown"))


def kinds(facts: dict[str, Any]) -> set[str]:
    return {notice["kind"] for notice in facts["coverage"]["notices"]}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str, tmp_path: Path) -> None:
    log = tmp_path / "maillog"
    with log.open("wb") as file:
        file.writelines(ATTACKS[name].lines())
    modified = calendar.timegm((2026, 11, 24, 12, 0, 0))
    os.utime(log, (modified, modified))
    facts = limited.audit(log)
    assert counts(facts) == ATTACKS[name].counts
    assert ATTACKS[name].notices <= kinds(facts)
    written = json.dumps(facts, ensure_ascii=False)
    assert len(json.dumps(facts)) < 64 * 1024
    assert not [character for character in written if ord(character) < 32]
    assert "203.0.113.9" not in written
    assert "192.0.2.1" not in written
    for scope in facts["inbound"].values():
        assert scope["messages"]["total"] == 0


def test_all_cases_of_one_file_under_the_limits(tmp_path: Path) -> None:
    """tests/unit/maillog/test_hostile.py looks at what each gives."""
    calls = []
    for name, case in sorted(test_hostile.CASES.items()):
        log = tmp_path / name / "maillog"
        log.parent.mkdir()
        shutil.copy(test_hostile.HOSTILE / f"{name}.log", log)
        modified = calendar.timegm(time.strptime(case["mtime"], "%Y-%m-%dT%H:%M:%SZ"))
        os.utime(log, (modified, modified))
        calls.append(([log], {"timezone": case.get("tz", "UTC")}))
    assert len(calls) + len(ATTACKS) >= 75
    answers = limited.audit_all(calls, memory=128 << 20)
    for name, facts in zip(sorted(test_hostile.CASES), answers):
        expected = test_hostile.CASES[name]["expect"]
        wanted = test_hostile.OWN_COUNTS.get(name, tuple(expected[key] for key in ("sessions", "sessions_tls", "sessions_plain", "sessions_unknown")))
        assert counts(facts) == wanted, name
