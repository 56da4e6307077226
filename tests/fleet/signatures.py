# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror's folder of signatures that ClamAV's authors signed, so that a real freshclam takes them.

Signed databases of a few KB come with ClamAV's source, for its own tests; Debian has that source. A database's name is not part of what is signed, so one
that its authors call test stands here for the main and the daily one. It knows no EICAR.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import tarfile
import tempfile

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root

FOLDER = debian_root.CACHE.with_name("signatures")
FILES = {"daily.cvd": "freshclam_testfiles/test-6.cvd", "main.cvd": "freshclam_testfiles/test-6.cvd", "bytecode.cvd": "bytecode_sigs/bytecode.cvd"}


def mirror() -> pathlib.Path:
    """Return the folder, made if it is not there yet."""
    if not FOLDER.is_dir():
        with tempfile.TemporaryDirectory() as work, tarfile.open(_source(pathlib.Path(work))) as archive:
            members = [member for member in archive if member.name.endswith(".cvd")]
            half = FOLDER.with_name("signatures.new")
            half.mkdir(parents=True, exist_ok=True)
            for name, original in FILES.items():
                (found,) = (member for member in members if member.name.endswith(original))
                content = archive.extractfile(found)
                assert content
                (half / name).write_bytes(content.read())
            half.rename(FOLDER)
    return FOLDER


def _source(work: pathlib.Path) -> pathlib.Path:
    """Download ClamAV's source, of whichever version the mirror of this machine has."""
    (work / "sources").mkdir()
    (work / "lists" / "partial").mkdir(parents=True)
    for path in (pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*")):
        if path.suffix in (".list", ".sources") and path.is_file():
            text = re.sub(r"^(Types:\s*)deb\b.*$|^deb\s", lambda match: f"{match[1]}deb-src" if match[1] else "deb-src ", path.read_text(), flags=re.MULTILINE)
            (work / "sources" / path.name).write_text(text)
    settings = ("-o", f"Dir::State::lists={work}/lists", "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={work}/sources",
                "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "-o", "APT::Sandbox::User=root")
    subprocess.run(["apt-get", *settings, "update", "-qq"], check=True, stdin=subprocess.DEVNULL)
    shown = subprocess.run(["apt-cache", *settings, "showsrc", "clamav"], check=True, capture_output=True, text=True).stdout
    for version in re.findall(r"^Version: (.*)$", shown, re.MULTILINE):
        subprocess.run(["apt-get", *settings, "source", "-qq", "--download-only", "--tar-only", f"clamav={version}"], cwd=work, check=False)
        for path in work.glob("clamav_*.orig.tar.*"):
            return path
    raise AssertionError("no source of ClamAV can be had from the mirror of this machine")
