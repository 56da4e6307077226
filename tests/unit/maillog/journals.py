# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real journal files: written by Debian's systemd-journal-remote, which is unpacked into a folder of its own and never installed."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

from ansible_collections.mailfleet.tls_audit.tests.integration import debian

CACHE = Path(__file__).resolve().parents[3] / ".cache" / "journal-remote"
PACKAGE = "systemd-journal-remote"
LIBRARIES = re.compile(r"Depends: (libmicrohttpd\S+|libcurl\S+)")  # those that a plain machine may lack
LINE = re.compile(rb"(?P<stamp>\S+) (?P<host>\S+) (?P<tag>[^\[\s]+)\[(?P<pid>\d+)\]: (?P<message>.*)", re.DOTALL)
MAIL = "2"  # LOG_MAIL


def writer() -> Path:
    """Return the program that writes journal files, fetched on first use."""
    program = CACHE / "lib" / "systemd" / "systemd-journal-remote"
    if not shutil.which("journalctl"):
        debian.install("systemd")
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with debian.apt_alone():
            debian.update()
            needed = LIBRARIES.findall(subprocess.run(["apt-cache", "depends", PACKAGE], capture_output=True, text=True, check=True).stdout)
            subprocess.run(["apt-get", "download", "-qq", PACKAGE, *needed], cwd=CACHE, stdin=subprocess.DEVNULL, capture_output=True, check=True)
        for package in sorted(CACHE.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, CACHE], check=True)
            package.unlink()
    return program


def field(name: str, value: bytes) -> bytes:
    """One field of the export format: text where it may be, else binary (systemd's docs/JOURNAL_EXPORT_FORMATS.md)."""
    if re.fullmatch(rb"[\t -\x7e]*", value):
        return b"%s=%s\n" % (name.encode(), value)
    return b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(value)), value)


def entry(moment: datetime.datetime, message: bytes, **fields: str) -> bytes:
    """One entry; fields are journald's, such as SYSLOG_IDENTIFIER and _UID."""
    micros = round(moment.timestamp() * 1_000_000)
    values = {"SYSLOG_FACILITY": MAIL, "_UID": "0", "_HOSTNAME": "mx1", "_TRANSPORT": "syslog", **fields}
    head = f"__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={micros % 10**12}\n_BOOT_ID={'0' * 31}1\n".encode()
    return head + b"".join(field(name, value.encode()) for name, value in values.items()) + field("MESSAGE", message) + b"\n"


def entries_of(log: bytes, **fields: str) -> list[bytes]:
    """The lines of a log in the RFC 3339 form as entries."""
    made = []
    for line in log.split(b"\n"):
        match = LINE.fullmatch(line)
        if match:
            moment = datetime.datetime.fromisoformat(match["stamp"].decode())
            own = {"SYSLOG_IDENTIFIER": match["tag"].decode(), "SYSLOG_PID": match["pid"].decode(), "_PID": match["pid"].decode(),
                   "_HOSTNAME": match["host"].decode()}
            made.append(entry(moment, match["message"], **{**own, **fields}))
    return made


def write(path: Path, entries: list[bytes]) -> Path:
    """Write a journal file; its name has to end in .journal."""
    program = writer()
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(str(folder) for folder in sorted((CACHE / "usr" / "lib").glob("*-linux-gnu")))}
    done = subprocess.run([program, f"--output={path}", "-"], input=b"".join(entries), capture_output=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return path
