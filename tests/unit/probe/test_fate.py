# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log says of one mail: in the real logs of four mail systems, and in lines of scanners as their sources print them."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._trail import fate

REAL = pathlib.Path(__file__).parents[2] / "fixtures" / "real-logs"


def of(text: str, marker: str = "run7p25-eicar-starttls") -> dict[str, Any]:
    return fate.of_markers(text.encode("utf-8", "surrogateescape"), [marker])[marker]


def real(log: str, marker: str) -> dict[str, Any]:
    return fate.of_markers((REAL / log).read_bytes(), [marker])[marker]


def told(found: dict[str, Any]) -> list[str]:
    return [name for name in ("seen", "refused", "infected", "delivered") if found[name]]


@pytest.mark.parametrize("log, marker, size, ids", [
    ("exim-4.98.2-debian13/E-default/maillog", "1795905363522859939", 320, ["1xXR1X-0000000000V-2C0f"]),
    ("sendmail-8.18.1-debian13/K-loglevel9/maillog", "1795904839.129972.1", 117, ["6ASMRJGM000045"]),
])
def test_delivered_in_real_logs(log: str, marker: str, size: int, ids: list[str]) -> None:
    path = REAL / log
    found = real(str(path if path.exists() else next(path.parent.glob("ma*log"))), marker)
    assert (told(found), found["size"], found["queue_ids"]) == (["seen", "delivered"], size, ids)


def test_refused_in_a_real_sendmail_log() -> None:
    assert told(real("sendmail-8.15.2-debian11/K-loglevel9/maillog", "1795904612.915611.1")) == ["seen", "refused"]


@pytest.mark.parametrize("form", ["maillog", "maillog.iso", "maillog.rfc5424"])
def test_every_mail_of_a_real_postfix_log(form: str) -> None:
    """Each message-id that a queue manager delivered is seen so, and has its own size."""
    text = (REAL / "postfix-3.7.11-debian12" / "A-loglevel1" / form).read_text(errors="surrogateescape")
    ids = dict(re.findall(r"([0-9A-F]{6,}): message-id=<([^@>]+)@", text))
    sizes = dict(re.findall(r"([0-9A-F]{6,}): from=<[^>]*>, size=(\d+)", text))
    checked = 0
    for queue_id, marker in ids.items():
        if queue_id not in sizes or list(ids.values()).count(marker) > 1:
            continue
        found = fate.of_markers(text.encode(errors="surrogateescape"), [marker])[marker]
        assert found["seen"] and found["size"] == int(sizes[queue_id]) and queue_id in found["queue_ids"]
        delivered = re.search(rf"{queue_id}: to=(?!.*relay=127\.).*status=sent", text)
        assert found["delivered"] == bool(delivered), found
        checked += 1
    assert checked > 5


def test_by_the_sender_alone_as_opensmtpd_logs_it() -> None:
    text = (REAL / "opensmtpd-7.6.0p1-debian13/A-default/maillog").read_text().replace("sender@sender.test", "probe+run7p25-clean-plaintext@sender.test", 2)
    found = of(text, "run7p25-clean-plaintext")
    assert (told(found), found["size"]) == (["seen", "delivered"], 312)


MILTER = """\
2026-11-29T02:14:09.1+00:00 mx postfix/smtpd[5]: 5A7D93246AB: client=unknown[203.0.113.5]
2026-11-29T02:14:09.2+00:00 mx postfix/cleanup[6]: 5A7D93246AB: message-id=<run7p25-eicar-starttls@test.invalid>
2026-11-29T02:14:09.3+00:00 mx clamav-milter[7]: Message 5A7D93246AB from <probe+run7p25-eicar-starttls@example.net> to <av@example.org> \
with subject 'Mail server \
test run7p25-eicar-starttls' message-id '<run7p25-eicar-starttls@test.invalid>' date 'x' \
infected by Test-Signature
2026-11-29T02:14:09.4+00:00 mx postfix/cleanup[6]: 5A7D93246AB: milter-reject: END-OF-MESSAGE from unknown[203.0.113.5]: 5.7.1 Message refused; \
from=<probe+run7p25-eicar-starttls@example.net> to=<av@example.org> proto=ESMTP helo=<probe.example.net>
"""


def test_a_milter_refuses() -> None:
    found = of(MILTER)
    assert told(found) == ["seen", "refused", "infected"]
    assert (found["client"], found["queue_ids"]) == ("203.0.113.5", ["5A7D93246AB"])
    assert any(line.endswith("infected by Test-Signature") for line in found["lines"])
    assert any("milter-reject" in line for line in found["lines"]) and not any("2026-11" in line for line in found["lines"])


@pytest.mark.parametrize("line, words", [
    # amavis behind the queue: the mail was taken, and is kept from its reader.
    ("amavis[9]: (9-1) Blocked INFECTED (Test-Signature) {DiscardedInbound,Quarantined}, [203.0.113.5] <probe+run7p25-eicar-starttls@example.net> -> <av@x>",
     ["seen", "refused", "infected"]),
    ("amavis[9]: (9-1) Passed INFECTED (Test-Signature), <probe+run7p25-eicar-starttls@example.net> -> <av@x>", ["seen", "infected"]),
    ("postfix/smtpd[5]: NOQUEUE: reject: RCPT from c[203.0.113.5]: 450 4.2.0 <av@x>: Recipient address rejected: Greylisted; "
     "from=<probe+run7p25-eicar-starttls@example.net> to=<av@x>", ["seen"]),
    ("postfix/smtpd[5]: NOQUEUE: reject: RCPT from c[203.0.113.5]: 550 5.7.1 <av@x>: Recipient address rejected: no; "
     "from=<probe+run7p25-eicar-starttls@example.net> to=<av@x>", ["seen", "refused"]),
    ("postfix/smtpd[5]: proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject, id=1 - INFECTED: Test; from=<probe+run7p25-eicar-starttls@example.net>",
     ["seen", "refused", "infected"]),
    ("exim[5]: 1xXR1X-0000000000V-2C0f H=c [203.0.113.5] F=<probe+run7p25-eicar-starttls@example.net> "
     "rejected after DATA: This message contains malware (Test)",
     ["seen", "refused", "infected"]),
    ("postfix/smtp[5]: 5A7D93246AB: to=<av@x>, relay=127.0.0.1[127.0.0.1]:10024, status=sent (250 2.0.0 from MTA: 250 queued as 77777246AB) "
     "run7p25-eicar-starttls", ["seen"]),
    ("dovecot: lmtp(av)<5><x>: msgid=<run7p25-eicar-starttls@test.invalid>: saved mail to INBOX", ["seen", "delivered"]),
])
def test_single_lines(line: str, words: list[str]) -> None:
    assert told(of(f"Nov 29 02:14:09 mx {line}\n")) == words


def test_a_content_filter_gives_it_another_id() -> None:
    found = of("""Nov 29 02:14:09 mx postfix/cleanup[6]: 5A7D93246AB: message-id=<run7p25-eicar-starttls@test.invalid>
Nov 29 02:14:09 mx postfix/smtp[7]: 5A7D93246AB: to=<av@x>, relay=127.0.0.1[127.0.0.1]:10024, status=sent (250 2.0.0 Ok: queued as 66AD93246AB)
Nov 29 02:14:10 mx postfix/local[8]: 66AD93246AB: to=<av@x>, relay=local, status=sent (delivered to mailbox)
""")
    assert told(found) == ["seen", "delivered"] and found["queue_ids"] == ["5A7D93246AB", "66AD93246AB"]


def test_another_mails_lines_are_another_mails() -> None:
    other = MILTER.replace("run7p25-eicar-starttls", "run7p25-eicar-starttlsx").replace("5A7D93246AB", "5A7D93246ABF")
    assert not of(other)["seen"]
    another = "Nov 29 02:14:09 mx postfix/local[5]: 5A7D93246AB: to=<b@x>, status=sent (ok)\n"
    assert "delivered" not in told(of(MILTER.replace("5A7D93246AB", "AA7D93246AB") + another))
    # A process number that looks like an id is none.
    assert "delivered" not in told(of("Nov 29 02:14:09 mx postfix/cleanup[6]: 123456: message-id=<run7p25-eicar-starttls@test.invalid>\n"
                                      "Nov 29 02:14:09 mx postfix/local[123456]: ABCDEF1: to=<b@x>, relay=local, status=sent (ok)\n"))


def test_a_stranger_cannot_write_lines() -> None:
    """Control characters and line separators do not leave the host, and lines are cut."""
    found = of("Nov 29 02:14:09 mx postfix/cleanup[6]: 5A7D93246AB: message-id=<run7p25-eicar-starttls@test.invalid> \x1b[31m\u2028" + "x" * 5000 + "\n")
    assert all(len(line) <= 300 and "\x1b" not in line and "\u2028" not in line for line in found["lines"])
    assert len(of("Nov 29 02:14:09 mx x[1]: run7p25-eicar-starttls\n" * 5000)["lines"]) <= 6


def test_lost_connections_of_the_mails_client() -> None:
    text = (b"Nov 29 02:14:09 mx postfix/smtpd[5]: lost connection after DATA (12 bytes) from unknown[203.0.113.5]\n"
            b"Nov 29 02:14:09 mx postfix/smtpd[5]: lost connection after RCPT from unknown[203.0.113.5]\n"
            b"Nov 29 02:14:09 mx postfix/smtpd[5]: timeout after DATA (0 bytes) from unknown[203.0.113.50]\n")
    assert (fate.lost_connections(text, ["203.0.113.5"]), fate.lost_connections(text, [])) == (1, 0)
