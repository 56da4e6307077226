# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on the parser by what a log says, each with the counts it must give: (sessions, tls, plaintext, unknown) and notices.

More of them, of one file each, are in tests/fixtures/hostile. The lines around each attack are one session with TLS and one without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

CLIENT = b"x[192.0.2.1]"
DAY = b"Nov 24"
ESTABLISHED = b"Anonymous TLS connection established from " + CLIENT + b": TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
EVIL = b"Nov 24 10:00:00 mx1 postfix/smtpd[66]: connect from evil[203.0.113.9]"


@dataclass(frozen=True)
class Attack:
    """One log and what it must give."""

    lines: Callable[[], Iterable[bytes]]
    counts: tuple[int, int, int, int] = (2, 1, 1, 0)
    notices: frozenset[str] = field(default_factory=frozenset)


ATTACKS: dict[str, Attack] = {}


def line(message: bytes, program: bytes = b"postfix/smtpd[7]", clock: bytes = b"10:00:00", day: bytes = DAY) -> bytes:
    return b"%s %s mx1 %s: %s\n" % (day, clock, program, message)


def plain(process: int = 7, day: bytes = DAY, client: bytes = CLIENT, words: bytes = b" ehlo=1 quit=1 commands=2", host: bytes = b"mx1") -> bytes:
    head = b"%s 10:00:00 %s postfix/smtpd[%d]: " % (day, host, process)
    return head + b"connect from " + client + b"\n" + head + b"disconnect from " + client + words + b"\n"


def tls(process: int = 8) -> bytes:
    program = b"postfix/smtpd[%d]" % process
    return line(b"connect from " + CLIENT, program) + line(ESTABLISHED, program) + line(
        b"disconnect from " + CLIENT + b" ehlo=2 starttls=1 quit=1 commands=4", program)


def attack(name: str, counts: tuple[int, int, int, int] = (2, 1, 1, 0), *notices: str) -> Callable[[Callable[[], Iterable[bytes]]], None]:
    def register(lines: Callable[[], Iterable[bytes]]) -> None:
        ATTACKS[name] = Attack(lines, counts, frozenset(notices))
    return register


def around(*lines: bytes) -> list[bytes]:
    return [tls(), *lines, plain()]


def within(*messages: bytes) -> list[bytes]:
    """Messages of the plaintext session itself."""
    head = plain().splitlines(keepends=True)
    return [tls(), head[0], *(line(message) for message in messages), head[1]]


@attack("recipient_holds_a_line_of_smtpd")
def _recipient() -> Iterable[bytes]:
    reject = (b"NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 5.1.1 <\"postfix/smtpd[66]: disconnect from evil[203.0.113.9]\"@e.test>: "
              b"Recipient address rejected: ")
    return within(reject + b"User unknown; from=<a@e.test> to=<\": " + ESTABLISHED + b"\"@e.test> proto=ESMTP helo=<c>")


@attack("helo_holds_tls_of_an_old_postfix_that_neuters_nothing")
def _helo() -> Iterable[bytes]:
    return within(b"NOQUEUE: reject: RCPT from x[192.0.2.1]: 454 4.7.1 <r@e.test>: Relay access denied; from=<> to=<r@e.test> proto=SMTP helo=<" + EVIL + b">")


@attack("sender_holds_unicode_line_separators")
def _separators() -> Iterable[bytes]:
    return within(*(b"1A2B3C4D5E: reject: RCPT from x[192.0.2.1]: 550 5.7.1 <" + mark.encode() + EVIL for mark in "\u2028\u2029\u0085\x0b\x0c\x1c"))


@attack("subject_of_a_header_check_holds_a_disconnect")
def _subject() -> Iterable[bytes]:
    text = b"1A2B3C4D5E: warning: header Subject: " + EVIL + b" from x[192.0.2.1]; from=<a@e.test> to=<b@e.test> proto=ESMTP helo=<c>"
    return around(line(text, b"postfix/cleanup[9]"), line(b"1A2B3C4D5E: reject: header Subject: 1A2B3C4D5E: client=" + CLIENT, b"postfix/cleanup[9]"))


@attack("queue_id_of_another_session_in_a_sender")
def _queue_id() -> Iterable[bytes]:
    return around(line(b"1A2B3C4D5E: from=<1A2B3C4D5E: from=<a@e.test>, size=1, nrcpt=1 (queue active)>, size=1, nrcpt=1 (queue active)", b"postfix/qmgr[9]"))


@attack("logger_forges_lines_out_of_any_session", (2, 1, 1, 0), "orphan_disconnect", "orphan_tls")
def _logger() -> Iterable[bytes]:
    return around(line(ESTABLISHED, b"postfix/smtpd[99]"), line(b"disconnect from " + CLIENT + b" starttls=1 data=9 commands=10", b"postfix/smtpd[99]"))


@attack("logger_without_a_process_number")
def _no_pid() -> Iterable[bytes]:
    return around(line(b"connect from evil[203.0.113.9]", b"postfix/smtpd"), line(b"connect from evil[203.0.113.9]", b"postfix/smtpd[]"))


@attack("logger_with_a_tag_that_ends_like_smtpd")
def _tags() -> Iterable[bytes]:
    return around(*(line(b"connect from evil[203.0.113.9]", tag) for tag in (
        b"x/smtpd [66]", b"smtpd[66]", b"postfix/smtpdx[66]", b"postfix/xsmtpd[66]", b"postfix/smtpd[66", b"postfix/smtpd[-1]", b"postfix/smtpd[6 6]")))


@attack("message_of_another_program_holds_a_line")
def _other_program() -> Iterable[bytes]:
    return around(line(b"user said " + EVIL, b"sshd[1]"), line(b"postfix/smtpd[66]: connect from evil[203.0.113.9]", b"CRON[2]"))


@attack("pri_and_version_within_a_message")
def _pri() -> Iterable[bytes]:
    return around(line(b"<22>1 2026-11-24T10:00:00Z mx1 postfix/smtpd 66 - - connect from evil[203.0.113.9]", b"app[1]"), b"<22>" + EVIL.replace(b" ", b"\t")
                  + b"\n",
                  b"<99999>" + EVIL + b"\n", b"<22>2 2026-11-24T10:00:00Z mx1 postfix/smtpd 66 - - connect from evil[203.0.113.9]\n")


@attack("structured_data_that_ends_early")
def _structured() -> Iterable[bytes]:
    return around(b"<22>1 2026-11-24T10:00:00Z mx1 app 1 - [a b=\"] connect from evil[203.0.113.9]\"] hello\n",
                  b"<22>1 2026-11-24T10:00:00Z mx1 app 1 - [a] postfix/smtpd[66]: connect from evil[203.0.113.9]\n")


@attack("nul_bytes_before_between_and_in_lines")
def _nul() -> Iterable[bytes]:
    return around(b"\0" * 5000, b"\n", line(b"\0connect from evil[203.0.113.9]"), line(b"connect\0from evil[203.0.113.9]"), EVIL.replace(b" mx1", b"\0mx1")
                  + b"\n")


@attack("invalid_utf_8_everywhere")
def _utf8() -> Iterable[bytes]:
    return within(b"\xff\xfe\xc0\x80" * 100,
                  b"NOQUEUE: reject: RCPT from x[192.0.2.1]: 450 4.1.1 <\xed\xa0\x80@e.test>: Recipient address rejected: User unknown")


@attack("crlf_at_every_line_end")
def _crlf() -> Iterable[bytes]:
    return [part.replace(b"\n", b"\r\n") for part in around()]


@attack("bare_cr_and_a_whole_line_behind_it")
def _cr() -> Iterable[bytes]:
    return within(b"hello\r" + EVIL, b"\r" + EVIL)


@attack("lines_of_a_megabyte", (2, 1, 1, 0), "oversize_line")
def _megabyte() -> Iterable[bytes]:
    return around(line(b"x" * (1 << 20)), EVIL + b"y" * (1 << 20) + b"\n", b"z" * (1 << 20) + b" " + EVIL + b"\n")


@attack("a_line_that_never_ends", (1, 1, 0, 0), "oversize_line")
def _endless() -> Iterable[bytes]:
    return [tls(), *(b"x" * (1 << 20) for _part in range(40))]


@attack("newlines_and_nothing_else")
def _newlines() -> Iterable[bytes]:
    return around(*(b"\n" * (1 << 20) for _part in range(10)))


@attack("counters_of_thousands_of_digits", (3, 1, 1, 1), "open_session")
def _digits() -> Iterable[bytes]:
    nines = b"9" * 6000
    head = plain(9).splitlines(keepends=True)[0]
    return around(head, line(b"disconnect from " + CLIENT + b" data=" + nines + b" commands=" + nines + b"/" + nines, b"postfix/smtpd[9]"))


@attack("more_messages_than_transactions")
def _messages() -> Iterable[bytes]:
    return [tls(), plain(words=b" ehlo=1 mail=999999999 data=999999999 quit=1 commands=2")]


@attack("counters_without_end", (2, 1, 0, 1), "open_session")
def _counters() -> Iterable[bytes]:
    return [tls(), plain(words=b" a=1" * 15000)]


@attack("process_numbers_of_thousands_of_digits")
def _pids() -> Iterable[bytes]:
    return around(line(b"connect from evil[203.0.113.9]", b"postfix/smtpd[" + b"7" * 6000 + b"]"),
                  line(b"warning: process /x/smtpd pid " + b"7" * 6000 + b" killed by signal 9", b"postfix/master[1]"))


@attack("hundred_thousand_services", (100_002, 1, 100_001, 0))
def _services() -> Iterable[bytes]:
    return around(*(plain(7).replace(b"postfix/smtpd", b"postfix/s%d/smtpd" % number) for number in range(100_000)))


@attack("hundred_thousand_processes_that_never_end", (100_002, 1, 1, 100_000), "open_session", "too_many_processes")
def _processes() -> Iterable[bytes]:
    return around(*(line(b"connect from " + CLIENT, b"postfix/smtpd[%d]" % number) for number in range(100, 100_100)))


@attack("hundred_thousand_queue_ids")
def _queue_ids() -> Iterable[bytes]:
    return within(*(b"%09X: client=" % number + CLIENT for number in range(100_000)))


@attack("hundred_thousand_days", (52_642, 1, 19, 52_622), "too_many_days", "missing_disconnect", "open_session")
def _days() -> Iterable[bytes]:
    # All dates of 1970 to 2099 but for the last of each month, and again; no more than 20,000 are told apart, and of the others no line counts.
    # Those that follow the one session with TLS within a week could have shown TLS.
    stamps = (b"%04d-%02d-%02dT10:00:00Z" % (year, month, day) for year in range(1970, 2100) for month in range(1, 13) for day in range(1, 29))
    many = list(stamps)
    return [tls(), plain(), *(many[number % len(many)] + b" mx1 postfix/smtpd[9]: connect from " + CLIENT + b"\n" for number in range(100_000))]


@attack("years_that_climb_forever", (30_002, 1, 1, 30_000), "missing_disconnect", "open_session")
def _years() -> Iterable[bytes]:
    months = (b"Jan  1", b"Jun  1", b"Nov  1")
    return [tls(), plain(), *(line(b"connect from " + CLIENT, b"postfix/smtpd[9]", day=months[number % 3]) for number in range(30_000))]


@attack("every_service_on_every_day", (45_002, 1, 1, 45_000), "too_much_to_tell_apart")
def _services_and_days() -> Iterable[bytes]:
    """More than are counted apart, and as many sessions in all."""
    days = [f"{2020 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}".encode() for number in range(300)]
    return [tls(), plain(), *(b"%sT10:00:00Z mx1 x%d/smtpd[%d]: %s\n" % (day, service, 1000 + service, text) for day in days for service in range(150)
                              for text in (b"connect from " + CLIENT, b"disconnect from " + CLIENT))]


@attack("days_that_no_calendar_has")
def _dates() -> Iterable[bytes]:
    stamps = (b"0000-00-00T00:00:00Z", b"9999-12-31T23:59:59Z", b"0001-01-01T00:00:00+14:00", b"2026-02-30T10:00:00Z",
              b"Nov 99 10:00:00")
    return around(*(stamp + b" mx1 postfix/smtpd[66]: " + message + b"\n" for stamp in stamps for message in (b"connect from evil[203.0.113.9]", ESTABLISHED)))


@attack("hundred_thousand_long_client_names", (100_002, 1, 100_001, 0))
def _names() -> Iterable[bytes]:
    return around(*(plain(client=b"%06d" % number + b"n" * 500 + b"[192.0.2.1]") for number in range(100_000)))


@attack("hosts_and_tags_of_sixty_kilobytes")
def _long_keys() -> Iterable[bytes]:
    return around(*(plain(host=b"%06d" % number + b"h" * 60_000) for number in range(100)),
                  *(line(b"connect from " + CLIENT, b"postfix/" + b"t" * 60_000 + b"/smtpd[%d]" % number) for number in range(100)))


@attack("hundred_thousand_ciphers", (100_001, 100_000, 1, 0))
def _ciphers() -> Iterable[bytes]:
    sessions = (tls(8).replace(b"TLS_AES_256_GCM_SHA384", b"C%d" % number).replace(b"TLSv1.3", b"P%d" % number) for number in range(100_000))
    return [*sessions, plain()]


@attack("hundred_thousand_processes_killed_that_never_were")
def _kills() -> Iterable[bytes]:
    return around(*(line(b"warning: process /usr/lib/postfix/sbin/smtpd pid %d killed by signal 9" % number, b"postfix/master[1]")
                    for number in range(100, 100_100)))


@attack("expressions_that_backtrack")
def _backtracking() -> Iterable[bytes]:
    slashes, blanks, brackets = b"/" * 60_000, b" " * 60_000, b"[" * 60_000
    return within(b"disconnect from x" + brackets, b"disconnect from x[192.0.2.1]" + b" a=1/1" * 9000 + b"!", b"SSL_accept error from " + blanks,
                  b"Anonymous TLS connection established from " + brackets + b"]: x with cipher", b"connect from " + b"]" * 60_000, slashes,
                  b"1A2B3C4D5E: reject: RCPT from x[192.0.2.1]: 450 4.1.1 <" + b">: " * 20_000,
                  b"warning: process " + b"/smtpd pid 1 " * 4000) + [
        DAY + b" 10:00:00 mx1 " + slashes + b"smtpd[7]: x\n", b"<22>1 2026-11-24T10:00:00Z mx1 app 1 - " + b"[a]" * 20_000 + b"\n",
        b"<" + b"9" * 60_000 + b">\n",
        b"2026-11-24T10:00" + b"0" * 60_000 + b" mx1 x: y\n"]


@attack("losses_that_another_program_tells_of", (2, 1, 1, 0))
def _losses() -> Iterable[bytes]:
    return around(line(b"Suppressed 999999999 messages from postfix.service", b"evil[1]"),
                  line(b"imjournal: 999999999 messages lost due to rate-limiting", b"postfix[1]"))


@attack("a_repeat_of_a_thousand_million", (2, 1, 1, 0), "repeated_message")
def _repeats() -> Iterable[bytes]:
    return around(DAY + b" 10:00:00 mx1 last message repeated 999999999 times\n", line(b"message repeated 999999999 times: [ connect from evil[203.0.113.9]]"))


@attack("tls_of_mail_that_went_out")
def _outbound() -> Iterable[bytes]:
    return around(line(ESTABLISHED.replace(b"from", b"to"), b"postfix/smtp[9]"), line(ESTABLISHED, b"postfix/smtp[9]"))


@attack("report_payloads_as_services", (7, 1, 6, 0))
def _payloads() -> Iterable[bytes]:
    names = (b"<script>alert(1)</script>", b"{{7*7}}", b"=HYPERLINK(1)", b"$(id)", b"../../x")
    return around(*(plain().replace(b"postfix/smtpd", b"postfix/" + name + b"/smtpd") for name in names))
