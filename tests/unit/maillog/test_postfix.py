# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

"""What single lines of Postfix mean for the figures. The formats are cited in mtas/postfix_lines.py."""

import datetime
import json
import pathlib
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError

CLIENT = "mail.example.net[198.51.100.7]"
ESTABLISHED = f"Anonymous TLS connection established from {CLIENT}: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
# TLS logging seen in another session of the day, for versions without counters.
SHOWN = [("smtpd", 99, "connect from a[192.0.2.9]"),
         ("smtpd", 99, "Untrusted TLS connection established from a[192.0.2.9]: TLSv1 with cipher AES256-SHA (256/256 bits)"),
         ("smtpd", 99, "disconnect from a[192.0.2.9]")]
Line = tuple[str, int, str]


def audit(folder: pathlib.Path, lines: list[Line], day: str = "2026-11-24", **options: Any) -> dict[str, Any]:
    log = folder / "maillog"
    with log.open("a") as handle:
        for number, (daemon, pid, message) in enumerate(lines):
            handle.write(f"{day}T10:{number // 60 % 60:02}:{number % 60:02}+00:00 mx1 postfix/{daemon}[{pid}]: {message}\n")
    return audit_logs([str(log)], timezone="UTC", **options)


def sessions(facts: dict[str, Any], scope: str = "external") -> dict[str, int]:
    return {name: count for name, count in facts["inbound"][scope]["sessions"].items() if count and name != "total"}


def messages(facts: dict[str, Any], scope: str = "external") -> dict[str, int]:
    return {name: count for name, count in facts["inbound"][scope]["messages"].items() if count and name != "total"}


def rejected(facts: dict[str, Any], scope: str = "external") -> dict[str, int]:
    return {name: count for name, count in facts["inbound"][scope]["rejected"].items() if count and name != "total"}


def session(*between: str, end: str = "", pid: int = 7, daemon: str = "smtpd") -> list[Line]:
    lines = ["connect from " + CLIENT, *between, f"disconnect from {CLIENT}{end}"]
    return [(daemon, pid, line) for line in lines]


def test_tls_by_line(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, session(ESTABLISHED))
    assert sessions(facts) == {"tls": 1}
    assert facts["tls"] == {"protocols": {"TLSv1.3": 1}, "ciphers": {"TLS_AES_256_GCM_SHA384": 1}}


@pytest.mark.parametrize("line", [f"setting up TLS connection from {CLIENT}", f"SSL_accept error from {CLIENT}: lost connection"])
def test_counters_tell_that_starttls_succeeded(tmp_path: pathlib.Path, line: str) -> None:
    """A line of the handshake was lost, or another session's got in."""
    assert sessions(audit(tmp_path, session(line, end=" ehlo=2 starttls=1 quit=1 commands=4"))) == {"tls": 1}
    assert sessions(audit(tmp_path, session(line, end=" ehlo=1 starttls=0/1 commands=1/2"), day="2026-11-25"), "external")["tls_failed"] == 1


@pytest.mark.parametrize("line", [
    f"Trusted TLS connection established from {CLIENT}: TLSv1.2 with cipher X (128/128 bits)",
    f"TLS connection established from {CLIENT}: TLSv1 with cipher X (128/128 bits)",
    f"Verified TLS connection established from {CLIENT} to mx.example.org: TLSv1.3 with cipher X (256/256 bits) key-exchange x25519",
    "Anonymous TLS connection established from mail.example.net[198.51.100.7]:40123: TLSv1.3 with cipher X (256/256 bits)",
    "Anonymous TLS connection established from unknown[2001:db8::7]: TLSv1.3 with cipher X (256/256 bits)\r",
])
def test_forms_of_the_handshake_line(tmp_path: pathlib.Path, line: str) -> None:
    assert sessions(audit(tmp_path, session(line))) == {"tls": 1}


@pytest.mark.parametrize("line", [
    f"Anonymous TLS connection established to {CLIENT}: TLSv1.3 with cipher X (256/256 bits)",
    f"Anonymous TLS connection reused from {CLIENT}: TLSv1.3 with cipher X (256/256 bits)",
    f"warning: non-SMTP command from {CLIENT}: Anonymous TLS connection established from {CLIENT}: TLSv1.3 with cipher X (256/256 bits)",
    f"Anonymous TLS connection established from {CLIENT}",
])
def test_what_is_no_handshake_line(tmp_path: pathlib.Path, line: str) -> None:
    assert sessions(audit(tmp_path, session(line, end=" ehlo=1 quit=1 commands=2"))) == {"plaintext": 1}


def test_counters_tell_tls_without_tls_logging(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, session(f"6AB3D0F1C2: client={CLIENT}", end=" ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7")
                  + session(end=" ehlo=1 quit=1 commands=2"))
    assert sessions(facts) == {"tls": 1, "plaintext": 1}
    assert messages(facts) == {"tls": 1}
    assert facts["tls"] == {"protocols": {}, "ciphers": {}}
    assert facts["coverage"]["tls_visibility"] == "complete"


def test_refused_starttls_is_no_handshake(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, session(f"6AB3D0F1C2: client={CLIENT}", end=" ehlo=1 starttls=0/1 mail=1 rcpt=1 data=1 quit=1 commands=5/6"))
    assert (sessions(facts), messages(facts)) == ({"plaintext": 1}, {"plaintext": 1})


def test_failed_handshake(tmp_path: pathlib.Path) -> None:
    failed = session(f"SSL_accept error from {CLIENT}: -1", f"lost connection after STARTTLS from {CLIENT}", end=" ehlo=1 starttls=0/1 commands=1/2")
    old = session(f"setting up TLS connection from {CLIENT}", f"SSL_accept error from {CLIENT}: lost connection")
    assert sessions(audit(tmp_path, failed + old)) == {"tls_failed": 2}


def test_mail_before_a_handshake_was_plaintext(tmp_path: pathlib.Path) -> None:
    lines = session("AAAAA1: client=" + CLIENT, ESTABLISHED, "AAAAA2: client=" + CLIENT, end=" ehlo=2 mail=2 rcpt=2 data=2 starttls=1 quit=1 commands=10")
    lines.insert(2, ("qmgr", 2, "AAAAA1: from=<a@example.net>, size=1, nrcpt=1 (queue active)"))
    lines.append(("qmgr", 2, "AAAAA2: from=<a@example.net>, size=1, nrcpt=1 (queue active)"))
    facts = audit(tmp_path, lines)
    assert (sessions(facts), messages(facts)) == ({"tls": 1}, {"tls": 1, "plaintext": 1})


def test_client_alone_is_no_acceptance(tmp_path: pathlib.Path) -> None:
    lines = session("AAAAA1: client=" + CLIENT, ESTABLISHED)
    assert messages(audit(tmp_path, lines)) == {}


def test_the_queue_manager_confirms_once_and_late(tmp_path: pathlib.Path) -> None:
    active = ("qmgr", 2, "AAAAA1: from=<a@example.net>, size=1, nrcpt=3 (queue active)")
    facts = audit(tmp_path, SHOWN + session("AAAAA1: client=" + CLIENT) + [active, active])
    assert messages(facts) == {"plaintext": 1}


def test_short_queue_ids_are_used_again(tmp_path: pathlib.Path) -> None:
    active = ("qmgr", 2, "AAAAA1: from=<a@example.net>, size=1, nrcpt=1 (queue active)")
    one = session("AAAAA1: client=" + CLIENT)
    facts = audit(tmp_path, SHOWN + one + [active] + session(ESTABLISHED, "AAAAA1: client=" + CLIENT) + [active] + one)
    assert messages(facts) == {"plaintext": 1, "tls": 1}


def test_bdat_counts_chunks_not_messages(tmp_path: pathlib.Path) -> None:
    lines = session("AAAAA1: client=" + CLIENT, end=" ehlo=1 mail=1 rcpt=1 bdat=3 quit=1 commands=7")
    lines.append(("qmgr", 2, "AAAAA1: from=<a@example.net>, size=1, nrcpt=1 (queue active)"))
    assert messages(audit(tmp_path, lines)) == {"plaintext": 1}


def test_before_queue_filter_without_counters(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, SHOWN + session("NOQUEUE: client=" + CLIENT, "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 1C45; from=<a@example.net>"))
    assert messages(facts) == {"plaintext": 1}


def test_rejects_and_unknown_users(tmp_path: pathlib.Path) -> None:
    refused = "reject: RCPT from " + CLIENT
    lines = session(
        f"NOQUEUE: {refused}: 550 5.1.1 <x@example.org>: Recipient address rejected: User unknown in local recipient table; from=<a@example.net>",
        f"NOQUEUE: {refused}: 450 4.1.1 <x@example.org>: Recipient address rejected: User unknown in virtual mailbox table; from=<a@example.net>",
        f"AAAAA1: {refused}: 450 4.1.1 <x@example.org>: Recipient address rejected: unverified address: Address lookup failure; from=<a@example.net>",
        f"NOQUEUE: {refused}: 454 4.7.1 <x@example.org>: Relay access denied; from=<a@example.net>",
        f"NOQUEUE: reject_warning: RCPT from {CLIENT}: 554 5.7.1 <x@example.org>: Client host rejected: Access denied; from=<a@example.net>",
        f"NOQUEUE: milter-reject: MAIL from {CLIENT}: 550 5.7.1 no; from=<a@example.net>",
        end=" ehlo=1 mail=1 rcpt=0/4 quit=1 commands=3/7")
    assert rejected(audit(tmp_path, lines)) == {"plaintext": 5, "unknown_user": 2}


def test_content_rejects_belong_to_the_session_of_their_queue_id(tmp_path: pathlib.Path) -> None:
    lines = session(ESTABLISHED, "AAAAA1: client=" + CLIENT, end=" ehlo=2 starttls=1 mail=1 rcpt=1 data=0/1 quit=1 commands=6/7")
    lines.insert(3, ("cleanup", 5, f"AAAAA1: milter-reject: END-OF-MESSAGE from {CLIENT}: 5.7.1 Virus found; from=<a@example.net>"))
    facts = audit(tmp_path, lines)
    assert (messages(facts), rejected(facts)) == ({}, {"tls": 1})


def test_the_connect_address_decides_the_scope(tmp_path: pathlib.Path) -> None:
    lines = [("smtpd", 7, "connect from localhost[127.0.0.1]"), ("smtpd", 7, f"AAAAA1: client={CLIENT}"),
             ("smtpd", 7, f"disconnect from {CLIENT} ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6")]
    facts = audit(tmp_path, lines)
    assert messages(facts) == {}
    assert messages(facts, "total") == {}
    assert messages(facts, "local") == {"plaintext": 1}
    assert facts["services"] == {}


def test_old_postfix_without_tls_logging_is_unknown(tmp_path: pathlib.Path) -> None:
    facts = audit(tmp_path, session() + session(f"SSL_accept error from {CLIENT}: -1"))
    assert sessions(facts) == {"unknown": 1, "tls_failed": 1}
    assert facts["coverage"]["tls_visibility"] == "none"
    assert facts["coverage"]["tls_visible_days"] == 0


def test_visible_from_the_day_that_tls_was_first_logged(tmp_path: pathlib.Path) -> None:
    audit(tmp_path, session(), "2026-11-01")
    audit(tmp_path, session() + SHOWN + session(), "2026-11-02")
    audit(tmp_path, session(), "2026-11-09")
    facts = audit(tmp_path, session(), "2026-11-10")
    by_day = {day["date"]: day["external"]["sessions"] for day in facts["daily"]}
    assert [by_day[f"2026-11-{day:02}"]["unknown"] for day in (1, 2, 9, 10)] == [1, 0, 0, 1]
    assert [by_day[f"2026-11-{day:02}"]["plaintext"] for day in (1, 2, 9, 10)] == [0, 2, 1, 0]
    assert facts["coverage"]["tls_visible_days"] == 2
    assert facts["coverage"]["tls_visibility"] == "partial"


def test_wrapper_mode_is_unknown_until_its_tls_was_logged(tmp_path: pathlib.Path) -> None:
    silent = session(end=" ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6", daemon="smtps/smtpd")
    assert sessions(audit(tmp_path, silent)) == {"unknown": 1}
    facts = audit(tmp_path, session(ESTABLISHED, daemon="smtps/smtpd") + silent)
    assert sessions(facts) == {"tls": 1, "plaintext": 2}


def test_sessions_that_never_ended(tmp_path: pathlib.Path) -> None:
    killed = session()[:-1] + [("master", 1, "warning: process /usr/lib/postfix/sbin/smtpd pid 7 killed by signal 9")]
    stopped = session(pid=8)[:-1] + [("master", 1, "terminating on signal 15")]
    replaced = session(pid=9)[:-1] + session(pid=9)
    still_open = session(pid=10)[:-1]
    facts = audit(tmp_path, SHOWN + killed + stopped + replaced + still_open)
    assert sessions(facts) == {"tls": 1, "plaintext": 4, "unknown": 1}
    assert {notice["kind"]: notice["count"] for notice in facts["coverage"]["notices"]} == {
        "killed_session": 2, "missing_disconnect": 1, "open_session": 1}


def test_postscreen_and_tlsproxy_are_no_sessions(tmp_path: pathlib.Path) -> None:
    lines = [("postscreen", 1, "CONNECT from [198.51.100.7]:46050 to [192.0.2.1]:25"), ("tlsproxy", 2, "CONNECT from [198.51.100.7]:46050"),
             ("tlsproxy", 2, "Anonymous TLS connection established from [198.51.100.7]:46050: TLSv1.3 with cipher X (256/256 bits)"),
             ("postscreen", 1, "NOQUEUE: reject: RCPT from [198.51.100.7]:46050: 450 4.3.2 Service currently unavailable; from=<a@example.net>"),
             ("postscreen", 1, "DISCONNECT [198.51.100.7]:46050")]
    facts = audit(tmp_path, lines)
    assert facts["inbound"]["total"]["sessions"]["total"] == 0
    assert [notice["kind"] for notice in facts["coverage"]["notices"]] == ["postscreen_tls"]


def test_tls_at_postscreen_shows_that_tls_is_logged(tmp_path: pathlib.Path) -> None:
    lines = [("tlsproxy", 2, "Anonymous TLS connection established from [198.51.100.7]:46050: TLSv1.3 with cipher X (256/256 bits)"), *session()]
    assert sessions(audit(tmp_path, lines)) == {"plaintext": 1}


def test_instances_and_services(tmp_path: pathlib.Path) -> None:
    log = tmp_path / "maillog"
    for tag in ("postfix/smtpd", "postfix/submission/smtpd", "postfix-in/smtpd"):
        with log.open("a") as handle:
            handle.write(f"Nov 24 10:00:00 mx1 {tag}[7]: connect from {CLIENT}\nNov 24 10:00:00 mx1 {tag}[7]: disconnect from {CLIENT} quit=1 commands=1\n")
    assert sorted(audit_logs([str(log)])["services"]) == ["postfix-in/smtpd", "smtpd", "submission/smtpd"]


def test_forged_names_are_folded(tmp_path: pathlib.Path) -> None:
    tag = "<b>{{x}}</b>"
    lines = [f"connect from {CLIENT}", f"Anonymous TLS connection established from {CLIENT}: {tag} with cipher {tag} (1/1 bits)", f"disconnect from {CLIENT}"]
    (tmp_path / "maillog").write_text("".join(f"Nov 24 10:00:00 mx1 {tag}/smtpd[7]: {line}\n" for line in lines))
    facts = audit_logs([str(tmp_path / "maillog")])
    assert list(facts["services"]) == ["other"]
    assert facts["tls"] == {"protocols": {"other": 1}, "ciphers": {"other": 1}}


def test_period_filter_and_series(tmp_path: pathlib.Path) -> None:
    for day in range(1, 11):
        facts = audit(tmp_path, session(end=" quit=1 commands=1"), f"2026-11-{day:02}")
    assert facts["period"]["days_with_logs"] == 10
    facts = audit_logs([str(tmp_path / "maillog")], since="2026-11-03", until="2026-11-07", timezone="UTC", max_days=2)
    assert sessions(facts) == {"plaintext": 5}
    assert [day["date"] for day in facts["daily"]] == ["2026-11-06", "2026-11-07"]
    assert facts["period"]["days_with_logs"] == 5
    assert facts["period"]["first"][:10] == "2026-11-03"
    assert facts["period"]["last"][:10] == "2026-11-07"


def test_gap_of_days(tmp_path: pathlib.Path) -> None:
    audit(tmp_path, session(end=" quit=1 commands=1"), "2026-11-01")
    notices = audit(tmp_path, session(end=" quit=1 commands=1"), "2026-11-20")["coverage"]["notices"]
    assert [(notice["kind"], notice["count"]) for notice in notices] == [("gap", 18)]


def test_lost_lines_are_noted(tmp_path: pathlib.Path) -> None:
    (tmp_path / "maillog").write_text(
        "Nov 24 10:00:00 mx1 rsyslogd-2177: imuxsock begins to drop messages from pid 7 due to rate-limiting\n"
        "Nov 24 10:00:01 mx1 rsyslogd-2177: imuxsock lost 30 messages from pid 7 due to rate-limiting\n"
        "Nov 24 10:00:00 mx1 rsyslogd: imjournal from <mx1:postfix/smtpd>: "
        "begin to drop messages due to rate-limiting\n"
        "Nov 24 10:00:00 mx1 rsyslogd: imjournal: 200 messages lost due to rate-limiting (20000 allowed within 600 seconds)\n"
        "Nov 24 10:00:00 mx1 rsyslogd: imuxsock[pid: 51, name: /usr/lib/postfix/sbin/smtpd] from <mx1:postfix/smtpd>: "
        "begin to drop messages due to rate-limiting\n"
        "Nov 24 10:00:00 mx1 systemd-journald[123]: Suppressed 1234 messages from postfix.service\n"
        "Nov 24 10:00:00 mx1 postfix/smtpd[7]: message repeated 2 times: [ connect from a[192.0.2.1]]\n"
        "Nov 24 10:00:00 mx1 last message repeated 3 times\n"
        "Nov 24 10:00:00 mx1 sshd[7]: message repeated 2 times: [ Failed password]\n"
        f"Nov 24 10:00:00 mx1 postfix/smtpd[7]: connect from {CLIENT}\nNov 24 10:00:00 mx1 postfix/smtpd[7]: disconnect from {CLIENT} commands=0/0\n"
        "Nov 24 10:00:00 mx1 other[1]: begin to drop messages due to rate-limiting\n")
    facts = audit_logs([str(tmp_path / "maillog")])
    assert {notice["kind"]: notice["count"] for notice in facts["coverage"]["notices"]} == {
        "rate_limited": 30 + 200 + 1 + 1234, "repeated_message": 5}
    assert "192.0.2.1" not in json.dumps(facts), "what was repeated stays on the host"


def test_clients_above_the_limits_of_postfix_are_noted_without_their_address(tmp_path: pathlib.Path) -> None:
    (tmp_path / "maillog").write_text(
        "Nov 24 10:00:00 mx1 postfix/smtpd[7]: connect from a[192.0.2.1]\n"
        "Nov 24 10:00:00 mx1 postfix/smtpd[7]: warning: Connection rate limit exceeded: 61 from a[192.0.2.1] for service smtp\n"
        "Nov 24 10:00:01 mx1 postfix/smtpd[7]: disconnect from a[192.0.2.1] commands=0/0\n"
        "Nov 24 10:00:02 mx1 postfix/smtpd[7]: warning: Recipient address rate limit exceeded: 900 from a[192.0.2.1] for service smtp\n")
    facts = audit_logs([str(tmp_path / "maillog")], timezone="UTC")
    assert [(notice["kind"], notice["count"]) for notice in facts["coverage"]["notices"]] == [("clients_limited", 2)]
    assert facts["inbound"]["total"]["sessions"]["plaintext"] == 1
    assert "192.0.2.1" not in str(facts)


def test_clients_only_where_asked_for(tmp_path: pathlib.Path) -> None:
    assert audit(tmp_path, session(end=" quit=1 commands=1"))["clients"] == []
    assert audit(tmp_path, [], include_clients=True)["clients"] == [{"address": "198.51.100.7", "sessions": 1}]


def test_one_host_of_a_central_log(tmp_path: pathlib.Path) -> None:
    log = tmp_path / "maillog"
    pairs = [(verb, host) for verb in ("connect", "disconnect") for host in ("mx1", "mx10")]
    log.write_text("".join(f"Nov 24 10:00:00 {host} postfix/smtpd[7]: {verb} from {CLIENT}\n" for verb, host in pairs))
    facts = audit_logs([str(log)])
    assert facts["inbound"]["total"]["sessions"]["total"] == 2
    assert facts["coverage"]["notices"][0]["kind"] == "multiple_hosts"
    assert audit_logs([str(log)], host_field="mx1")["inbound"]["total"]["sessions"]["total"] == 1


@pytest.mark.parametrize(("options", "words"), [
    ({"since": "2026-13-01"}, ["since", "2026-13-01"]),
    ({"until": "yesterday"}, ["until", "yesterday"]),
    ({"since": "2026-02-02", "until": "2026-02-01"}, ["since", "2026-02-02", "until", "2026-02-01"]),
    ({"internal_networks": ["10.0.0.0/99"]}, ["internal_networks", "10.0.0.0/99"]),
    ({"max_days": 0}, ["max_days", "0"]),
    ({"timezone": "Mars/Olympus"}, ["timezone", "Mars/Olympus"]),
    ({"paths": ["/nowhere/maillog"]}, ["paths", "/nowhere/maillog"]),
])
def test_errors_name_option_and_value(tmp_path: pathlib.Path, options: dict[str, Any], words: list[str]) -> None:
    (tmp_path / "maillog").write_text("")
    with pytest.raises(AuditError) as error:
        audit_logs(**{"paths": [str(tmp_path / "maillog")], **options})
    assert all(word in str(error.value) for word in words)


def test_facts_stay_small_whatever_the_log(tmp_path: pathlib.Path) -> None:
    start = datetime.date(2025, 1, 1)
    with (tmp_path / "maillog").open("w") as log:
        for number in range(3000):
            day = start + datetime.timedelta(days=number % 600)
            log.write(f"{day}T10:00:00Z mx1 s{number}/smtpd[{number}]: connect from {CLIENT}\n")
            tls = f"Trusted TLS connection established from {CLIENT}: P{number} with cipher C{number} (1/1 bits)"
            log.write(f"{day}T10:00:01Z mx1 s{number}/smtpd[{number}]: {tls}\n")
            log.write(f"{day}T10:00:02Z mx1 s{number}/smtpd[{number}]: disconnect from {CLIENT} mail={number} data={number} commands=1\n")
    lines = (tmp_path / "maillog").read_text().splitlines(keepends=True)
    (tmp_path / "maillog").write_text("".join(sorted(lines)))
    facts = audit_logs([str(tmp_path / "maillog")], timezone="UTC", include_clients=True)
    assert len(json.dumps(facts)) < 65536
    assert 100 < len(facts["daily"]) < 400
    assert len(facts["tls"]["ciphers"]) <= 32
    assert sum(facts["tls"]["ciphers"].values()) == 3000
    assert sum(service["sessions"]["total"] for service in facts["services"].values()) == 3000
