# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mail server in a root of its own needs around it: addresses, devices, a certificate, and someone who takes what it sends to syslog."""

from __future__ import annotations

import os
import socket
import subprocess
import threading

SERVER, SERVER6 = "10.20.0.25", "2001:db8:20::25"
INTERNAL, EXTERNAL, OTHER, EXTERNAL6 = "10.20.0.50", "198.51.100.23", "198.51.100.99", "2001:db8:51::23"


class Syslog(threading.Thread):
    """What programs send to /dev/log, with the host's name put in as a syslog daemon does."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)  # noqa: S103
        self.lines: list[bytes] = []

    def run(self) -> None:
        while True:
            line = self.socket.recv(65536).rstrip(b"\0\n")
            _pri, _close, text = line.partition(b">")
            self.lines.append(text[:15] + b" mx1" + text[15:] + b"\n")


def prepare(*more: str) -> None:
    """An own /dev (the host's is mounted there, and gets no /dev/log from us), addresses, a certificate."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/dev"], check=True)
    for name, minor in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
        subprocess.run(["mknod", "-m", "666", f"/dev/{name}", "c", "1", str(minor)], check=True)
    for address in (f"{SERVER}/24", f"{INTERNAL}/24", f"{EXTERNAL}/32", f"{OTHER}/32", f"{SERVER6}/64", f"{EXTERNAL6}/128",
                    *(f"{one}/24" for one in more)):
        subprocess.run(["ip", "address", "add", address, "dev", "lo", *(["nodad"] if ":" in address else [])], check=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mx1.example.test", "-days", "2", "-keyout", "/test/key.pem",
                    "-out", "/test/cert.pem"], check=True, stderr=subprocess.DEVNULL)
    os.chmod("/test/key.pem", 0o644)  # noqa: S103
