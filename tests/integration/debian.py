# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs what a test needs from the distribution's packages, where the tests run as root on a Debian."""

from __future__ import annotations

import os
import pathlib
import subprocess


def install(package: str) -> None:
    """Install a package; whether it worked shows when it is used."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]):
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)


def unpack(package: str, folder: pathlib.Path) -> pathlib.Path:
    """A package's files below ``folder``, without installing it: none of its services starts. Raises where there is no such package."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "update", "-qq"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    # Without a sandbox of its own: that account could not write here.
    subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package], cwd=folder, stdin=subprocess.DEVNULL, check=True)
    (archive,) = folder.glob(f"{package}_*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / "root")], check=True)
    return folder / "root"
