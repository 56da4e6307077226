# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs to fuzz the parser with: written by the rules, with lines lost, doubled or out of order, and with bytes that no mail system wrote."""

from __future__ import annotations

import random

from ansible_collections.mailfleet.tls_audit.tests.unit.truth import any_order, synthetic

# What the parser looks for, so that random bytes get somewhere.
WORDS = (
    b"Nov 24 10:00:00 ", b"Feb 29 23:59:59 ", b"2026-11-24T10:00:00+00:00 ", b"1970-01-01T00:00:00Z ", b"<22>", b"<22>1 ", b"mx1 ", b"mx2 ", b" - - ", b"- ",
    b"postfix/smtpd[7]: ", b"postfix/smtps/smtpd[7]: ", b"postfix/qmgr[1]: ", b"postfix/cleanup[2]: ", b"postfix/master[3]: ", b"postfix/tlsproxy[4]: ",
    b"postfix[7]: ", b"rsyslogd: ", b"systemd-journald[1]: ", b"last message repeated 3 times", b"imjournal: begin to drop messages due to rate-limiting",
    b"imuxsock: 7 messages lost due to ", b"Suppressed 7 messages from postfix.service", b"message repeated 2 times: [ ", b"connect from ", b"disconnect from ",
    b"x[192.0.2.1]", b"x[10.0.0.1]", b"localhost[127.0.0.1]", b"unknown[unknown]", b"[::1]:25", b"x[2001:db8::1]", b" ehlo=1", b" starttls=1", b" data=9",
    b" bdat=3",
    b" commands=0/0", b" notes=bare_lf", b"Anonymous TLS connection established from ", b": TLSv1.3 with cipher X (256/256 bits)", b" to sni.example",
    b"setting up TLS connection from ", b"SSL_accept error from ", b": -1", b"1A2B3C4D5E: ", b"NOQUEUE: ", b"client=", b"from=<", b"reject: RCPT from ",
    b"milter-reject: END-OF-MESSAGE from ", b": 550 5.1.1 <x@y>: ", b"proxy-accept: END-OF-MESSAGE: 250 ", b"proxy-reject: ",
    b"warning: process /x/smtpd pid 7 ",
    b"killed by signal 9", b"terminating on signal 15", b"daemon started ", b"\n", b"\n", b"\r\n", b"\0", b"\xff", b"\xe2\x80\xa8", b"\xc2\x85",
    b"\xef\xbb\xbf",
    b"9" * 30, b"[" * 20, b" " * 20, b"A" * 300,
)


def styles(chance: random.Random) -> synthetic.Style:
    """A style of log."""
    return synthetic.Style(*(chance.random() < 0.5 for _choice in range(4)))


def written(chance: random.Random, lines: int) -> bytes:
    """About so many lines by the rules, of all sorts of sessions at once."""
    style, log = styles(chance), b""
    while log.count(b"\n") < lines:
        log += synthetic.write(style, chance, chance.randint(1, 6))
    return log


def rearranged(chance: random.Random, log: bytes) -> bytes:
    """The same log with single lines lost, doubled, cut short or in another place."""
    lines = log.splitlines(keepends=True)
    for _change in range(max(1, len(lines) // 40)):
        at = chance.randrange(len(lines))
        change = chance.randrange(4)
        if change == 0:
            del lines[at]
        elif change == 1:
            lines.insert(at, lines[at])
        elif change == 2:
            lines[at] = lines[at][:chance.randrange(len(lines[at]))] + b"\n"
        else:
            lines.insert(chance.randrange(len(lines)), lines.pop(at))
        if not lines:
            break
    return b"".join(lines)


def spoiled(chance: random.Random, log: bytes) -> bytes:
    """The same log with bytes changed, words put in, and parts left out, anywhere."""
    data = bytearray(log)
    for _change in range(max(1, len(data) // 400)):
        at = chance.randrange(len(data) + 1)
        change = chance.randrange(4)
        if change == 0:
            data[at:at] = chance.choice(WORDS)
        elif change == 1:
            del data[at:at + chance.randrange(1, 60)]
        elif change == 2:
            data[at:at + 1] = bytes([chance.randrange(256)])
        else:
            begin = chance.randrange(len(data) + 1)
            data[at:at] = data[begin:begin + chance.randrange(1, 200)]
    return bytes(data)


def others(chance: random.Random, lines: int, reused: bool) -> bytes:
    """About so many lines of other mail servers than Postfix, and of all together, in an order that no server keeps to.

    reused: lines will be doubled. OpenSMTPD's ids are random, 64 bits of them: of a session whose id comes again, parts may tell less than the whole.
    """
    log = b""
    while log.count(b"\n") < lines:
        write = chance.choice((any_order.exim, any_order.connections, any_order.sendmail, *([] if reused else [any_order.opensmtpd, any_order.mixed])))
        log += write(chance, chance.randint(20, 800))
    return log


def babble(chance: random.Random, lines: int) -> bytes:
    """About so many lines of words that mean something, in no order that does."""
    return b"".join(chance.choice(WORDS) if chance.random() < 0.95 else bytes([chance.randrange(256)]) for _word in range(lines * 12))
