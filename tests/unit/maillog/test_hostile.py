# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs made to mislead: the counts stay right. expected.json says what each attacks."""

from __future__ import annotations

import calendar
import json
import os
import pathlib
import shutil
import time

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

HOSTILE = pathlib.Path(__file__).parents[2] / "fixtures" / "hostile"
CASES = {name: case for name, case in json.loads((HOSTILE / "expected.json").read_text())["cases"].items() if (HOSTILE / f"{name}.log").exists()}
# RFC 5424 and <PRI> lines are read here: two more connects, each open at the end without any sign of TLS.
OWN_COUNTS = {"d17_rfc5424_and_pri": (4, 1, 1, 2)}
# What expected.json calls a flag, where it is a notice here.
NOTICES = {
    "oversize_line": "oversize_line", "no_mail_lines": "no_mail_lines", "clock_jump": "clock_jump", "implicit_close": "missing_disconnect",
    "orphan_disconnect": "orphan_disconnect", "repeated_message": "repeated_message", "multiple_hosts": "multiple_hosts",
}


def test_the_cases_are_there() -> None:
    assert len(CASES) >= 39


@pytest.mark.parametrize("name", sorted(CASES))
def test_counts(name: str, tmp_path: pathlib.Path) -> None:
    case = CASES[name]
    log = tmp_path / "maillog"
    shutil.copy(HOSTILE / f"{name}.log", log)
    modified = calendar.timegm(time.strptime(case["mtime"], "%Y-%m-%dT%H:%M:%SZ"))
    os.utime(log, (modified, modified))
    begun = time.process_time()
    facts = audit_logs([str(log)], timezone=case.get("tz", "UTC"))
    assert time.process_time() - begun < 5
    sessions = facts["inbound"]["total"]["sessions"]
    wanted = case["expect"]
    counts = OWN_COUNTS.get(name, tuple(wanted[key] for key in ("sessions", "sessions_tls", "sessions_plain", "sessions_unknown")))
    assert (sessions["total"], sessions["tls"], sessions["plaintext"] + sessions["tls_failed"], sessions["unknown"]) == counts
    kinds = {notice["kind"] for notice in facts["coverage"]["notices"]}
    assert {NOTICES[flag] for flag in case["flags"] if flag in NOTICES} <= kinds
    for place, key in (("first", "first"), ("last", "last")):
        if key in wanted or key in case:
            assert facts["period"][place][:19] == case.get(key, wanted.get(key))
    assert not [character for character in json.dumps(facts, ensure_ascii=False) if ord(character) < 32]
    if case.get("privacy"):
        assert "192.0.2." not in json.dumps(facts)
