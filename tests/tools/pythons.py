# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Pythons of this machine: those on the PATH and pyenv's, without pyenv's shims, which fail for versions that are not active.

    python3 tests/tools/pythons.py best 3.10 3.12    prints the newest from 3.10 to 3.12
    python3 tests/tools/pythons.py path              prints a PATH with all of them
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys


def _folders() -> list[pathlib.Path]:
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    named = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder and pathlib.Path(folder).name != "shims"]
    return named + sorted(folder for folder in pyenv.glob("versions/*/bin") if not folder.parent.is_symlink())


def pythons() -> dict[tuple[int, int], pathlib.Path]:
    """Return (major, minor) -> interpreter; the first found of each."""
    found: dict[tuple[int, int], pathlib.Path] = {}
    for folder in _folders():
        for path in sorted(folder.glob("python*")) if folder.is_dir() else []:
            match = re.fullmatch(r"python(\d)\.(\d+)", path.name)
            if match and os.access(path, os.X_OK):
                found.setdefault((int(match[1]), int(match[2])), path)
    own = sys.version_info[:2]
    found.setdefault(own, pathlib.Path(sys.executable))
    return found


def _works(python: pathlib.Path) -> bool:
    return subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0


def best(lowest: str, highest: str) -> pathlib.Path | None:
    """Return the newest Python within two versions, both included, that can make virtual environments."""
    low, high = (tuple(int(part) for part in version.split(".")) for version in (lowest, highest))
    for version, path in sorted(pythons().items(), reverse=True):
        if low <= version <= high and _works(path):
            return path
    return None


def search_path() -> str:
    """Return a PATH on which all Pythons are found."""
    return os.pathsep.join(dict.fromkeys(str(folder) for folder in [*_folders(), *(path.parent for path in pythons().values())]))


def main() -> int:
    if sys.argv[1] == "path":
        print(search_path())
        return 0
    python = best(sys.argv[2], sys.argv[3])
    if python is None:
        wanted = f"No Python {sys.argv[2]} to {sys.argv[3]} with venv was found on the PATH or in pyenv"
        print(f"{wanted}; install one (Debian: python3 and python3-venv)", file=sys.stderr)
        return 1
    print(python)
    return 0


if __name__ == "__main__":
    sys.exit(main())
