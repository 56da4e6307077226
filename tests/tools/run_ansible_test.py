# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` of one virtual environment on a copy of this checkout.

    .venv-new/bin/python tests/tools/run_ansible_test.py

ansible-test wants to stand in ansible_collections/NAMESPACE/NAME, for real and outside of another checkout (within one it finds no files and
passes). It would fetch pip's installer from a host of its own; a stand-in that installs the same pip from the package index takes its place.
What it makes is kept below .cache, for the next run.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import checkout
import pythons

ROOT = pathlib.Path(__file__).parents[2]
# Logs as they were written, stray line ends and all: data, not code.
LEFT_OUT = ("collections", "tests/fixtures")
GET_PIP = '''"""Install pip, and what else is asked for, with the pip of a wheel that was downloaded beforehand."""
import runpy
import sys
sys.path.insert(0, {wheel!r})
sys.argv = ["pip", "install"] + [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
runpy.run_module("pip", run_name="__main__")
'''


def provide_pip(home: pathlib.Path) -> None:
    """Put a stand-in for each version of pip's installer that this ansible-test asks for."""
    import ansible_test

    source = (pathlib.Path(ansible_test.__file__).parent / "_internal" / "python_requirements.py").read_text()
    versions = sorted(set(re.findall(r"\bpip='([\d.]+)'", source)))
    assert versions, "this ansible-test names its pip otherwise"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), f"pip=={version}"], check=True)
            script.write_text(GET_PIP.format(wheel=str(next(cache.glob(f"pip-{version}-*.whl")))))


def provide_virtualenv(home: pathlib.Path) -> None:
    """Give Python 2.7 the virtualenv that the import test needs there, where there is a Python 2.7."""
    python = pythons.pythons().get((2, 7))
    if python is None:
        print("LOUD: no Python 2.7 on this machine: ansible-test does NOT compile and import the modules under it", file=sys.stderr)
        return
    command = [str(python), "-m", "pip", "install", "--quiet", "--user", "--disable-pip-version-check", "virtualenv<20.22"]
    subprocess.run(command, env={**os.environ, "HOME": str(home)}, check=True)


def main() -> int:
    home = ROOT / ".cache" / "ansible-test" / pathlib.Path(sys.prefix).name
    provide_pip(home)
    provide_virtualenv(home)
    environment = {**os.environ, "HOME": str(home), "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{pythons.search_path()}"}
    with tempfile.TemporaryDirectory(prefix="ansible-test-") as folder:
        target = pathlib.Path(folder) / "ansible_collections" / "mailfleet" / "tls_audit"
        checkout.copy(target, *LEFT_OUT)
        command = [str(pathlib.Path(sys.executable).parent / "ansible-test"), "sanity", "--color", "no", *sys.argv[1:]]
        done = subprocess.run(
            command, cwd=target, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout)
    if "All targets skipped" in done.stdout:
        print("ansible-test tested nothing", file=sys.stderr)
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
