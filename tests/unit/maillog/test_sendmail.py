# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What single lines of Sendmail mean for the figures. The formats are cited in mtas/sendmail.py."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas import sendmail_session

CLIENT = "mail.example.net [198.51.100.7]"
TLS = f"STARTTLS=server, relay={CLIENT}, version=TLSv1.3, verify=NO, cipher=TLS_AES_256_GCM_SHA384, bits=256/256"
FAILED = f"STARTTLS=server, error: accept failed=-1, reason=unsupported protocol, SSL_error=1, errno=0, retry=-1, relay={CLIENT}"
# LogLevel 9, seen in another session of the day.
SHOWN = [(99, TLS), (99, f"6ASMIB000000099: {CLIENT} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA")]
Line = tuple[int, str]


def sender(number: int = 1, nrcpts: int = 1, msgid: str | None = "<1@example.net>", proto: str = "ESMTP", relay: str = CLIENT,
           address: str = "<a@example.net>", second: str = "A") -> str:
    """The line of a transaction; `second` stands for the time of its process's first queue id."""
    ending = "" if msgid is None else f", msgid={msgid}"
    return f"6ASMI{second}{number:02}000007: from={address}, size=9, class=0, nrcpts={nrcpts}{ending}, proto={proto}, daemon=MTA, relay={relay}"


def audit(folder: pathlib.Path, lines: list[Line], day: str = "2026-11-24", tag: str = "sm-mta", **options: Any) -> dict[str, Any]:
    log = folder / "maillog"
    with log.open("a") as handle:
        for number, (pid, message) in enumerate(lines):
            handle.write(f"{day}T10:{number // 60 % 60:02}:{number % 60:02}+00:00 mx1 {tag}[{pid}]: {message}\n")
    return audit_logs([str(log)], timezone="UTC", **options)


def counts(facts: dict[str, Any], what: str, scope: str = "external") -> dict[str, int]:
    return {name: count for name, count in facts["inbound"][scope][what].items() if count and name != "total"}


def test_tls_by_line(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [(7, TLS), (7, sender(proto="ESMTPS"))])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1}, {"tls": 1})
    assert facts["tls"] == {"protocols": {"TLSv1.3": 1}, "ciphers": {"TLS_AES_256_GCM_SHA384": 1}}
    assert facts["services"].keys() == {"sm-mta"}
    assert facts["coverage"]["notices"] == []


@pytest.mark.parametrize("proto", ["ESMTPS", "ESMTPSA", "SMTPS", "UTF8SMTPS", "UTF8SMTPSA"])
def test_tls_by_protocol_below_level_9(tmp_path: pathlib.Path, proto: str) -> None:
    facts = audit(tmp_path, [(7, "6ASMIA01000007: <nosuch@example.org>... User unknown"), (7, sender(proto=proto)), (8, sender(proto="ESMTP", second="B"))])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1, "plaintext": 1}, {"tls": 1, "plaintext": 1})
    assert counts(facts, "rejected") == {"tls": 1, "unknown_user": 1}
    assert facts["tls"] == {"protocols": {}, "ciphers": {}}


def test_below_level_9_a_session_without_mail_is_unknown(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [(7, sender(proto="ESMTPS")), (8, f"6ASMIB000000008: {CLIENT} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA")])
    assert counts(facts, "sessions") == {"tls": 1, "unknown": 1}
    assert facts["coverage"]["tls_visibility"] == "partial"


@pytest.mark.parametrize("evidence", [
    "STARTTLS=client, relay=mx.example.com., version=TLSv1.2, verify=FAIL, cipher=X, bits=256/256",
    "6ASMI000000001: to=<x@example.com>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=1, relay=mx.example.com., dsn=4.2.0, stat=Deferred: later",
    "NOQUEUE: connect from other.example.net [192.0.2.3]",
    "starting daemon (8.15.2): SMTP+queueing@01:00:00",
])
def test_what_shows_that_tls_would_be_logged(tmp_path: pathlib.Path, evidence: str) -> None:
    others = 1 if "connect from" in evidence else 0
    assert counts(audit(tmp_path, [(1, evidence), (7, sender())]), "sessions") == {"plaintext": 1 + others}


@pytest.mark.parametrize("evidence", [
    "STARTTLS=client, relay=[127.0.0.1], version=TLSv1.3, verify=FAIL, cipher=X, bits=256/256",
    "STARTTLS=client, relay=localhost, version=TLSv1.3, verify=FAIL, cipher=X, bits=256/256",
    "6ASMI000000001: to=x, delay=00:00:01, mailer=relay, pri=1, relay=[127.0.0.1], dsn=4.0.0, stat=Deferred: Connection refused by [127.0.0.1]",
    "starting daemon (8.14.4): SMTP+queueing@01:00:00",
    f"STARTTLS=server, error: accept failed=-1, SSL_error=1, timedout=0, errno=0, relay={CLIENT}",
])
def test_what_does_not(tmp_path: pathlib.Path, evidence: str) -> None:
    facts = audit(tmp_path, [(1, evidence), (7, sender())])
    assert counts(facts, "sessions")["unknown"] == 1
    assert counts(facts, "messages") == {"unknown": 1}


def test_a_connect_line_begins_a_session(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [(7, f"NOQUEUE: connect from {CLIENT}"), (7, sender()), (7, f"NOQUEUE: connect from {CLIENT}"), (7, TLS)])
    assert counts(facts, "sessions") == {"plaintext": 1, "tls": 1}


def test_a_program_on_the_machine_has_no_session(tmp_path: pathlib.Path) -> None:
    lines = [(7, "6ASMIA01000007: nosuch... User unknown"), (7, "6ASMIA01000007: from=root, size=9, class=0, nrcpts=1, msgid=<1@x>, relay=root@localhost"),
             (8, sender(relay="localhost [127.0.0.1]", second="B"))]
    facts = audit(tmp_path, SHOWN + lines)
    assert counts(facts, "sessions", "total") == {"tls": 1}
    assert (counts(facts, "sessions", "local"), counts(facts, "messages", "local")) == ({"plaintext": 1}, {"plaintext": 1})
    assert counts(facts, "rejected", "local") == {}


@pytest.mark.parametrize(("relay", "scope"), [
    ("[10.1.2.3]", "internal"), ("pc.example.org [10.1.2.3] (may be forged)", "internal"), ("joe@pc.example.org [10.1.2.3]", "internal"),
    ("[IPv6:2001:db8:0:0:0:0:0:7]", "external"), ("[IPv6:fe80:0:0:0:0:0:0:7]", "internal"), ("[IPv6:0:0:0:0:0:0:0:1]", "local"),
    ("[IPv6:::1]", "local"), ("x [IPv6:::ffff:127.0.0.1]", "local"),
])
def test_scopes(tmp_path: pathlib.Path, relay: str, scope: str) -> None:
    assert counts(audit(tmp_path, [*SHOWN, (7, sender(relay=relay))]), "messages", scope) == {"plaintext": 1}


@pytest.mark.parametrize("line", [sender(nrcpts=0, msgid=None), sender(msgid=None)])
def test_no_data_no_message(tmp_path: pathlib.Path, line: str) -> None:
    facts = audit(tmp_path, [*SHOWN, (7, "6ASMIA01000007: lost input channel from x [198.51.100.7] to MTA after rcpt"), (7, line)])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1, "plaintext": 1}, {})


@pytest.mark.parametrize(("refusal", "rejected"), [
    ("Milter: data, reject=554 5.7.1 Command rejected", 1),
    ("message size (2000000) exceeds maximum (1000000)", 1),
    (f"ruleset=check_eom, arg1=9, relay={CLIENT}, reject=554 5.7.1 no", 1),
    (f"ruleset=CheckSubject, arg1=buy now, relay={CLIENT}, reject=553 5.7.1 spam", 1),
    ("collect: premature EOM: unexpected close", 0),
    ("SYSERR(root): collect: relay=x, from=<a@example.net>, info=I/O error", 0),
])
@pytest.mark.parametrize("before", [True, False])
def test_refused_content(tmp_path: pathlib.Path, refusal: str, rejected: int, before: bool) -> None:
    lines = [(7, f"6ASMIA01000007: {refusal}"), (7, sender())]
    facts = audit(tmp_path, [*SHOWN, *(lines if before else lines[::-1]), (7, sender(2))])
    assert counts(facts, "messages") == {"plaintext": 1}
    assert counts(facts, "rejected") == ({"plaintext": rejected} if rejected else {})


@pytest.mark.parametrize(("refusal", "expected"), [
    ("<nosuch@example.org>... User unknown", {"plaintext": 1, "unknown_user": 1}),
    ("nosuch@example.org... User unknown", {"plaintext": 1, "unknown_user": 1}),
    ("<User unknown@example.org>... Unbalanced '<'", {"plaintext": 1}),
    (f"ruleset=check_rcpt, arg1=<x@example.com>, relay={CLIENT}, reject=550 5.7.1 <x@example.com>... Relaying denied", {"plaintext": 1}),
    (f"ruleset=check_rcpt, arg1=<x@example.org>, relay={CLIENT}, reject=550 5.1.1 <x@example.org>... User unknown",
     {"plaintext": 1, "unknown_user": 1}),
    (f"ruleset=check_mail, arg1=<x@y>, relay={CLIENT}, reject=451 4.1.8 Domain of sender address x@y does not resolve", {"plaintext": 1}),
    ("Milter: to=<x@example.org>, reject=550 5.7.1 Command rejected", {"plaintext": 1}),
    ("Milter: from=<x@example.org>, reject=451 4.3.2 Please try again later", {"plaintext": 1}),
    ("Milter: helo=x, reject=Command rejected", {"plaintext": 1}),
    ("Milter: to=<x@example.org>, discard", {}),
    (f"ruleset=tls_server, arg1=SOFTWARE, relay={CLIENT}, reject=403 4.7.0 TLS handshake failed.", {}),
    (f"ruleset=check_rcpt, arg1=<x@example.com>, relay={CLIENT}, discard", {}),
    ("<-- RCPT TO:<\"x>... User unknown\"@example.org>", {}),
    ("--> 550 5.1.1 <x@example.org>... User unknown", {}),
    ("collect: relay=x, from=<a@example.net>, info=Bare linefeed (LF) not allowed, where=body, status=replaced", {}),
])
def test_refused_commands(tmp_path: pathlib.Path, refusal: str, expected: dict[str, int]) -> None:
    facts = audit(tmp_path, [*SHOWN, (7, f"6ASMIA01000007: {refusal}"), (7, sender())])
    assert counts(facts, "rejected") == expected
    assert counts(facts, "messages") == {"plaintext": 1}


@pytest.mark.parametrize("line", [
    "ruleset=check_relay, arg1=x, arg2=198.51.100.7, relay=mail.example.net [198.51.100.7], reject=550 5.7.1 Access denied",
    "NOQUEUE: ruleset=check_relay, arg1=x, arg2=198.51.100.7, relay=mail.example.net [198.51.100.7], reject=550 5.7.1 Access denied",
    "6ASMIA01000007: ruleset=check_relay, arg1=x, arg2=198.51.100.7, relay=mail.example.net [198.51.100.7], reject=550 5.7.1 No",
    "6ASMIA01000007: Milter: connect: host=mail.example.net, addr=198.51.100.7, rejecting commands",
    "6ASMIA01000007: rejecting commands from mail.example.net [198.51.100.7] due to pre-greeting traffic after 1 seconds",
    "6ASMIA01000007: rejecting commands from [198.51.100.7] [198.51.100.7] due to pre-greeting traffic after 1 seconds",
])
def test_refused_at_connect(tmp_path: pathlib.Path, line: str) -> None:
    facts = audit(tmp_path, [*SHOWN, (7, line)])
    assert (counts(facts, "sessions"), counts(facts, "rejected")) == ({"tls": 1, "plaintext": 1}, {"plaintext": 1})


def test_failed_handshake(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [(7, FAILED), (7, f"6ASMIA01000007: {CLIENT} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA"),
                             (8, FAILED.partition(", reason")[0]),
                             (8, "6ASMIB01000008: [10.0.0.1] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA")])
    assert (counts(facts, "sessions"), counts(facts, "sessions", "internal")) == ({"tls_failed": 1}, {"tls_failed": 1})


def test_starttls_in_mid_session(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [(7, sender(1)), (7, TLS), (7, sender(2, proto="ESMTPS"))])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1}, {"tls": 1, "plaintext": 1})


@pytest.mark.parametrize("handshake", [TLS, FAILED])
def test_a_process_id_that_comes_again(tmp_path: pathlib.Path, handshake: str) -> None:
    """The same client, in plaintext and then over TLS: only the queue id tells that it is another process."""
    again = sender(1, second="Z", proto="ESMTPS" if handshake is TLS else "ESMTP")
    facts = audit(tmp_path, [*SHOWN, (7, sender(1)), (7, sender(2)), (7, handshake), (7, again)])
    if handshake is TLS:
        assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 2, "plaintext": 1}, {"tls": 1, "plaintext": 2})
        assert facts["tls"]["protocols"] == {"TLSv1.3": 2}
    else:
        assert counts(facts, "sessions") == {"tls": 1, "plaintext": 1, "tls_failed": 1}


def test_a_refused_client_in_a_process_id_that_comes_again(tmp_path: pathlib.Path) -> None:
    lines = [(7, sender()), (7, f"ruleset=check_relay, arg1=x, arg2=198.51.100.7, relay={CLIENT}, reject=550 5.7.1 Access denied")]
    assert counts(audit(tmp_path, SHOWN + lines), "sessions") == {"tls": 1, "plaintext": 2}


@pytest.mark.parametrize("line", [
    "rejecting commands from x [not.an.address] due to pre-greeting traffic after 1 seconds", "Milter: connect: host=x, addr=x, reject=550",
    "Milter: connect: host=x, addr=....., rejecting commands"])
def test_a_refusal_without_a_client(tmp_path: pathlib.Path, line: str) -> None:
    facts = audit(tmp_path, [*SHOWN, (7, f"6ASMIA01000007: {line}")])
    assert [counts(facts, "sessions", scope) for scope in ("external", "internal", "local")] == [{"tls": 1}, {}, {}]


def test_other_clients_of_one_process_id(tmp_path: pathlib.Path) -> None:
    lines = [(7, TLS), (7, TLS.replace("198.51.100.7", "198.51.100.8")), (7, sender(relay="[198.51.100.9]", proto="ESMTP"))]
    facts = audit(tmp_path, lines)
    assert counts(facts, "sessions") == {"tls": 2, "plaintext": 1}


def test_authentication_is_of_the_same_session(tmp_path: pathlib.Path) -> None:
    lines = [(7, TLS), (7, f"AUTH=server, relay={CLIENT}, authid=joe, mech=PLAIN, bits=0"), (7, sender(proto="ESMTPSA"))]
    facts = audit(tmp_path, lines)
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1}, {"tls": 1})


FORGERIES = [
    "x, size=1, class=0, nrcpts=0, proto=ESMTPS, daemon=MTA, relay=x [10.0.0.1]", "x, size=1, class=0, nrcpts=9, msgid=<f>",
    "x, msgid=<f>, proto=ESMTPS, daemon=X, auth=PLAIN", "x [10.0.0.1] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA", TLS, FAILED, sender(),
    "x, relay=[10.0.0.1], reject=550 5.1.1 x>... User unknown",
]


@pytest.mark.parametrize("text", FORGERIES)
def test_what_strangers_write_counts_as_text(tmp_path: pathlib.Path, text: str) -> None:
    lines = [(7, sender(1, address=f'<"{text}"@example.net>')), (7, sender(2, msgid=f"<{text}")),
             (7, sender(3, nrcpts=0, msgid=None, address=f'<"{text}"@example.net>')),
             (7, f'6ASMIA04000007: <"{text}"@example.org>... User unknown'), (7, f'6ASMIA04000007: Milter: to=<"{text}"@example.org>, discard'),
             (7, f"6ASMIA04000007: Milter change: header Subject: from  to {text}"), (7, f"6ASMIA04000007: to=<{text}@x>, stat=Sent ({text})"),
             (7, f'6ASMIA05000007: {CLIENT}: VRFY "{text}"'), (8, f"STARTTLS=server: {text}"), (8, f"probable: {text}")]
    facts = audit(tmp_path, SHOWN + lines)
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1, "plaintext": 1}, {"plaintext": 2})
    assert counts(facts, "rejected") == {"plaintext": 1, "unknown_user": 1}
    assert counts(facts, "sessions", "internal") == {}


def test_a_sender_cut_in_its_quotes(tmp_path: pathlib.Path) -> None:
    """from=%.200s: the closing quote is cut off."""
    address = '<"' + "x, size=1, class=0, nrcpts=0, " * 10
    assert counts(audit(tmp_path, [*SHOWN, (7, sender(address=address[:200]))]), "messages") == {"plaintext": 1}


@pytest.mark.parametrize("tag", ["postfix/sendmail", "sm-msp-queue", "other", "xsendmail"])
def test_other_programs(tmp_path: pathlib.Path, tag: str) -> None:
    facts = audit(tmp_path, [(7, TLS), (7, sender())], tag=tag)
    assert facts["mtas"] == []


def test_beside_postfix(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "maillog").open("w") as log:
        log.write("2026-11-24T09:00:00+00:00 mx1 postfix/smtpd[7]: connect from a[192.0.2.1]\n"
                  "2026-11-24T09:00:00+00:00 mx1 rsyslogd: imjournal: begin to drop messages due to rate-limiting\n"
                  "2026-11-24T09:00:00+00:00 mx1 postfix/smtpd[7]: disconnect from a[192.0.2.1] quit=1 commands=1\n")
    facts = audit(tmp_path, [(7, TLS), (7, sender())])
    assert facts["mtas"] == ["postfix", "sendmail"]
    assert counts(facts, "sessions") == {"plaintext": 1, "tls": 1}
    assert [(notice["kind"], notice["count"]) for notice in facts["coverage"]["notices"]] == [("rate_limited", 1)]


def test_losses_are_noted(tmp_path: pathlib.Path) -> None:
    lines = [(7, TLS), (7, sender()), (7, "message repeated 2 times: [ x]")]
    assert [notice["kind"] for notice in audit(tmp_path, lines)["coverage"]["notices"]] == ["repeated_message"]


def test_a_message_is_taken_back_from_where_it_was_counted(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [(7, sender()), (7, TLS), (7, "6ASMIA01000007: collect: premature EOM: unexpected close")])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1}, {})


def test_memory_is_bounded(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendmail_session, "WINDOW", 10)
    facts = audit(tmp_path, [(pid, TLS) for pid in range(100, 400)] + [(pid, sender(proto="ESMTPS")) for pid in range(391, 400)])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 300}, {"tls": 9})


def test_one_host_of_a_central_log(tmp_path: pathlib.Path) -> None:
    log = tmp_path / "maillog"
    log.write_text("".join(f"Nov 24 10:00:00 {host} sendmail[7]: {line}\n" for line in (TLS, sender(proto="ESMTPS")) for host in ("mx1", "mx10")))
    assert counts(audit_logs([str(log)]), "messages") == {"tls": 2}
    assert counts(audit_logs([str(log)], host_field="mx1"), "messages") == {"tls": 1}
