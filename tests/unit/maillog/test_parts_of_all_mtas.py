# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logs of Exim, Sendmail, OpenSMTPD and Dovecot merge from parts as Postfix's do."""

from __future__ import annotations

import datetime
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import exim_sessions, sendmail_session
from ansible_collections.mailfleet.tls_audit.tests.unit.maillog import parts
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import synthetic

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


def connections(chance: random.Random, lines: int) -> bytes:
    """Exim's lines with those that +smtp_connection logs."""
    return exim(chance, lines, connections=True)


def exim(chance: random.Random, lines: int, connections: bool = False) -> bytes:
    """Exim's lines through syslog and of its own, refusals twice among them."""
    written = []
    day = datetime.datetime(2026, 11, 1)
    for unused in range(lines):
        day += datetime.timedelta(seconds=chance.choice([0, 0, 60, 40000]))
        client = chance.choice(["a.example.org [192.0.2.1]", "(x) [192.0.2.2]:2525", "[10.0.0.7]"])
        text = chance.choice([
            f"1w1v8f-0006H5-{chance.randint(10, 40)} <= a@example.org H={client} P={chance.choice(['esmtp', 'esmtps'])} X=TLS1.3:X:256 S=1",
            f"H={client} F=<a@example.org> rejected RCPT <x@example.org>: Unrouteable address",
            f"H={client} X=TLS1.3:X:256 CV=no F=<a@example.org> rejected RCPT <y@example.org>: no",
            f"TLS error on connection from {client} (gnutls_handshake): timed out", f"SMTP command timeout on connection from {client}",
            f"no MAIL in SMTP connection from {client} D=0s X=TLS1.2:Y:256", f"SMTP connection from {client} lost while reading message data (header)",
            *([f"SMTP connection from {client[client.index('['):]} (TCP/IP connection count = 1)", f"SMTP connection from {client} closed by QUIT",
               f"SMTP connection from {client} lost", f"no MAIL in SMTP connection from {client} D=0s",
               f"SMTP command timeout on TLS connection from {client}"] * 2 if connections else []),
        ])
        stamp = f"{synthetic.MONTHS[day.month - 1]} {day.day:2} {day:%H:%M:%S} {chance.choice(['mx1', 'mx1', 'mx2'])} exim[{chance.randint(1, 3)}]: "
        written += [(f"{day:%Y-%m-%d %H:%M:%S} " if chance.random() < 0.1 else stamp) + text] * chance.choice([1, 2, 2, 3])
    return "".join(line + "\n" for line in written).encode()


def opensmtpd(chance: random.Random, lines: int) -> bytes:
    """Lines of few sessions, in any order but for a session's first, and starts of the server."""
    written = []
    begun: list[str] = []
    day = datetime.datetime(2026, 11, 1)
    for number in range(lines):
        day += datetime.timedelta(seconds=chance.choice([0, 0, 60, 40000]))
        session = chance.choice(begun or ["0" * 16])
        text = f"{session} smtp " + chance.choice([
            "tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256", f"message msgid={chance.randint(1, 3):08x} size=1 nrcpt=1 proto=ESMTP",
            "disconnected reason=quit",
            'failed-command command="RCPT TO:<x@example.org> " result="550 Invalid recipient: <x@example.org>"',
            'disconnected reason="io-error: handshake failed: x"', "disconnected reason=disconnect",
        ])
        if chance.random() < 0.3:
            begun = begun[-3:] + [f"{number:016x}"]
            text = f"{number:016x} smtp connected address=" + chance.choice(["192.0.2.1", "[2001:db8::7]", "10.0.0.7", "local"]) + " host=x"
        if chance.random() < 0.03:
            text = "info: OpenSMTPD 7.6.0 starting"
        written.append(f"{synthetic.MONTHS[day.month - 1]} {day.day:2} {day:%H:%M:%S} mx1 smtpd[7]: {text}")
    return "".join(line + "\n" for line in written).encode()


def sendmail(chance: random.Random, lines: int) -> bytes:
    """Lines of few processes, in any order, with queue ids of few seconds."""
    written = []
    day = datetime.datetime(2026, 11, 1)
    for unused in range(lines):
        day += datetime.timedelta(seconds=chance.choice([0, 0, 60, 40000]))
        client = chance.choice(["a.example.org [192.0.2.1]", "[IPv6:2001:db8::7]", "[10.0.0.7] (may be forged)", "localhost [127.0.0.1]"])
        queue_id = f"6ASMI{chance.choice('ABC')}{chance.randint(1, 3):02}000007"
        text = chance.choice([
            f"STARTTLS=server, relay={client}, version=TLSv1.3, verify=NO, cipher=TLS_AES_256_GCM_SHA384, bits=256/256",
            f"STARTTLS=server, error: accept failed=-1, reason=x, relay={client}", f"AUTH=server, relay={client}, authid=x, mech=PLAIN, bits=0",
            f"ruleset=check_relay, arg1=a, arg2=b, relay={client}, reject=550 5.7.1 no", "starting daemon (8.15.2): SMTP",
            *[f"{queue_id}: from=<a@example.net>, size=9, class=0, nrcpts=1, msgid=<1@x>, proto={proto}, daemon=MTA, relay={client}"
              for proto in ("ESMTP", "ESMTPS", "ESMTPA")],
            f"{queue_id}: from=root, size=9, class=0, nrcpts=1, msgid=<1@x>, relay=root@localhost",
            f"{queue_id}: {client} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA", f"{queue_id}: <x@example.org>... User unknown",
            f"{queue_id}: ruleset=check_rcpt, arg1=<x>, relay={client}, reject=550 5.7.1 no", f"NOQUEUE: connect from {client}",
            f"{queue_id}: Milter: data, reject=550 5.7.1 no", f"{queue_id}: collect: premature EOM: unexpected close",
            f"{queue_id}: to=<x@example.org>, delay=00:00:01, mailer=esmtp, dsn=4.0.0, stat=Deferred",
        ])
        stamp = f"{synthetic.MONTHS[day.month - 1]} {day.day:2} {day:%H:%M:%S} {chance.choice(['mx1', 'mx1', 'mx2'])}"
        written.append(f"{stamp} {chance.choice(['sm-mta', 'sm-mta', 'sendmail'])}[{chance.randint(1, 3)}]: {text}")
    return "".join(line + "\n" for line in written).encode()


def mixed(chance: random.Random, lines: int) -> bytes:
    """Postfix, OpenSMTPD, Exim, Sendmail and Dovecot in one log, over days and years."""
    postfix = synthetic.write(synthetic.Style(rfc3339=False, counters=True, tls_logged=True, noise=True), chance, 2)
    texts = [line.split(b" ", 3) if line[4:5] != b" " else line.replace(b"  ", b" ", 1).split(b" ", 3)
             for log in (postfix, exim(chance, lines, chance.random() < 0.5), opensmtpd(chance, lines), sendmail(chance, lines)) for line in log.splitlines() if line[:1].isalpha()]
    day = datetime.datetime(2023, 10, 1)
    written = []
    for unused, unused_too, clock, text in chance.sample(texts, len(texts)):
        day += datetime.timedelta(days=chance.choice([0, 0, 0, 1, 2, 30]))
        stamp = f"{synthetic.MONTHS[day.month - 1]} {day.day:2} ".encode() + clock
        written.append(stamp + b" " + text)
        if chance.random() < 0.2:
            written.append(stamp + b" mx1 dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=1, TLS, session=<x>")
    # An id that is used again: sessions are told by ids that are not.
    kept = [line for number, line in enumerate(written) if b" smtp connected " not in line or written.index(line) == number]
    return b"".join(line + b"\n" for line in kept)


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
    log = b"Nov  9 02:24:20 mx2 exim[1]: " + begun + b"2026-11-09 02:24:21 " + begun + b"Nov  9 02:24:22 mx2 exim[1]: " + ended + b"2026-11-09 02:24:23 " + ended
    whole = parts.count([[log]])
    assert whole["inbound"]["total"]["sessions"]["total"] == 2
    assert parts.count([log.splitlines(keepends=True)], random.Random(1)) == whole


def test_several_mail_servers_are_no_clock_jump(tmp_path: Path) -> None:
    lines = [f"{month} {day:2} 10:00:00 mx1 {text}" for month, day in (("Oct", 1), ("Nov", 5), ("Dec", 31), ("Jan", 1), ("Feb", 2), ("Jul", 9)) for text in (
        "postfix/smtpd[7]: connect from a[192.0.2.9]", "postfix/smtpd[7]: disconnect from a[192.0.2.9] ehlo=1 quit=1 commands=2",
        "dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=1, TLS, session=<x>")]
    (tmp_path / "maillog").write_text("\n".join(lines) + "\n")
    facts = audit_logs([str(tmp_path / "maillog")], timezone="UTC")
    assert "clock_jump" not in {notice["kind"] for notice in facts["coverage"]["notices"]}
    assert facts["logins"]["imap"]["tls"] == 6
    assert len(facts["daily"]) == 6
