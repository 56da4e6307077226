# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log folder with all that a log folder may hold: rotations, every compression, hostile names, links, a FIFO, two names of one file."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pathlib
import shutil

from .playbooks import ROOT

LOG = ROOT / "tests/fixtures/real-logs/postfix-3.7.11-debian12/A-loglevel1"
HOSTILE = (
    "maillog-20261101\n/etc/passwd", "maillog-$(touch pwned)", "maillog-`touch pwned`", "maillog-'\"; touch pwned; '", "maillog- *", "maillog-\\000",
    "maillog-%s%n", "maillog-\udcff\udcfe", "maillog--rf", "maillog-\u2028",
)
SESSIONS = 72


def fill(folder: pathlib.Path) -> None:
    """Fill a folder. `maillog*` names logs, as a glob takes them; `odd/*` the hostile names."""
    folder.mkdir(parents=True)
    lines = (LOG / "maillog").read_bytes().splitlines(keepends=True)
    lines = [line for line in lines if line.strip()]
    fifth = len(lines) // 5
    parts = [b"".join(lines[position * fifth:(position + 1) * fifth if position < 4 else None]) for position in range(5)]
    for name, data in (
        ("maillog.4.xz", lzma.compress(parts[0])), ("maillog.3.bz2", bz2.compress(parts[1])), ("maillog.2.gz", gzip.compress(parts[2], mtime=0)),
        ("maillog.1", parts[3]), ("maillog", parts[4]), ("maillog.1.gz", gzip.compress(parts[3], mtime=0)),
    ):
        (folder / name).write_bytes(data)
    os.link(folder / "maillog", folder / "maillog.5")
    os.symlink("maillog.1", folder / "maillog.6")
    os.symlink("../elsewhere", folder / "maillog.7")
    os.symlink("nowhere", folder / "maillog.8")
    os.mkfifo(folder / "maillog.9")
    (folder / "maillog.10").mkdir()
    (folder / "maillog.11.gz").write_bytes(gzip.compress(parts[2][:2000], mtime=0)[:-20])
    (folder / "maillog.12").write_bytes(b"")
    (folder.parent / "elsewhere").write_bytes(parts[0])
    odd = folder / "odd"
    odd.mkdir()
    for number, name in enumerate(HOSTILE):
        # No two alike, so that none is a duplicate.
        path = os.fsencode(odd) + b"/" + os.fsencode(name.replace("/", "_"))
        with open(path, "wb") as file:
            file.write((LOG / "maillog.iso").read_bytes().replace(b"2026-11-24", b"2026-11-%02d" % (number + 10)))
    secret = folder / "secret"
    secret.mkdir()
    shutil.copy(LOG / "maillog.iso", secret / "maillog")
    (secret / "maillog").chmod(0o600)
