# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What single lines of OpenSMTPD mean for the figures. The formats are cited in mtas/opensmtpd.py."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

CONNECTED = "connected address=198.51.100.7 host=mail.example.net"
TLS = "tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256"
MESSAGE = "message msgid=aaaa{:04} size=312 nrcpt=3 proto=ESMTP"
QUIT = "disconnected reason=quit"


def audit(folder: pathlib.Path, lines: list[str], tag: str = "smtpd[27]", **options: Any) -> dict[str, Any]:
    """Audit these lines; one without an id of its own is of session 1."""
    with (folder / "maillog").open("a") as log:
        for line in lines:
            text = line if line[:1] in "0i" else f"0000000000000001 smtp {line}"
            log.write(f"2026-11-24T10:00:00+00:00 mx1 {tag}: {text}\n")
    return audit_logs([str(folder / "maillog")], timezone="UTC", **options)


def counts(facts: dict[str, Any], what: str, scope: str = "external") -> dict[str, int]:
    return {name: count for name, count in facts["inbound"][scope][what].items() if count and name != "total"}


def test_tls(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [CONNECTED, TLS, MESSAGE.format(1), "envelope evpid=aaaa000100000000 from=<a@b> to=<c@d>", MESSAGE.format(2), QUIT])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1}, {"tls": 2})
    assert facts["tls"] == {"protocols": {"TLSv1.3": 1}, "ciphers": {"TLS_AES_256_GCM_SHA384": 1}}
    assert (facts["mtas"], set(facts["services"]), facts["coverage"]["notices"]) == (["opensmtpd"], {"opensmtpd"}, [])


def test_plaintext_without_any_tls_in_the_log(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [CONNECTED, MESSAGE.format(1), QUIT])
    assert (counts(facts, "sessions"), facts["coverage"]["tls_visibility"]) == ({"plaintext": 1}, "complete")


@pytest.mark.parametrize("reason", [
    '"io-error: handshake failed: error:0A00010B:SSL routines::wrong version number"', '"io-error: handshake failed: Connection reset by peer"',
    '"io-error: error:1408F10B:SSL routines:ssl3_get_record:wrong version number"', "tls-accept-failed",
])
def test_failed_handshakes(tmp_path: pathlib.Path, reason: str) -> None:
    assert counts(audit(tmp_path, [CONNECTED, f"disconnected reason={reason}"]), "sessions") == {"tls_failed": 1}


@pytest.mark.parametrize("reason", ["disconnect", "timeout", '"io-error: Connection reset by peer"'])
def test_a_client_that_left_without_a_word_is_unknown(tmp_path: pathlib.Path, reason: str) -> None:
    assert counts(audit(tmp_path, [CONNECTED, f"disconnected reason={reason}"]), "sessions") == {"unknown": 1}
    assert counts(audit(tmp_path, [CONNECTED, MESSAGE.format(1), f"disconnected reason={reason}"]), "sessions") == {"unknown": 1, "plaintext": 1}


def test_an_error_after_the_handshake_is_none_of_the_handshake(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [CONNECTED, TLS, 'disconnected reason="io-error: error:0A000126:SSL routines::unexpected eof while reading"'])
    assert counts(facts, "sessions") == {"tls": 1}


def test_mail_before_starttls(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [CONNECTED, MESSAGE.format(1), TLS, MESSAGE.format(2), QUIT])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1}, {"tls": 1, "plaintext": 1})


@pytest.mark.parametrize(("line", "expected"), [
    ('failed-command command="RCPT TO:<x@example.org>" result="550 Invalid recipient: <x@example.org>"', {"plaintext": 1, "unknown_user": 1}),
    ('failed-command command="rcpt to:<x@example.org>" result="550 5.1.1 Invalid recipient: <x@example.org>"', {"plaintext": 1, "unknown_user": 1}),
    ('failed-command command="MAIL FROM:<x>" result="553 5.1.0 Sender address syntax error"', {"plaintext": 1}),
    ('failed-command command="DATA" result="554 5.3.4 Message too big for system: Transaction failed, message too big"', {"plaintext": 1}),
    ('failed-command command="VRFY x" result="500 5.5.1 Invalid command: Command unrecognized"', {}),
    ('failed-command command="AUTH PLAIN (...)" result="535 Authentication failed"', {}),
    ('bad-input result="500 5.5.2 Line too long"', {}),
])
def test_refused_commands(tmp_path: pathlib.Path, line: str, expected: dict[str, int]) -> None:
    assert counts(audit(tmp_path, [CONNECTED, line, QUIT]), "rejected") == expected


@pytest.mark.parametrize(("address", "scope"), [
    ("local", "local"), ("127.0.0.1", "local"), ("[::1]", "local"), ("IPv6:::1", "local"), ("10.1.2.3", "internal"), ("[fe80::1%eth0]", "internal"),
    ("[2001:db8::1]", "external"), ("IPv6:2001:db8::1", "external"),
])
def test_scopes(tmp_path: pathlib.Path, address: str, scope: str) -> None:
    assert counts(audit(tmp_path, [f"connected address={address} host=x", QUIT]), "sessions", scope) == {"plaintext": 1}


def test_sessions_of_one_process_interleave(tmp_path: pathlib.Path) -> None:
    second = "0000000000000002 smtp "
    facts = audit(tmp_path, [CONNECTED, second + CONNECTED, TLS, second + MESSAGE.format(1), MESSAGE.format(2), second + QUIT, QUIT])
    assert (counts(facts, "sessions"), counts(facts, "messages")) == ({"tls": 1, "plaintext": 1}, {"tls": 1, "plaintext": 1})


def test_the_edges_of_a_log(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, [TLS, MESSAGE.format(1), QUIT, CONNECTED, "info: OpenSMTPD 7.6.0-portable starting", "0000000000000002 smtp " + CONNECTED])
    assert counts(facts, "sessions") == {"unknown": 2}
    assert {notice["kind"] for notice in facts["coverage"]["notices"]} == {"orphan_disconnect", "killed_session", "open_session"}


@pytest.mark.parametrize("text", [f"0000000000000002 smtp {CONNECTED}", TLS, f"0000000000000001 smtp {TLS}", QUIT, '" result="550 Invalid recipient'])
def test_what_strangers_write_counts_as_text(tmp_path: pathlib.Path, text: str) -> None:
    lines = [CONNECTED, f'failed-command command="EHLO {text}" result="501 5.5.4 Invalid domain name"',
             f'failed-command command="{text}" result="500 5.5.1 Command unrecognized"', f"envelope evpid=1 from=<{text}@x> to=<{text}@y>",
             f"0000000000000009 mta {TLS}", f"0000000000000009 mta delivery result=\"{text}\"", f'authentication user={text} result=permfail',
             MESSAGE.format(1), QUIT]
    facts = audit(tmp_path, lines)
    assert (counts(facts, "sessions"), counts(facts, "messages"), counts(facts, "rejected")) == ({"plaintext": 1}, {"plaintext": 1}, {})
    assert facts["tls"] == {"protocols": {}, "ciphers": {}}


@pytest.mark.parametrize("tag", ["postfix/smtpd[27]", "xsmtpd[27]", "smtpd", "other[27]"])
def test_other_programs(tmp_path: pathlib.Path, tag: str) -> None:
    assert audit(tmp_path, [CONNECTED, QUIT], tag)["mtas"] == []
