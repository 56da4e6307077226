# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sendmail at one LogLevel, with what only Sendmail does: one process per session, so process ids come again and processes are killed."""

from __future__ import annotations

import pathlib
import subprocess
import time
from typing import Any

import milter
from machine import BANNED, EXTERNAL, Syslog, children, kill, next_pid, wait_for_port
from sessions import ALICE, BOB, SENDER, Driver

PROGRAM = "/usr/libexec/sendmail/sendmail"
PID_FILE = "/test/sendmail.pid"
TAG = "sm-mta"  # as Debian and FreeBSD start it, with -L
CONFIGURATION = """\
divert(-1)dnl
divert(0)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
Dwmx1
Dmexample.test
define(`confDOMAIN_NAME', `mx1.example.test')dnl
define(`confLOG_LEVEL', `{level}')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
define(`confCACERT', `/test/cert.pem')dnl
define(`confSERVER_CERT', `/test/cert.pem')dnl
define(`confSERVER_KEY', `/test/key.pem')dnl
define(`confCLIENT_CERT', `/test/cert.pem')dnl
define(`confCLIENT_KEY', `/test/key.pem')dnl
define(`confMAX_MESSAGE_SIZE', `1000000')dnl
define(`confTO_IDENT', `0')dnl
define(`confPID_FILE', `/test/sendmail.pid')dnl
define(`confPRIVACY_FLAGS', `')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`nocanonify')dnl
FEATURE(`access_db')dnl
FEATURE(`blacklist_recipients')dnl
INPUT_MAIL_FILTER(`test', `S=inet:10025@127.0.0.1')dnl
LOCAL_DOMAIN(`example.test')dnl
RELAY_DOMAIN(`10.20')dnl
DAEMON_OPTIONS(`Family=inet,  Name=MTA-v4, Port=smtp, Addr=0.0.0.0')dnl
DAEMON_OPTIONS(`Family=inet6, Name=MTA-v6, Port=smtp, Addr=2001:db8:20::25')dnl
DAEMON_OPTIONS(`Family=inet,  Name=TLSMTA, Port=465, M=s')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
# The feature refuses by sender, by recipient and by client: check_mail, check_rcpt, check_relay.
ACCESS = """\
From:banned@sender.test\tREJECT
To:closed@example.test\tERROR:5.1.1:"550 User unknown"
Connect:203.0.113.66\tREJECT
"""


def run(syslog: Syslog, order: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    configuration = CONFIGURATION.format(level=order["level"])
    mc = pathlib.Path("/test/sendmail.mc")
    mc.write_text(configuration)
    made = subprocess.run(["m4", str(mc)], cwd="/usr/share/sendmail/cf/cf", check=True, capture_output=True, text=True)
    pathlib.Path("/etc/mail/sendmail.cf").write_text(made.stdout)
    # Mail to known users goes nowhere; the switch file keeps the resolver out of it.
    pathlib.Path("/etc/mail/aliases").write_text("".join(f"{name}: /dev/null\n" for name in (
        "alice", "bob", "carol", "postmaster", "root", "MAILER-DAEMON", "milter-reject")))
    pathlib.Path("/etc/mail/service.switch").write_text("hosts files\naliases files\n")
    pathlib.Path("/etc/mail/access").write_text(ACCESS)
    subprocess.run(["makemap", "hash", "/etc/mail/access"], input=ACCESS, text=True, check=True)
    milter.start()
    subprocess.run([PROGRAM, "-bi"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([PROGRAM, "-L", TAG, "-bd", "-q1m"], check=True)
    wait_for_port(25)
    daemon = int(pathlib.Path(PID_FILE).read_text().split()[0])
    driver = Driver()
    driver.run()
    refuse(driver)
    local = submit()
    reuse_a_pid(driver, syslog)
    kill_sessions(driver, daemon)
    syslog.settle()
    kill(daemon)
    truth = {"mta": "sendmail", "tag": TAG, "level": order["level"], "driver_errors": [], "sessions": driver.records, "local": local}
    return truth, {"sendmail.mc": configuration}


def refuse(driver: Driver) -> None:
    """What rulesets and a milter refuse, before and after the data."""
    for tls in (False, True):
        client = driver.greeted("sender_refused", EXTERNAL[0], tls=tls)
        client.mail("banned@sender.test", [ALICE])
        client.quit()
        client = driver.greeted("recipient_refused", EXTERNAL[0], tls=tls)
        client.mail(SENDER, ["closed@example.test", ALICE])
        client.quit()
        client = driver.greeted("milter_refuses_recipient", EXTERNAL[0], tls=tls)
        client.mail(SENDER, ["milter-reject@example.test", ALICE])
        client.quit()
        client = driver.greeted("milter_refuses_sender", EXTERNAL[0], tls=tls)
        client.mail("milter-tempfail@sender.test", [ALICE])
        client.quit()
        for answer in ("reject", "tempfail", "discard"):
            client = driver.greeted(f"milter_{answer}s_message", EXTERNAL[0], tls=tls)
            client.mail(SENDER, [ALICE], headers=f"X-Milter: {answer}\r\n")
            client.mail(SENDER, [BOB])
            client.quit()
    client = driver.open("client_refused", BANNED)
    client.say("EHLO client1.sender.test")
    client.mail(SENDER, [ALICE])
    client.quit()


def submit() -> list[dict[str, Any]]:
    """Mail of a program on the machine: sendmail(1) hands it to the daemon over loopback, its second queue runner if need be."""
    message = f"From: <{SENDER}>\nTo: <{ALICE}>\nSubject: local\n\ntext\n"
    done = subprocess.run([PROGRAM, "-oi", "-f", SENDER, ALICE], input=message, text=True, check=False, capture_output=True)
    return [{"how": "sendmail(1)", "exit": done.returncode}]


def reuse_a_pid(driver: Driver, syslog: Syslog) -> None:
    """Two sessions of one process id, as after the numbers went round: plaintext then TLS from one address, then from another, with no mail."""
    for again in ("same address", "other address"):
        syslog.settle(0.5)
        client = driver.greeted("pid_first", EXTERNAL[0])
        client.mail(SENDER, [ALICE])
        client.quit()
        syslog.settle(1.1)
        pid = next(row[3] for row in reversed(syslog.rows) if row[2] == TAG and ": from=" in row[4])
        next_pid(pid)
        client = driver.greeted("pid_again", EXTERNAL[0] if again == "same address" else EXTERNAL[1], tls=again == "same address")
        client.mail(SENDER, [ALICE])
        client.quit()
        syslog.settle(0.5)
        client.record["same_pid"] = pid == [row[3] for row in syslog.rows if row[2] == TAG and ": from=" in row[4]][-1]


def kill_sessions(driver: Driver, daemon: int) -> None:
    """Processes that are killed before they could log an end."""
    for tls in (False, True):
        before = children(daemon)
        client = driver.greeted("killed", EXTERNAL[1], tls=tls)
        time.sleep(0.2)
        for pid in children(daemon) - before:
            kill(pid)
        client.record["killed"] = True
        client.close()
