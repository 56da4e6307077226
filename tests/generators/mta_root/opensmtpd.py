# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSMTPD as it logs by default; it has no log level."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import time
from typing import Any

from machine import EXTERNAL, Syslog, wait_for_port
from sessions import ALICE, SENDER, Driver

CONFIGURATION = """\
pki mx1 cert "/test/cert.pem"
pki mx1 key "/test/key.pem"
table aliases file:/etc/aliases
smtp max-message-size 1000000
listen on lo port 25 tls pki mx1 hostname mx1.example.test
listen on lo port 465 smtps pki mx1 hostname mx1.example.test
action "local" maildir alias <aliases>
action "relay" relay
match from any for domain "example.test" action "local"
match from local for any action "relay"
"""


def run(syslog: Syslog, order: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    pathlib.Path("/etc/smtpd.conf").write_text(CONFIGURATION)
    pathlib.Path("/etc/aliases").write_text("postmaster: root\n")
    # 7.x trusts this file for the certificates of others, and does not start without it.
    bundle = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_text(pathlib.Path("/test/cert.pem").read_text())
    server = subprocess.Popen(["/usr/sbin/smtpd", "-F"], stdout=sys.stderr, stderr=sys.stderr)
    wait_for_port(25)
    driver = Driver()
    driver.run()
    message = f"From: <{SENDER}>\nTo: <{ALICE}>\nSubject: local\n\ntext\n"
    done = subprocess.run(["/usr/sbin/sendmail", "-f", SENDER, ALICE], input=message, text=True, check=False, capture_output=True)
    local = [{"how": "sendmail(1)", "exit": done.returncode}]
    time.sleep(1)
    # The server ends while a session is open: no end of it is logged.
    client = driver.greeted("killed", EXTERNAL[0])
    client.record["killed"] = True
    syslog.settle()
    server.terminate()
    server.wait()
    client.close()
    truth = {"mta": "opensmtpd", "driver_errors": [], "sessions": driver.records, "local": local}
    return truth, {"smtpd.conf": CONFIGURATION}
