# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's tarball so that whoever builds the same commit gets the same bytes, and can check what was published.

    .venv-release/bin/python tests/tools/build_release.py FOLDER     prints the tarball's path and SHA-256

ansible-galaxy builds it; what differs from machine to machine (order, owners, times) is evened out afterwards. The time is the commit's,
or SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import checkout

FIRST = ("MANIFEST.json", "FILES.json")


def commit_time() -> int:
    """The time that all files get: SOURCE_DATE_EPOCH, else the last commit's."""
    named = os.environ.get("SOURCE_DATE_EPOCH")
    if named:
        return int(named)
    shown = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=checkout.ROOT, capture_output=True, text=True, check=True)
    return int(shown.stdout)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _evened(tarball: pathlib.Path) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    """Every member by name; the list of files sorted, and its digest in the manifest put right."""
    members: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
    with tarfile.open(tarball) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            members[member.name] = (member, stream.read() if stream else b"")
    files = json.loads(members["FILES.json"][1])
    files["files"].sort(key=lambda entry: entry["name"])
    listed = _json(files)
    manifest = json.loads(members["MANIFEST.json"][1])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(listed).hexdigest()
    members["FILES.json"] = (members["FILES.json"][0], listed)
    members["MANIFEST.json"] = (members["MANIFEST.json"][0], _json(manifest))
    return members


def even_out(tarball: pathlib.Path, target: pathlib.Path, moment: int) -> None:
    """Write a collection's tarball again with nothing in it that depends on who built it."""
    members = _evened(tarball)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(members, key=lambda name: (name not in FIRST, FIRST.index(name) if name in FIRST else 0, name)):
            old, content = members[name]
            new = tarfile.TarInfo(name)
            new.type, new.size, new.mtime = old.type, len(content), moment
            new.mode = 0o755 if old.isdir() or old.mode & 0o100 else 0o644
            archive.addfile(new, io.BytesIO(content))
    with open(target, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as packed:
        packed.write(plain.getvalue())


def build(folder: pathlib.Path) -> pathlib.Path:
    """Build the tarball of this checkout into a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="release-") as temporary:
        source, built = pathlib.Path(temporary, "source"), pathlib.Path(temporary, "built")
        source.mkdir()
        checkout.copy(source)
        command = [str(pathlib.Path(sys.executable).parent / "ansible-galaxy"), "collection", "build", "--output-path", str(built)]
        subprocess.run(command, cwd=source, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        tarball = next(built.iterdir())
        target = folder / tarball.name
        even_out(tarball, target, commit_time())
    return target


def main() -> int:
    target = build(pathlib.Path(sys.argv[1]))
    print(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
