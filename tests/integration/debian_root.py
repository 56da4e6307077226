# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Debian with a mail server, in a folder: made once with mmdebstrap, used through an overlay in namespaces of its own.

Whatever is started there ends with the test, reaches no network, and leaves the root as it was.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable

from ansible_collections.mailfleet.tls_audit.tests.integration import debian

ROOT = pathlib.Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "roots"
PACKAGES = "postfix,clamav-daemon,clamav-milter,python3,openssl,iproute2"
ENTER = """
set -e
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mount --bind /dev "$work/root/dev"
mount -t tmpfs tmpfs "$work/root/run"
ip link set lo up
mkdir -p "$work/root/test"
cp -a "$2/." "$work/root/test/"
shift 2
exec chroot "$work/root" "$@"
"""


def why_not() -> str | None:
    """Return why no such root can be had here, or None."""
    if os.geteuid() != 0:
        return "only root can make namespaces and roots"
    if not shutil.which("apt-get"):
        return "this is no Debian"
    return None


def make(suite: str, packages: str = PACKAGES, name: str | None = None) -> pathlib.Path:
    """Return the root of a Debian release with these packages, made if it is not there yet. name: of its folder, by default the release's."""
    target = CACHE / (name or suite)
    make_once(target, lambda half: ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", suite, str(half)])
    return target


def make_once(target: pathlib.Path, command: Callable[[pathlib.Path], list[str]]) -> None:
    """Make a root where it is missing, whole or not at all, and wait for another process that makes it. command: for the folder to make it in."""
    with debian.alone(target.with_name(f"{target.name}.lock")):
        if (target / "usr").is_dir():
            return
        if not shutil.which("mmdebstrap"):
            debian.install("mmdebstrap")
        half = target.with_name(f"{target.name}.{os.getpid()}")
        subprocess.run(command(half), stdin=subprocess.DEVNULL, check=True)
        half.rename(target)


def entering(root: pathlib.Path, folder: pathlib.Path, *command: str) -> list[str]:
    """Return the command line that runs a command in a root of its own, where the folder is /test."""
    return ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "sh", "-c", ENTER, "enter", str(root), str(folder), *command]


def run(root: pathlib.Path, folder: pathlib.Path, timeout: int = 240) -> str:
    """Run folder/scenario.py in a root of its own and return what it prints."""
    command = entering(root, folder, "/usr/bin/python3", "/test/scenario.py")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout
