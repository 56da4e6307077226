# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs what a test needs from the distribution's packages, where the tests run as root on a Debian."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def alone(file: pathlib.Path) -> Iterator[None]:
    """Wait until no other process of the tests holds this file, and hold it: several targets of `make test` run at the same time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def apt_alone() -> contextlib.AbstractContextManager[None]:
    """Hold off the tests' other uses of this machine's apt, which fails where another one runs."""
    return alone(pathlib.Path(tempfile.gettempdir()) / f"mailfleet-apt-{os.geteuid()}.lock")


@functools.cache
def update() -> None:
    """Renew apt's lists, once a process. Call it with `apt_alone`."""
    subprocess.run(["apt-get", "update", "-qq"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def install(package: str) -> None:
    """Install a package; whether it worked shows when it is used."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    with apt_alone():
        update()
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)


def unpack(package: str, folder: pathlib.Path) -> pathlib.Path:
    """A package's files below ``folder``, without installing it: none of its services starts. Raises where there is no such package."""
    folder.mkdir(parents=True, exist_ok=True)
    with apt_alone():
        update()
        # Without a sandbox of its own: that account could not write here.
        subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package], cwd=folder, stdin=subprocess.DEVNULL, check=True)
    (archive,) = folder.glob(f"{package}_*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / "root")], check=True)
    return folder / "root"
