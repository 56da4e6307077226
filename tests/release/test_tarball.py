# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball passes what Galaxy asks of it, and is the same wherever it is built."""

from __future__ import annotations

import os
import pathlib
import tarfile

from .conftest import build
from .environment import run

IMPORTER = """
[galaxy-importer]
RUN_ANSIBLE_TEST = False
OFFLINE_ANSIBLE_LINT = True
"""


def test_galaxy_imports_it(tarball: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "importer.cfg").write_text(IMPORTER)
    shown = run("python", "-m", "galaxy_importer.main", str(tarball), folder=tmp_path,
                GALAXY_IMPORTER_CONFIG=str(tmp_path / "importer.cfg"), HOME=str(tmp_path))
    assert "Importer processing completed successfully" in shown
    # What ansible-test already judged by its own, stricter rules is not asked again.
    assert not [line for line in shown.splitlines() if line.startswith(("WARNING", "ERROR"))], shown


def test_the_documentation_is_sound(collection: pathlib.Path) -> None:
    run("antsibull-docs", "lint-collection-docs", "--plugin-docs", ".", folder=collection, ANSIBLE_COLLECTIONS_PATH=str(collection.parents[2]))


def test_every_builder_gets_the_same_bytes(tarball: pathlib.Path, tmp_path: pathlib.Path) -> None:
    before = os.umask(0o077)
    try:
        again = build(tmp_path, TZ="Asia/Tokyo", HOME=str(tmp_path))
    finally:
        os.umask(before)
    assert again.read_bytes() == tarball.read_bytes()


def test_nothing_in_it_tells_who_built_it(tarball: pathlib.Path) -> None:
    with tarfile.open(tarball) as archive:
        members = archive.getmembers()
    assert len({member.mtime for member in members}) == 1
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert [member.name for member in members[:2]] == ["MANIFEST.json", "FILES.json"]
