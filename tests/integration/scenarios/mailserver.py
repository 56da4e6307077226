# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside a Debian root: sets up Postfix and ClamAV step by step and prints the mailserver facts of each step as JSON."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, "/test/library")

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.facts import collect  # noqa: E402
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host  # noqa: E402

facts = {}
started = []


def see(step: str) -> None:
    facts[step] = collect(Host())


def postconf(*settings: str) -> None:
    subprocess.run(["postconf", *settings], check=True)


def start(*command: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, stdout=sys.stderr)
    started.append(process)
    return process


def wait_for(path: str) -> None:
    for _unused in range(150):
        if os.path.exists(path):
            return
        time.sleep(0.2)
    raise SystemExit(f"{path} did not appear")


def signatures(days_old: float) -> None:
    """The header of a signature file as freshclam leaves it; clamd itself loads a hand-made one from elsewhere."""
    moment = time.strftime("%d %b %Y %H-%M +0000", time.gmtime(time.time() - days_old * 86400))
    pathlib.Path("/var/lib/clamav/daily.cld").write_text(f"ClamAV-VDB:{moment}:27500:1:90:X:X:test:0".ljust(512))


pathlib.Path("/etc/postfix/main.cf").write_text("""
compatibility_level = 3.6
myhostname = mx.example.org
inet_protocols = ipv4
smtpd_tls_cert_file = /test/cert.pem
smtpd_tls_key_file = /test/key.pem
smtpd_tls_security_level = may
""")
master = pathlib.Path("/etc/postfix/master.cf")
master.write_text(master.read_text() + """
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_milters=
465       inet  n       -       y       -       -       smtpd
  -o { syslog_name = postfix/smtps }
  -o smtpd_tls_wrappermode=yes -o smtpd_tls_loglevel=1
127.0.0.1:10025 inet n  -       n       -       -       smtpd
  -o smtpd_milters=
""")
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=mx.example.org", "-keyout", "/test/key.pem",
                "-out", "/test/cert.pem"], check=True, stderr=subprocess.DEVNULL)
see("before")

pathlib.Path("/etc/clamav/clamd.conf").write_text("LocalSocket /run/clamd.ctl\nDatabaseDirectory /var/lib/clamav\n")
pathlib.Path("/test/signatures").mkdir()
pathlib.Path("/test/signatures/own.hdb").write_text("0123456789abcdef0123456789abcdef:68:Harmless.Test\n")
pathlib.Path("/test/clamd.conf").write_text("LocalSocket /run/clamd.ctl\nDatabaseDirectory /test/signatures\nForeground yes\nUser root\n")
pathlib.Path("/etc/clamav/clamav-milter.conf").write_text("MilterSocket inet:7357@127.0.0.1\nClamdSocket unix:/run/clamd.ctl\nForeground yes\nUser root\n")
signatures(1)
clamd = start("clamd", "-c", "/test/clamd.conf")
wait_for("/run/clamd.ctl")
milter = start("clamav-milter", "-c", "/etc/clamav/clamav-milter.conf")
subprocess.run(["postfix", "start"], check=True, stdout=sys.stderr)
time.sleep(1)
see("running, not wired")

postconf("smtpd_milters=inet:localhost:8891, { inet:127.0.0.1:7357, default_action=accept }")
see("wired but for submission")

master.write_text(master.read_text().replace("-o smtpd_milters=\n465", "-o smtpd_client_restrictions=\n465"))
postconf("smtpd_tls_loglevel=1")
see("wired")

signatures(10)
see("old signatures")

signatures(1)
pathlib.Path("/etc/clamav/clamav-milter.conf").write_text("MilterSocket /run/clamav/clamav-milter.ctl\n")
postconf("smtpd_milters=unix:/run/clamav/clamav-milter.ctl")
see("a socket that the chroot hides")

pathlib.Path("/etc/clamav/clamav-milter.conf").write_text("MilterSocket /var/spool/postfix/clamav/clamav-milter.ctl\n")
postconf("smtpd_milters=unix:/clamav/clamav-milter.ctl")
see("a socket in the chroot")

pathlib.Path("/etc/clamav/clamav-milter.conf").write_text(
    "MilterSocket /var/spool/postfix/clamav/clamav-milter.ctl\nOnFail Accept\nMaxFileSize 5M\n")
postconf("smtpd_milters={ unix:/clamav/clamav-milter.ctl, default_action=accept }")
see("fails open, large mail unscanned")

postconf("smtpd_milter_maps=cidr:/etc/postfix/milters", "message_size_limit=1000000")
see("clients may go round")
postconf("-X", "smtpd_milter_maps")

with_milters = master.read_text()
master.write_text(with_milters.replace("-o smtpd_tls_loglevel=1", "-o receive_override_options=no_milters"))
see("no milters at one service")
master.write_text(with_milters)

subprocess.run(["openssl", "genrsa", "-out", "/test/other.pem", "2048"], check=True, stderr=subprocess.DEVNULL)
postconf("smtpd_tls_key_file=/test/other.pem")
see("another key")
postconf("smtpd_tls_key_file=/test/key.pem")

clamd.terminate()
clamd.wait()
see("clamd died")

os.chmod("/test/cert.pem", 0)
os.chmod("/test/key.pem", 0)
os.setuid(65534)
see("as nobody")
os.write(1, json.dumps(facts).encode())
