# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Debian's Exim in its own root and network, once for each set-up, and send it known mail.

Prints JSON: set-up -> its log, configuration and truth.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import time
from typing import Any

sys.path.insert(0, "/test")
from own_system import (  # noqa: E402  # pylint: disable=wrong-import-position,import-error
    EXTERNAL, EXTERNAL6, INTERNAL, OTHER, SERVER, SERVER6, Syslog, prepare,
)
from smtp_client import Session  # noqa: E402  # pylint: disable=wrong-import-position,import-error

LOGS = pathlib.Path("/var/log/exim4")
CONF = """primary_hostname = mx1.example.test
domainlist local_domains = example.test
tls_advertise_hosts = *
tls_certificate = /test/cert.pem
tls_privatekey = /test/key.pem
daemon_smtp_ports = 25 : 465
tls_on_connect_ports = 465
helo_allow_chars = _
keep_environment =
{settings}
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
begin acl
acl_rcpt:
  accept hosts = :
  require message = relay not permitted
          domains = +local_domains
  deny local_parts = slow
       message = come back later
  require verify = recipient
  accept
acl_data:
  deny condition = ${{if match{{$h_subject:}}{{virus}}}}
       message = This message contains a virus
  accept
begin routers
local_user:
  driver = accept
  local_parts = alice : bob : carol
  transport = nowhere
begin transports
nowhere:
  driver = appendfile
  file = /dev/null
  user = mail
begin retry
* * F,2h,15m
"""
# Set-up -> settings. Where there is no log_file_path the log is mainlog, otherwise what syslog got.
SET_UPS = {
    "E-default": "",
    "F-all": "log_selector = +all\nlog_timezone = true",
    "G-connections": "log_selector = +smtp_connection +smtp_no_mail +incoming_port",
    "H-connections-without-port": "log_selector = +smtp_connection +smtp_no_mail",
    "I-connections-without-no-mail": "log_selector = +smtp_connection +incoming_port +pid +subject",
    "J-no-tls-in-log": "log_selector = -tls_cipher -tls_certificate_verified",
    "K-syslog-bare": "log_selector = +smtp_connection +smtp_no_mail +incoming_port\nlog_file_path = syslog\n"
                     "syslog_timestamp = false\nsyslog_duplication = false",
    "L-syslog-stamped": "log_selector = +millisec +pid +smtp_connection +smtp_no_mail +incoming_port\nlog_file_path = syslog\n"
                        "log_timezone = true\nsyslog_pid = false",
    "M-junk-helo": "helo_accept_junk_hosts = *",
}


def send(truth: list[dict[str, Any]]) -> None:
    """The known mail."""
    number = len(truth)
    truth[0]["id"] = number

    def session(scenario: str, src: str = EXTERNAL, port: int = 25) -> Session:
        nonlocal number
        number += 1
        server = "127.0.0.1" if src == "127.0.0.1" else SERVER6 if ":" in src else SERVER
        made = Session(scenario, src, server, port)
        made.record["id"] = number
        truth.append(made.record)
        return made

    for src in (INTERNAL, EXTERNAL, EXTERNAL6):
        with session("plaintext", src) as client:
            client.greet().mail("alice@example.test")
            client.quit()
        for version in ("TLSv1_2", "TLSv1_3"):
            with session("starttls", src) as client:
                client.greet().starttls(version=version)
                client.mail("alice@example.test")
                client.quit()
    for src in (INTERNAL, EXTERNAL):
        with session("implicit", src, 465) as client:
            client.handshake()
            client.greet().mail("alice@example.test", "bob@example.test", "carol@example.test")
            client.quit()
    for tls in (False, True):
        with session("unknown user") as client:
            client.greet()
            if tls:
                client.starttls()
            client.mail("nobody@example.test")
            client.quit()
        with session("unknown user among others", OTHER) as client:
            client.greet()
            if tls:
                client.starttls()
            client.mail("nobody@example.test", "alice@example.test", "bob@example.test")
            client.quit()
        with session("two messages", EXTERNAL6) as client:
            client.greet()
            if tls:
                client.starttls()
            client.mail("alice@example.test")
            client.mail("bob@example.test")
            client.quit()
        with session("refused after DATA") as client:
            client.greet()
            if tls:
                client.starttls()
            client.mail("alice@example.test", subject="virus")
            client.quit()
        with session("aborted in DATA") as client:
            client.greet()
            if tls:
                client.starttls()
            client.mail("alice@example.test", abort=True)
        time.sleep(0.3)
        with session("nothing but a greeting") as client:
            client.greet()
            if tls:
                client.starttls()
            client.quit()
    with session("relay denied") as client:
        client.greet().mail("x@elsewhere.test")
        client.quit()
    with session("the client does not trust the certificate") as client:
        client.greet().starttls(verify=True)
    with session("the same at 465", OTHER, 465) as client:
        client.handshake(verify=True)
    with session("no TLS where TLS is spoken", OTHER, 465) as client:
        client.record["tls"] = "failed"
        client.send("EHLO client.sender.test")
        client.reply()
    with session("plaintext before TLS") as client:
        client.greet().mail("alice@example.test")
        client.starttls()
        client.mail("alice@example.test")
        client.quit()
    with session("HELO without E") as client:
        client.greet(verb="HELO").mail("alice@example.test", sender="")
        client.quit()
    with session("a scanner hands back", "127.0.0.1") as client:
        client.greet("localhost").mail("alice@example.test")
        client.quit()
    forge(session)
    waiting = [session("at the same time", OTHER) for _unused in range(6)]
    for client in waiting:
        client.greet()
    for client in waiting:
        client.mail("alice@example.test")
    for client in waiting:
        client.quit()
        client.__exit__()
    subprocess.run(["exim4", "-odi", "alice@example.test"], input=b"Subject: from a program\n\nA line.\n", check=True)
    time.sleep(1.5)


def forge(session: Any) -> None:
    """A stranger writes what a log of TLS looks like, in plaintext, wherever the log shows what he writes."""
    line = "P=esmtps X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no S=1"
    with session("forged sender") as client:
        client.greet().mail("alice@example.test", sender=f'"x H=a [127.0.0.1] {line}"@sender.test')
        client.quit()
    with session("forged sender, refused") as client:
        client.greet().mail("nobody@example.test", sender='"x X=TLS1.3:A:256 rejected RCPT <y>: unknown user"@sender.test')
        client.quit()
    with session("forged recipient") as client:
        client.greet().mail('"x rejected RCPT <y> X=TLS1.3:A:256"@example.test')
        client.quit()
    with session("forged subject and Message-ID") as client:
        client.greet().mail("alice@example.test", subject=f"x\" 1aaaaa-000000-00 <= a@b H=(c) [192.0.2.1] {line}", message_id=f'"x {line}"')
        client.quit()
    with session("forged HELO") as client:
        client.greet(f"x) [127.0.0.1] {line} (y")
        if client.record["replies"][-1][1].startswith("5"):
            client.command("EHLO client.sender.test")
        client.mail("alice@example.test")
        client.quit()


def run(settings: str, syslog: Syslog) -> dict[str, Any]:
    """Start Exim with these settings, send, stop it, and return what it wrote."""
    pathlib.Path("/etc/exim4/exim4.conf").write_text(CONF.format(settings=settings))
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir()
    shutil.chown(LOGS, "Debian-exim", "adm")
    syslog.lines.clear()
    daemon = subprocess.Popen(["exim4", "-bdf", "-q30m"], stderr=subprocess.PIPE)
    truth: list[dict[str, Any]] = []
    while not truth:
        try:
            # A session too: a handshake that never comes to be.
            with Session("knocking until someone opens", INTERNAL, SERVER, 465) as client:
                client.record["tls"] = "failed"
                truth.append(client.record)
        except OSError:
            if daemon.poll() is not None:
                raise RuntimeError(daemon.stderr.read()) from None
            time.sleep(0.1)
    time.sleep(0.7)
    send(truth)
    daemon.terminate()
    daemon.wait(20)
    time.sleep(0.5)
    log = b"".join(syslog.lines) if "syslog" in settings else (LOGS / "mainlog").read_bytes()
    reject = LOGS / "rejectlog"
    return {
        "log": log.decode("latin-1"), "reject": reject.read_bytes().decode("latin-1") if reject.exists() else None, "sessions": truth,
        "conf": CONF.format(settings=settings),
    }


def main() -> None:
    prepare()
    syslog = Syslog()
    syslog.start()
    version = subprocess.run(["exim4", "-bV"], capture_output=True, text=True, check=True).stdout
    found = {name: run(settings, syslog) for name, settings in SET_UPS.items()}
    print(json.dumps({"version": version, "set_ups": found}))


main()
