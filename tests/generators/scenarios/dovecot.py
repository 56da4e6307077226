# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Debian's Dovecot in its own root and network and log in in every way. Prints JSON: set-up -> its log, configuration and truth."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import time
from typing import Any

sys.path.insert(0, "/test")
from own_system import INTERNAL, EXTERNAL, EXTERNAL6, SERVER, SERVER6, Syslog, prepare  # noqa: E402  # pylint: disable=wrong-import-position,import-error

# An address that Dovecot trusts without TLS: `secured`, and no TLS.
TRUSTED = "10.20.0.60"
COMMON = f"""protocols = imap pop3 submission sieve
ssl = yes
auth_mechanisms = plain
login_trusted_networks = {TRUSTED}
submission_relay_host = 127.0.0.1
first_valid_uid = 1
"""
CONF_2_3 = COMMON + """ssl_cert = </test/cert.pem
ssl_key = </test/key.pem
disable_plaintext_auth = no
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=mail gid=mail home=/srv/%u
}
mail_location = maildir:~/Maildir
"""
CONF_2_4 = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" + COMMON + """ssl_server_cert_file = /test/cert.pem
ssl_server_key_file = /test/key.pem
auth_allow_cleartext = yes
passdb static {
  password = secret
}
userdb static {
  fields {
    uid = mail
    gid = mail
    home = /srv/%{user}
  }
}
mail_driver = maildir
mail_path = ~/Maildir
"""
SET_UPS = {"A-own-file": "log_path = /var/log/dovecot.log\n", "B-syslog": "log_path = syslog\n"}
# Protocol -> port, port of implicit TLS, the command that begins TLS.
PORTS = {"imap": (143, 993, "a STARTTLS"), "pop3": (110, 995, "STLS"), "submission": (587, None, "STARTTLS"), "managesieve": (4190, None, "STARTTLS")}


def log_in(protocol: str, src: str, how: str, password: str = "secret") -> dict[str, Any]:
    """Log in once. how: none, starttls or implicit."""
    port, implicit, starttls = PORTS[protocol]
    server = "127.0.0.1" if src == "127.0.0.1" else SERVER6 if ":" in src else SERVER
    connection: socket.socket = socket.socket(socket.AF_INET6 if ":" in src else socket.AF_INET)
    connection.settimeout(20)
    connection.bind((src, 0))
    connection.connect((server, implicit if how == "implicit" and implicit else port))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def ask(text: str | None) -> bytes:
        if text is not None:
            connection.sendall(text.encode() + b"\r\n")
        time.sleep(0.15)
        return connection.recv(8192)

    if how == "implicit":
        connection = context.wrap_socket(connection)
    ask(None)
    if how == "starttls":
        if protocol == "submission":
            ask("EHLO client.sender.test")
        ask(starttls)
        connection = context.wrap_socket(connection)
        if protocol == "managesieve":
            ask(None)
    token = base64.b64encode(f"\0alice\0{password}".encode()).decode()
    if protocol == "imap":
        answer = ask(f"a LOGIN alice {password}")
    elif protocol == "pop3":
        ask("USER alice")
        answer = ask(f"PASS {password}")
    elif protocol == "submission":
        ask("EHLO client.sender.test")
        answer = ask(f"AUTH PLAIN {token}")
    else:
        answer = ask(f'AUTHENTICATE "PLAIN" "{token}"')
    connection.close()
    return {"protocol": protocol, "src": src, "tls": how, "right_password": password == "secret", "answer": answer.decode("latin-1")[:60]}


def run(settings: str, syslog: Syslog) -> dict[str, Any]:
    version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    conf = (CONF_2_3 if version.startswith("2.3") else CONF_2_4) + settings
    pathlib.Path("/test/dovecot.conf").write_text(conf)
    os.makedirs("/srv/alice", exist_ok=True)
    subprocess.run(["chown", "mail:mail", "/srv/alice"], check=True)
    syslog.lines.clear()
    daemon = subprocess.Popen(["dovecot", "-F", "-c", "/test/dovecot.conf"])
    time.sleep(2)
    truth = []
    for protocol, (_port, implicit, _starttls) in PORTS.items():
        for src in (INTERNAL, EXTERNAL, EXTERNAL6, "127.0.0.1", SERVER, TRUSTED):
            for how in ("none", "starttls", *(["implicit"] if implicit else [])):
                truth.append(log_in(protocol, src, how))
        truth.append(log_in(protocol, EXTERNAL, "starttls", "wrong"))
    with socket.create_connection((SERVER, 993)) as garbage:
        garbage.sendall(b"EHLO x\r\n")
        garbage.recv(100)
    time.sleep(1)
    daemon.terminate()
    daemon.wait(20)
    log = b"".join(syslog.lines) if "syslog" in settings else pathlib.Path("/var/log/dovecot.log").read_bytes()
    return {"log": log.decode("latin-1"), "conf": conf, "logins": truth}


def main() -> None:
    prepare(TRUSTED)
    syslog = Syslog()
    syslog.start()
    version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    print(json.dumps({"version": version, "set_ups": {name: run(settings, syslog) for name, settings in SET_UPS.items()}}))


main()
