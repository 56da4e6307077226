# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any bytes in, never an exception, and the classes always partition the sessions: Sendmail and OpenSMTPD."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import sendmail_session
from ansible_collections.mailfleet.tls_audit.tests.unit.maillog.test_reference import assert_sums
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive

REAL = [line for mta in ("sendmail", "opensmtpd") for folder in derive.set_ups(mta) for line in (folder / "maillog").read_bytes().splitlines()]
REAL += [line for path in derive.REAL_LOGS.parent.glob("hand-made/*/maillog") for line in path.read_bytes().splitlines()]
PIECES = [b"STARTTLS=server, relay=", b"[10.0.0.1]", b"[IPv6:", b" smtp ", b": from=<", b", nrcpts=1, msgid=", b", relay=", b"... User unknown",
          b"ruleset=check_rcpt, ",
          b"NOQUEUE: ", b"did not issue MAIL", b'"', b"\\", b"(", b"\0", b"\r", b"\xe2\x80\xa8", b"\xff", b", size=", b"collect: ", b"Milter: data, reject="]


def check(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "maillog"
        log.write_bytes(data)
        facts = audit_logs([str(log)], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC")
    assert_sums(facts["inbound"])
    lines = data.count(b"\n") + 1
    for counted in facts["inbound"].values():
        assert all(0 <= count <= lines for kind in counted.values() for count in kind.values())


@given(st.binary(max_size=400), st.sampled_from([b"sendmail", b"sm-mta", b"smtpd"]))
@settings(max_examples=150, deadline=None)
def test_random_messages(text: bytes, tag: bytes) -> None:
    check(b"".join(b"2026-11-24T10:00:00+00:00 mx1 " + tag + b"[7]: " + line + b"\n" for line in text.split(b"\n")))


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_real_lines_cut_shuffled_and_torn(seed: int) -> None:
    chance = random.Random(seed)
    lines = []
    for _number in range(chance.randrange(1, 60)):
        line = chance.choice(REAL)
        for _tear in range(chance.choice((0, 0, 1, 2, 3))):
            at = chance.randrange(len(line) + 1)
            line = chance.choice((line[:at], line[:at] + chance.choice(PIECES) + line[at:], line[:at] + chance.choice(REAL)[at:],
                                  line[:at] + bytes([chance.randrange(256)]) + line[at + 1:]))
        # Few process ids, so that sessions of one meet.
        lines.append(line.replace(b"[1", b"[2") if chance.random() < 0.3 else line)
    check(b"\n".join(lines))


def test_few_processes_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendmail_session, "WINDOW", 3)
    check(b"\n".join(REAL))
