# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release's tarball, built once, and the collection installed from it."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from . import environment

BUILD = pathlib.Path(__file__).parents[1] / "tools" / "build_release.py"


def build(folder: pathlib.Path, **more: str) -> pathlib.Path:
    """Build the release into a folder."""
    return pathlib.Path(environment.run("python", str(BUILD), str(folder), folder=folder, **more).split()[-1])


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    assert sys.version_info >= (3, 11)
    return build(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def installed(tarball: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A collections path that holds the release and nothing else."""
    folder = tmp_path_factory.mktemp("collections")
    environment.run("ansible-galaxy", "collection", "install", str(tarball), "-p", str(folder), "--no-deps", "--offline", folder=folder)
    return folder


@pytest.fixture(scope="session")
def collection(installed: pathlib.Path) -> pathlib.Path:
    folder = installed / "ansible_collections" / "mailfleet" / "tls_audit"
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder
