# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine around a mail server: addresses on loopback, a /dev of its own, a syslog socket whose lines are kept, users, a certificate."""

from __future__ import annotations

import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

INTERNAL = ["10.20.0.50", "10.20.0.51"]
EXTERNAL = ["198.51.100.23", "203.0.113.99", "2001:db8:51::23"]
BANNED = "203.0.113.66"
SERVER = {4: "10.20.0.25", 6: "2001:db8:20::25"}
HOST = "mx1"
_LIBC = ctypes.CDLL(None, use_errno=True)
_MS_BIND = 4096
_DATAGRAM = re.compile(rb"<(\d+)>([A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d) ([^\s\[]+)\[(\d+)\]: (.*)", re.DOTALL)


def mount(source: str, target: str, kind: str, flags: int = 0) -> None:
    if _LIBC.mount(source.encode(), target.encode(), kind.encode(), flags, None):
        raise OSError(ctypes.get_errno(), f"mount {source} on {target}")


def set_up() -> None:
    """Make /dev, the addresses, names and users."""
    os.makedirs("/run/devices")
    mount("/dev", "/run/devices", "", _MS_BIND)
    mount("tmpfs", "/dev", "tmpfs")
    for name in ("null", "zero", "random", "urandom", "tty"):
        pathlib.Path("/dev", name).touch()
        mount(f"/run/devices/{name}", f"/dev/{name}", "", _MS_BIND)
    os.symlink("/proc/self/fd", "/dev/fd")
    for address in [*INTERNAL, *EXTERNAL, BANNED, *SERVER.values()]:
        subprocess.run(["ip", "addr", "add", address + ("/128" if ":" in address else "/32"), "dev", "lo"], check=True)
    pathlib.Path("/etc/hosts").write_text(
        "127.0.0.1 localhost\n::1 localhost\n10.20.0.25 mx1.example.test mx1\n10.20.0.50 app1.corp.example.test\n198.51.100.23 mail.sender.test\n")
    pathlib.Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
    pathlib.Path("/etc/mailname").write_text("mx1.example.test\n")
    with open("/etc/passwd", "a") as users:
        for number, name in enumerate(("alice", "bob", "carol"), 2001):
            users.write(f"{name}:x:{number}:{number}::/home/{name}:/bin/sh\n")
            os.makedirs(f"/home/{name}")
            os.chown(f"/home/{name}", number, number)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=mx1.example.test",
                    "-keyout", "/test/key.pem", "-out", "/test/cert.pem"], check=True, stderr=subprocess.DEVNULL)
    os.chmod("/test/key.pem", 0o600)


class Syslog:
    """Keeps what daemons send to /dev/log, as (PRI, stamp, tag, pid, message)."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, str, int, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            match = _DATAGRAM.match(self._socket.recv(65536).rstrip(b"\0\n"))
            if match:
                pri, stamp, tag, pid, text = match.groups()
                # rsyslog writes control characters as their octal number.
                line = "".join(f"#{ord(c):03o}" if ord(c) < 32 or ord(c) == 127 else c for c in text.decode("utf-8", "replace"))
                self.rows.append((int(pri), stamp.decode(), tag.decode(), int(pid), line))

    def settle(self, seconds: float = 1.0) -> None:
        """Wait until nothing came for so long."""
        count = -1
        while count != len(self.rows):
            count = len(self.rows)
            time.sleep(seconds)

    def forms(self) -> dict[str, str]:
        """Return the log as rsyslog's TraditionalFileFormat, FileFormat and SyslogProtocol23Format write it."""
        bsd, iso, rfc5424 = [], [], []
        for pri, stamp, tag, pid, text in self.rows:
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.strptime(f"{time.gmtime().tm_year} {stamp}", "%Y %b %d %H:%M:%S")) + "+00:00"
            bsd.append(f"{stamp} {HOST} {tag}[{pid}]: {text}\n")
            iso.append(f"{moment} {HOST} {tag}[{pid}]: {text}\n")
            rfc5424.append(f"<{pri}>1 {moment} {HOST} {tag} {pid} - -  {text}\n")
        return {"maillog": "".join(bsd), "maillog.iso": "".join(iso), "maillog.rfc5424": "".join(rfc5424)}


def next_pid(pid: int) -> None:
    """Let the kernel give this process id to the next process of the namespace."""
    pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))


def children(pid: int) -> set[int]:
    found = set()
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.add(int(stat.parent.name))
    return found


def wait_for_port(port: int, seconds: float = 30) -> None:
    """Wait until something listens, without connecting: that would be a session."""
    end = time.monotonic() + seconds
    listening = re.compile(rf":{port:04X} [0-9A-F:]+ 0A ")
    while not any(listening.search(pathlib.Path("/proc/net", name).read_text()) for name in ("tcp", "tcp6")):
        if time.monotonic() > end:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.1)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
