# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logs of Exim, Sendmail, OpenSMTPD and Dovecot merge from parts as Postfix's do."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import exim_sessions, sendmail_session
from ansible_collections.mailfleet.tls_audit.tests.unit.maillog import parts
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.any_order import connections, exim, mixed, opensmtpd, sendmail

FIXTURES = Path(__file__).parents[2] / "fixtures"
LOGS = sorted(path for folder in ("real-logs", "hand-made") for path in (FIXTURES / folder).rglob("m*log*")
              if path.is_file() and not str(path.relative_to(FIXTURES)).startswith("real-logs/postfix"))
SEEDS = st.integers(0, 2**32)


def name(path: Path) -> str:
    return "-".join(path.relative_to(FIXTURES).parts[1:])


def test_fixtures_are_there() -> None:
    assert len(LOGS) > 40
    assert {name(path).partition("-")[0] for path in LOGS} == {"exim", "sendmail", "opensmtpd", "dovecot"}


@pytest.mark.parametrize("path", LOGS, ids=name)
def test_cut_anywhere(path: Path) -> None:
    chance = random.Random(path.parent.name)
    log = path.read_bytes()
    whole = parts.count([[log]])
    lines = log.splitlines(keepends=True)
    assert whole["coverage"]["lines"]["matched"]
    assert parts.count([lines], chance) == whole
    for unused in range(3):
        assert parts.count([parts.cut(log, chance, 5)], chance) == whole


@pytest.mark.parametrize("path", LOGS, ids=name)
def test_log_that_grows_and_rotates(path: Path, tmp_path: Path) -> None:
    chance = random.Random(path.parent.name)
    lines = path.read_bytes().splitlines(keepends=True)
    log, rotated = tmp_path / "maillog", tmp_path / "maillog.1"
    steps = sorted(chance.sample(range(1, len(lines)), min(5, len(lines) - 1))) + [len(lines)]
    begin = 0

    def facts(**options: Any) -> dict[str, Any]:
        return audit_logs([f"{log}*"], timezone="UTC", **options)

    for number, end in enumerate(steps):
        if number == 3:
            log.rename(rotated)
            begin = steps[number - 1]
        # The last line is half written when the first run reads it.
        text = b"".join(lines[begin:end])
        log.write_bytes(text[:len(text) - chance.choice([0, 3])])
        resumed, full = facts(state_dir=str(tmp_path / "state")), facts()
        performance = resumed.pop("performance")
        del full["performance"]
        assert resumed == full
        if number not in (0, 1, 4):
            assert performance["resumed"]


@pytest.mark.parametrize("write", [exim, connections, opensmtpd, sendmail, mixed])
@given(seed=SEEDS, lines=st.integers(2, 60), cuts=st.integers(1, 8))
@settings(max_examples=120, deadline=None)
def test_logs_in_which_anything_happens(write: Any, seed: int, lines: int, cuts: int) -> None:
    chance = random.Random(seed)
    log = write(chance, lines)
    assert parts.count([parts.cut(log, chance, cuts)], chance) == parts.count([[log]])


@pytest.mark.parametrize(("write", "module"), [(sendmail, sendmail_session), (connections, exim_sessions), (exim, exim_sessions)])
@given(seed=SEEDS, lines=st.integers(2, 100), cuts=st.integers(1, 8), window=st.integers(1, 30))
@settings(max_examples=120, deadline=None)
def test_what_is_forgotten(write: Any, module: Any, seed: int, lines: int, cuts: int, window: int) -> None:
    """Behind a window much smaller than the real one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WINDOW", window)
        chance = random.Random(seed)
        log = write(chance, lines)
        assert parts.count([parts.cut(log, chance, cuts)], chance) == parts.count([[log]])


def test_of_two_hosts_with_the_same_mail_the_same_one_counts() -> None:
    """A refusal that may be the second of two came late in a part, and its host with it."""
    stamp, refusal = b"Nov  9 02:24:20 mx2 exim[1]: ", b"H=(x) [192.0.2.2] F=<a@example.org> rejected RCPT <x@example.org>: no\n"
    mail = b"1w1v8f-0006H5-37 <= a@example.org H=%s P=esmtp S=1\n"
    log = stamp + refusal + stamp.replace(b"mx2", b"mx1") + mail % b"[192.0.2.2]" + stamp + mail % b"[10.0.0.7]"
    whole = parts.count([[log]])
    assert [notice["kind"] for notice in whole["coverage"]["notices"]] == ["duplicate_source", "sessions_unknown"]
    assert parts.count([[log, b""]], random.Random(1)) == whole


def test_lines_of_its_own_and_of_syslog_are_read_in_order() -> None:
    begun, ended = b"SMTP connection from [192.0.2.2]:25 (TCP/IP connection count = 1)\n", b"SMTP connection from (x) [192.0.2.2]:25 closed by QUIT\n"
    own, logged = b"2026-11-09 02:24:21 ", b"Nov  9 02:24:20 mx2 exim[1]: "
    log = logged + begun + own + begun + logged + ended + own + ended
    whole = parts.count([[log]])
    assert whole["inbound"]["total"]["sessions"]["total"] == 2
    assert parts.count([log.splitlines(keepends=True)], random.Random(1)) == whole


def test_a_session_whose_id_comes_again_is_not_lost() -> None:
    line = b"Nov  3 18:47:00 mx1 smtpd[7]: 0000000000000012 smtp connected address=192.0.2.7 host=x\n"
    whole = parts.count([[line + line]])
    assert whole["inbound"]["total"]["sessions"]["total"] == 2
    assert parts.count([[line, line]], random.Random(1)) == whole


def test_several_mail_servers_are_no_clock_jump(tmp_path: Path) -> None:
    lines = [f"{month} {day:2} 10:00:00 mx1 {text}" for month, day in (("Oct", 1), ("Nov", 5), ("Dec", 31), ("Jan", 1), ("Feb", 2), ("Jul", 9)) for text in (
        "postfix/smtpd[7]: connect from a[192.0.2.9]", "postfix/smtpd[7]: disconnect from a[192.0.2.9] ehlo=1 quit=1 commands=2",
        "dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=1, TLS, session=<x>")]
    (tmp_path / "maillog").write_text("\n".join(lines) + "\n")
    facts = audit_logs([str(tmp_path / "maillog")], timezone="UTC")
    assert "clock_jump" not in {notice["kind"] for notice in facts["coverage"]["notices"]}
    assert facts["logins"]["imap"]["tls"] == 6
    assert len(facts["daily"]) == 6
