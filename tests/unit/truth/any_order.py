# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write random logs of other mail servers than Postfix: the lines that matter, of few clients and sessions, in an order that no server keeps to."""

from __future__ import annotations

import datetime
import random

from ansible_collections.mailfleet.tls_audit.tests.unit.truth import synthetic


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
    for unused in range(lines):
        day += datetime.timedelta(seconds=chance.choice([0, 0, 60, 40000]))
        session = chance.choice(begun or ["0" * 16])
        text = f"{session} smtp " + chance.choice([
            "tls ciphers=TLSv1.3:TLS_AES_256_GCM_SHA384:256", f"message msgid={chance.randint(1, 3):08x} size=1 nrcpt=1 proto=ESMTP",
            "disconnected reason=quit",
            'failed-command command="RCPT TO:<x@example.org> " result="550 Invalid recipient: <x@example.org>"',
            'disconnected reason="io-error: handshake failed: x"', "disconnected reason=disconnect",
        ])
        if chance.random() < 0.3:
            begun = begun[-3:] + [f"{chance.getrandbits(64):016x}"]
            text = f"{begun[-1]} smtp connected address=" + chance.choice(["192.0.2.1", "[2001:db8::7]", "10.0.0.7", "local"]) + " host=x"
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
    others = exim(chance, lines, chance.random() < 0.5), opensmtpd(chance, lines), sendmail(chance, lines)
    texts = [line.split(b" ", 3) if line[4:5] != b" " else line.replace(b"  ", b" ", 1).split(b" ", 3)
             for log in (postfix, *others) for line in log.splitlines() if line[:1].isalpha()]
    day = datetime.datetime(2023, 10, 1)
    written = []
    for unused, unused_too, clock, text in chance.sample(texts, len(texts)):
        day += datetime.timedelta(days=chance.choice([0, 0, 0, 1, 2, 30]))
        stamp = f"{synthetic.MONTHS[day.month - 1]} {day.day:2} ".encode() + clock
        written.append(stamp + b" " + text)
        if chance.random() < 0.2:
            written.append(stamp + b" mx1 dovecot: imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=1, TLS, session=<x>")
    return b"".join(line + b"\n" for line in written)
