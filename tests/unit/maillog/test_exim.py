# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What single lines of Exim mean for the figures. The formats are cited in mtas/exim_lines.py."""

from __future__ import annotations

import pathlib
import tempfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

ID = "1xVnyR-00001I-0k"
LONG_ID = "1xVnyR-0000000001I-0kAb"
CLIENT = "(client.example.net) [198.51.100.7]"
TLS = "X=TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256 CV=no"
PLAIN = f"{ID} <= a@example.net H={CLIENT} P=esmtp S=401"
SECURE = f"{ID} <= a@example.net H={CLIENT} P=esmtps {TLS} S=401"
BEGUN = "SMTP connection from [198.51.100.7]:4711 (TCP/IP connection count = 1)"
AT_PORT = f"{CLIENT}:4711"
CLOSED = f"SMTP connection from {AT_PORT} closed by QUIT"
NULL = dict.fromkeys(("total", "tls", "plaintext", "tls_failed", "unknown"))


def audit(folder: pathlib.Path, *texts: str, stamp: str = "2026-11-24 10:00:00 ", name: str = "mainlog", **options: Any) -> dict[str, Any]:
    log = folder / name
    log.write_text("".join(f"{text if text[:4] == '2026' else stamp + text}\n" for text in texts))
    return audit_logs([str(log)], timezone="UTC", **options)


def counts(facts: dict[str, Any], kind: str, scope: str = "external") -> dict[str, int]:
    return {name: count for name, count in facts["inbound"][scope][kind].items() if count and name != "total"}


def kinds(facts: dict[str, Any]) -> list[str]:
    return [notice["kind"] for notice in facts["coverage"]["notices"]]


@pytest.mark.parametrize("stamp", [
    "2026-11-24 10:00:00 ", "2026-11-24 10:00:00.123 ", "2026-11-24 10:00:00 +0900 ", "2026-11-24 10:00:00.123 +0900 [4711] ", "2026-11-24 10:00:00 [1] ",
    "Nov 24 10:00:00 mx1 exim[7]: ", "Nov 24 10:00:00 mx1 exim[7]: 2026-11-24 10:00:00 ", "Nov 24 10:00:00 mx1 exim: 2026-11-24 10:00:00.123 +0900 [7] ",
    "2026-11-24T10:00:00.123456+00:00 mx1 exim4[7]: ", "<22>Nov 24 10:00:00 mx1 exim[7]: 2026-11-24 10:00:00 ",
    "<22>1 2026-11-24T10:00:00+00:00 mx1 exim 7 - -  2026-11-24 10:00:00 ", "Nov 24 10:00:00 mx1 exim[7]: [1/2] 2026-11-24 10:00:00 ",
])
@pytest.mark.parametrize("message_id", [ID, LONG_ID])
def test_forms_of_the_line(tmp_path: pathlib.Path, stamp: str, message_id: str) -> None:
    log = tmp_path / "mainlog"
    log.write_text(f"{stamp}{SECURE.replace(ID, message_id)}\n{stamp}{message_id} => b <b@example.org> R=local T=local\n{stamp}{message_id} Completed\n")
    facts = audit_logs([str(log)], timezone="UTC")
    assert counts(facts, "messages") == {"tls": 1}
    assert facts["inbound"]["total"]["sessions"] == NULL
    assert facts["mtas"] == ["exim"]
    assert facts["period"]["days_with_logs"] == 1
    assert facts["period"]["first"][:10] == facts["daily"][0]["date"]
    assert facts["coverage"]["lines"]["malformed"] == 0


def test_log_timezone_moves_the_day(tmp_path: pathlib.Path) -> None:
    assert audit(tmp_path, PLAIN, stamp="2026-11-24 03:00:00 +0900 ")["daily"][0]["date"] == "2026-11-23"


@pytest.mark.parametrize(("protocol", "expected"), [
    ("smtp", {"plaintext": 1}), ("esmtp", {"plaintext": 1}), ("esmtpa", {"plaintext": 1}), ("utf8esmtp", {"plaintext": 1}),
    ("smtps", {"tls": 1}), ("esmtps", {"tls": 1}), ("esmtpsa", {"tls": 1}), ("ssmtp", {"tls": 1}), ("essmtp", {"tls": 1}), ("essmtpa", {"tls": 1}),
    ("utf8esmtpsa", {"tls": 1}), ("local", {}), ("local-esmtp", {}), ("local-esmtps", {}), ("spam-scanned", {}), ("ESMTPS", {}), ("xesmtps", {}),
])
def test_the_protocol_decides(tmp_path: pathlib.Path, protocol: str, expected: dict[str, int]) -> None:
    assert counts(audit(tmp_path, f"{ID} <= a@example.net H={CLIENT} P={protocol} S=401"), "messages") == expected


@pytest.mark.parametrize("line", [
    f"{ID} <= <> R={ID} U=Debian-exim P=local S=900",
    f"{ID} <= root@example.org U=root P=local S=338 T=\"x H=a [198.51.100.7] P=esmtps\"",
    f"{ID} => b@example.org H=mx.example.net [198.51.100.7] X=TLS1.3:A:256 CV=yes C=\"250 OK\"",
    f"{ID} == b@example.org R=r T=t defer (0): H=mx [198.51.100.7] rejected RCPT <x>: no",
    "H=mx.example.net [198.51.100.7] TLS error on connection (gnutls_handshake): timed out",
    f"{ID} H=mx.example.net [198.51.100.7]: Remote host closed connection in response to initial connection",
    f"H={CLIENT} Warning: rejected RCPT <x>: no",
    f"H={CLIENT} sender verify fail for <\"x rejected RCPT <y>: no\"@example.net>: Unrouteable address",
])
def test_what_is_no_inbound_mail(tmp_path: pathlib.Path, line: str) -> None:
    facts = audit(tmp_path, line)
    for scope in ("total", "local"):
        assert counts(facts, "messages", scope) == counts(facts, "rejected", scope) == {}
    assert facts["inbound"]["total"]["sessions"]["total"] == 0


@pytest.mark.parametrize(("host", "scope"), [
    ("mail.example.net [198.51.100.7]", "external"), ("mail.example.net (helo) [198.51.100.7]:25", "external"), ("[2001:db8::7]", "external"),
    ("([10.1.2.3]) [198.51.100.7]", "external"), ("(helo) [10.1.2.3]", "internal"), ("localhost [127.0.0.1]", "local"), ("(x) [::1]:33", "local"),
    ("(helo) [fe80::1%eth0]", "internal"), ("a (b) [198.51.100.7]:1 I=[10.0.0.1]:25 U=ident Ci=abc", "external"),
])
def test_clients(tmp_path: pathlib.Path, host: str, scope: str) -> None:
    facts = audit(tmp_path, f"{ID} <= a@example.net H={host} P=esmtp S=401")
    assert {name for name in ("external", "internal", "local") if counts(facts, "messages", name)} == {scope}


@pytest.mark.parametrize("line", [
    f"{ID} <= \"x H=a [127.0.0.1] P=esmtps {TLS}\"@example.net H={CLIENT} P=esmtp S=1",
    f"{ID} <= \"a\\\" P=esmtps \"@example.net H={CLIENT} P=esmtp S=1",
    f"{ID} <= a@example.net H={CLIENT} P=esmtp S=1 id=\"x P=esmtps {TLS}\"@example.net",
    f"{ID} <= a@example.net H={CLIENT} P=esmtp S=1 T=\"{ID} <= b@c H=(d) [192.0.2.1] P=esmtps {TLS}\"",
    f"{ID} <= a@example.net H={CLIENT} P=esmtp S=1 from <a@example.net> for b@example.org P=esmtps {TLS}",
])
def test_text_of_strangers_is_no_tls(tmp_path: pathlib.Path, line: str) -> None:
    assert counts(audit(tmp_path, line), "messages") == {"plaintext": 1}


def test_a_line_that_cannot_be_read_is_a_message_of_unknown_class(tmp_path: pathlib.Path) -> None:
    """syslog cuts long lines: the message was accepted, and its `P=` is in another part."""
    facts = audit(tmp_path, f"[1/2] {ID} <= a@example.net H=(" + "x" * 800, stamp="Nov 24 10:00:00 mx1 exim[7]: ")
    assert counts(facts, "messages") == {"unknown": 1}


@pytest.mark.parametrize(("line", "expected"), [
    (f"H={CLIENT} {TLS} F=<a@example.net> rejected RCPT <x@example.org>: Unrouteable address", {"tls": 1, "unknown_user": 1}),
    (f"H={CLIENT} {TLS} F=<a@example.net> A=plain:joe rejected RCPT <x@example.org>: relay not permitted", {"tls": 1}),
    (f"H={CLIENT} F=<a@example.net> temporarily rejected RCPT <x@example.org>: greylisted", {"unknown": 1}),
    (f"H={CLIENT} F=<\"a b\"@example.net> rejected RCPT <\"x y\"@example.org>: No such user here", {"unknown": 1, "unknown_user": 1}),
    (f"{ID} H={CLIENT} {TLS} F=<> rejected after DATA: it is spam", {"tls": 1}),
    (f"H={CLIENT} rejected connection in \"connect\" ACL: listed", {"unknown": 1}),
    (f"rejected MAIL FROM:<a@example.net> H={CLIENT}: message too big: size=2 max=1", {"unknown": 1}),
    (f"rejected EHLO from {CLIENT}: syntactically invalid argument(s): x", {"unknown": 1}),
])
def test_refusals(tmp_path: pathlib.Path, line: str, expected: dict[str, int]) -> None:
    assert counts(audit(tmp_path, line), "rejected") == expected


def test_a_refusal_without_tls_is_plaintext_where_the_log_shows_tls(tmp_path: pathlib.Path) -> None:
    assert counts(audit(tmp_path, f"H={CLIENT} F=<a@b> rejected RCPT <x@y>: no", SECURE), "rejected") == {"plaintext": 1}


def test_syslog_has_each_refusal_twice(tmp_path: pathlib.Path) -> None:
    refusal = f"H={CLIENT} F=<a@b> rejected RCPT <x@y>: no"
    facts = audit(tmp_path, refusal, refusal, refusal.replace("x@y", "z@y"), refusal.replace("x@y", "z@y"), stamp="Nov 24 10:00:00 mx1 exim[7]: ")
    assert facts["inbound"]["total"]["rejected"]["total"] == 2
    assert audit(tmp_path, refusal, refusal)["inbound"]["total"]["rejected"]["total"] == 2


def test_sessions_with_smtp_connection(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, BEGUN, SECURE.replace(CLIENT, AT_PORT), CLOSED, BEGUN, PLAIN.replace(CLIENT, AT_PORT), CLOSED, BEGUN, CLOSED)
    assert counts(facts, "sessions") == {"tls": 1, "plaintext": 1, "unknown": 1}
    assert facts["tls"]["protocols"] == {"TLSv1.3": 1}
    assert kinds(facts) == []


@pytest.mark.parametrize(("lines", "expected"), [
    ([BEGUN, CLOSED, f"no MAIL in SMTP connection from {AT_PORT} D=0s {TLS} C=EHLO,STARTTLS,QUIT"], {"tls": 1}),
    ([BEGUN, CLOSED, f"no MAIL in SMTP connection from {AT_PORT} D=0s C=EHLO,QUIT", SECURE, CLOSED.replace(":4711", "")], {"plaintext": 1}),
    ([BEGUN, f"TLS error on connection from {AT_PORT} (gnutls_handshake): timed out", f"SMTP connection from {AT_PORT} closed by EOF"], {"tls_failed": 1}),
    ([BEGUN, f"TLS error on connection from {AT_PORT} I=[192.0.2.1]:25 (SSL_accept): error:0A000", CLOSED], {"tls_failed": 1}),
    ([BEGUN, f"TLS error on connection from {AT_PORT} (cert/key setup: cert=/x key=/y): Error", CLOSED], {"unknown": 1}),
    ([BEGUN, f"TLS error on connection from {AT_PORT} (recv): not terminated", f"SMTP connection from {AT_PORT} lost D=0s"], {"tls": 1}),
    ([BEGUN, f"SMTP command timeout on TLS connection from {AT_PORT} D=5m"], {"tls": 1}),
    ([BEGUN, f"SMTP connection from {AT_PORT} lost while reading message data"], {"unknown": 1}),
    ([BEGUN, f"unexpected disconnection while reading SMTP command from {AT_PORT} D=1s"], {"unknown": 1}),
    ([BEGUN.replace(" (TCP", " Ci=abc (TCP"), f"SMTP connection Ci=abc from {AT_PORT} D=0.1s closed by QUIT"], {"unknown": 1}),
    ([BEGUN], {"unknown": 1}),
])
def test_what_a_session_shows(tmp_path: pathlib.Path, lines: list[str], expected: dict[str, int]) -> None:
    assert counts(audit(tmp_path, *lines), "sessions") == expected


def test_a_log_that_begins_within_a_session(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, PLAIN.replace(CLIENT, AT_PORT), CLOSED, BEGUN, CLOSED)
    assert counts(facts, "sessions") == {"unknown": 1}
    assert kinds(facts) == ["orphan_disconnect"]
    assert counts(facts, "messages") == {"plaintext": 1}


def test_a_connection_that_was_lost_proves_no_logging_of_sessions(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, PLAIN, f"SMTP connection from {CLIENT} lost while reading message data")
    assert facts["inbound"]["external"]["sessions"] == NULL


def test_switched_on_at_noon(tmp_path: pathlib.Path) -> None:
    first, second, third = ("2026-11-23 10:00:00 ", "2026-11-24 10:00:00 ", "2026-11-25 10:00:00 ")
    port = PLAIN.replace(CLIENT, AT_PORT)
    facts = audit(tmp_path, first + PLAIN, second + PLAIN, second + BEGUN, second + port, second + CLOSED, third + BEGUN, third + port, third + CLOSED)
    assert [day["total"]["sessions"]["total"] for day in facts["daily"]] == [None, None, 1]
    assert [day["total"]["messages"]["total"] for day in facts["daily"]] == [1, 2, 1]
    assert facts["inbound"]["external"]["sessions"] == NULL
    log = [str(tmp_path / "mainlog")]
    assert audit_logs(log, timezone="UTC", since="2026-11-25")["inbound"]["external"]["sessions"]["plaintext"] == 1


@pytest.mark.parametrize(("older", "newer"), [
    ("mainlog.1", "mainlog"), ("mainlog.01", "mainlog"), ("mainlog-20261124", "mainlog"), ("mainlog-202610", "mainlog-202611"),
])
def test_a_session_across_a_rotation(tmp_path: pathlib.Path, older: str, newer: str) -> None:
    (tmp_path / older).write_text(f"2026-11-24 10:00:00 {BEGUN}\n")
    (tmp_path / newer).write_text(f"2026-11-24 10:00:01 {SECURE.replace(CLIENT, AT_PORT)}\n2026-11-24 10:00:02 {CLOSED}\n")
    facts = audit_logs([str(tmp_path / "mainlog*")], timezone="UTC")
    assert counts(facts, "sessions") == {"tls": 1}
    assert kinds(facts) == []


def test_a_port_that_is_used_again(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, BEGUN, SECURE.replace(CLIENT, AT_PORT), BEGUN, CLOSED)
    assert counts(facts, "sessions") == {"tls": 1, "unknown": 1}
    assert kinds(facts) == ["missing_disconnect"]


def test_many_at_once_from_one_address_without_ports(tmp_path: pathlib.Path) -> None:
    begun, closed = BEGUN.replace(":4711", ""), CLOSED.replace(":4711", "")
    facts = audit(tmp_path, begun, begun, begun, SECURE, closed, closed, closed, begun, SECURE, closed)
    assert counts(facts, "sessions") == {"tls": 1, "unknown": 3}
    assert kinds(facts) == []


def test_two_mtas_on_a_host(tmp_path: pathlib.Path) -> None:
    postfix = ("Nov 24 10:00:00 mx1 postfix/smtpd[7]: connect from a[192.0.2.9]\n"
               "Nov 24 10:00:00 mx1 postfix/smtpd[7]: AAAAA1: client=a[192.0.2.9]\n"
               "Nov 24 10:00:01 mx1 postfix/smtpd[7]: disconnect from a[192.0.2.9] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5\n")
    (tmp_path / "maillog").write_text(postfix)
    (tmp_path / "mainlog").write_text(f"2026-11-24 10:00:00 {SECURE}\n")
    facts = audit_logs([str(tmp_path / "maillog"), str(tmp_path / "mainlog")], timezone="UTC")
    assert facts["mtas"] == ["exim", "postfix"]
    assert facts["inbound"]["total"]["sessions"] == NULL
    assert facts["inbound"]["total"]["messages"] == {"total": 2, "tls": 1, "plaintext": 1, "unknown": 0}
    assert facts["services"]["smtpd"]["sessions"]["total"] == 1
    assert "multiple_hosts" not in kinds(facts)


def test_one_host_of_a_central_log(tmp_path: pathlib.Path) -> None:
    lines = [f"2026-11-24T10:00:00+00:00 {host} exim[7]: {SECURE}" for host in ("mx1", "mx2", "mx1")]
    assert counts(audit(tmp_path, *lines, host_field="mx1"), "messages") == {"tls": 2}
    assert counts(audit(tmp_path, SECURE, host_field="mx1"), "messages") == {}


PIECES = st.one_of(st.binary(max_size=20), st.sampled_from([part.encode() for part in (
    ID, LONG_ID, " <= ", "H=", CLIENT, AT_PORT, "[198.51.100.7]", " P=esmtps", " P=esmtp ", TLS, " F=<", '"', "\\", ">", "<", " rejected RCPT <x@y>: ",
    "rejected ", "SMTP connection from ", " (TCP/IP connection count = 1)", " closed by QUIT", " lost", "no MAIL in ", "TLS error on connection from ",
    " (gnutls_handshake)", " (recv)", "(", ")", "[", "]", "imap-login: Login: ", "user=<a>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.1, mpid=1, TLS",
    BEGUN, CLOSED, SECURE, PLAIN, 'DN="', "unexpected disconnection while reading SMTP command from ",
)]))
STAMPS = st.sampled_from([stamp.encode() for stamp in (
    "2026-11-24 10:00:00 ", "2026-11-24 10:00:00.123 +0900 [7] ", "2026-13-44 99:99:99 ", "Nov 24 10:00:00 mx1 exim[7]: ",
    "2026-11-24T10:00:00+00:00 mx1 exim[7]: [1/2] ", "Nov 24 10:00:00 mx1 dovecot: ", "Feb 30 10:00:00 imap-login: Info: ",
    "<22>1 2026-11-24T10:00:00+00:00 mx1 exim 7 - -  ", "",
)])


@given(lines=st.lists(st.tuples(STAMPS, st.lists(PIECES, max_size=8)), max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_bytes(lines: list[tuple[bytes, list[bytes]]]) -> None:
    """Never an exception, and what always holds: parts add up to their total, or nothing is known of any."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "mainlog"
        log.write_bytes(b"".join(stamp + b"".join(pieces) + b"\n" for stamp, pieces in lines))
        facts = audit_logs([str(log)], timezone="UTC", include_clients=True)
    for scope in facts["inbound"].values():
        for counted in scope.values():
            values = [value for name, value in counted.items() if name not in ("total", "unknown_user")]
            assert counted["total"] is None and set(values) == {None} or counted["total"] == sum(values) and min(values) >= 0
    for kind, counted in facts["inbound"]["total"].items():
        for name, value in counted.items():
            parts = [facts["inbound"][scope][kind][name] for scope in ("external", "internal")]
            assert value is None and parts == [None, None] or value == sum(parts)
