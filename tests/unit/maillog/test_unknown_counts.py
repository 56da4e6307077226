# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A count that the log cannot hold is null from the tally to the record, and so is every sum that it is a part of."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import audit, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import registry
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.reader import Reader
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import EXTERNAL
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import check_maillog

NULL = dict.fromkeys(("total", "tls", "plaintext", "tls_failed", "unknown"))
POSTFIX = ["connect from a[192.0.2.9]", "4A1B2C3D4E: client=a[192.0.2.9]",
           "disconnect from a[192.0.2.9] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"]


class Sessionless(Reader):
    """An MTA whose log holds messages and no sessions: a line `DATE ... quiet: message` is one over TLS."""

    NAME = "quiet"

    def __init__(self, context: Any) -> None:
        self._context = context

    def read(self, chunk: bytes, form: str) -> tuple[int, int]:
        lines = [line for line in chunk.split(b"\n") if line.endswith(b" quiet: message")]
        tally = self._context.tally
        for line in lines:
            day = self._context.calendar.day(line.partition(b" ")[0])
            service = self._context.services.get(b"mx1", b"quiet", b"quiet").number
            tally.days.add(day)
            tally.add(tally.group(day, service, EXTERNAL), classes.TLS, 0, 1, 0, 0)
            tally.hide_sessions(service, day)
        return len(lines), len(lines)


def quiet(day: int) -> str:
    return f"2026-11-{day:02}T10:00:00+00:00 mx1 quiet: message\n"


def postfix(day: int) -> str:
    return "".join(f"2026-11-{day:02}T10:00:0{second}+00:00 mx1 postfix/smtpd[7]: {text}\n" for second, text in enumerate(POSTFIX))


@pytest.fixture
def facts_of(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(registry, "ENTRIES", (registry.ENTRIES[0], registry.Entry(lambda: Sessionless, (b" quiet: ",))))

    def facts(*lines: str, **options: Any) -> dict[str, Any]:
        log = tmp_path / "maillog"
        log.write_text("".join(lines))
        found = audit.audit_logs([str(log)], timezone="UTC", **options)
        return check_maillog(json.loads(json.dumps(found)))

    return facts


def test_sessions_are_null_and_messages_are_not(facts_of: Any) -> None:
    facts = facts_of(quiet(1), quiet(1))
    for scope in ("total", "external", "internal", "local"):
        assert facts["inbound"][scope]["sessions"] == NULL
    assert facts["inbound"]["external"]["messages"] == {"total": 2, "tls": 2, "plaintext": 0, "unknown": 0}
    assert facts["services"]["quiet"]["sessions"] == NULL
    assert facts["daily"][0]["total"]["sessions"] == NULL
    assert facts["coverage"]["tls_visibility"] == "complete"
    assert {"kind": "sessions_unknown", "count": 1, "detail": "the log does not hold the sessions of quiet, on so many days"} in facts["coverage"]["notices"]


def test_two_mtas_on_a_host(facts_of: Any) -> None:
    """The sum lacks a part, so it is null; the service whose sessions are known keeps its count."""
    facts = facts_of(postfix(1), quiet(1))
    assert facts["mtas"] == ["postfix", "quiet"]
    assert facts["inbound"]["total"]["sessions"] == NULL
    assert facts["inbound"]["total"]["messages"] == {"total": 2, "tls": 1, "plaintext": 1, "unknown": 0}
    assert facts["services"]["smtpd"]["sessions"]["total"] == 1
    assert facts["services"]["quiet"]["sessions"] == NULL


def test_known_on_some_days(facts_of: Any) -> None:
    facts = facts_of(postfix(1), quiet(2), postfix(3))
    assert [day["total"]["sessions"]["total"] for day in facts["daily"]] == [1, None, 1]
    assert facts["inbound"]["total"]["sessions"] == NULL
    assert facts["services"]["smtpd"]["sessions"]["total"] == 2


def test_days_outside_of_the_period_hide_nothing(facts_of: Any) -> None:
    facts = facts_of(postfix(1), quiet(2), until="2026-11-01")
    assert facts["inbound"]["total"]["sessions"]["total"] == 1
    assert "sessions_unknown" not in [notice["kind"] for notice in facts["coverage"]["notices"]]
