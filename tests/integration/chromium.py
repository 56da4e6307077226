# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real, headless Chromium: what a page looks like, what it holds, what its console says.

    make pictures    takes the README's
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from ansible_collections.mailfleet.tls_audit.tests.integration import debian

# Without a sandbox, for tests run as root in containers; without the background traffic, for nothing is reached.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb",
)


def find() -> str | None:
    """Return Chromium's path. Debian's package is installed where that is possible and none is there."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        debian.install("chromium")
        found = shutil.which("chromium")
    return found


def _no_font(pattern: str) -> bool:
    return not shutil.which("fc-list") or not subprocess.run(["fc-list", pattern], capture_output=True, text=True, check=False).stdout.strip()


def install_japanese_font() -> None:
    """Debian's fonts-noto-cjk, where no font has Japanese."""
    if _no_font(":lang=ja"):
        debian.install("fonts-noto-cjk")


def install_preferred_font() -> None:
    """Debian's fonts-inter: the first font that the page asks for."""
    if _no_font("Inter"):
        debian.install("fonts-inter")


def _run(chromium: str, page: pathlib.Path, *flags: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        command = [chromium, *FLAGS, f"--user-data-dir={profile}", *flags, page.resolve().as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def open_page(chromium: str, page: pathlib.Path) -> tuple[str, list[str]]:
    """Return the page's document once it has loaded, and all that was said on its console."""
    done = _run(chromium, page, "--enable-logging=stderr", "--dump-dom", "--virtual-time-budget=3000")
    return done.stdout, re.findall(r"CONSOLE[^\n]*", done.stderr)


def take_picture(chromium: str, page: pathlib.Path, picture: pathlib.Path, width: int = 1480, height: int = 1200) -> None:
    """Write a PNG of the page's upper part."""
    done = _run(chromium, page, f"--window-size={width},{height}", f"--screenshot={picture}")
    assert picture.exists(), done.stderr


if __name__ == "__main__":
    browser = find()
    assert browser, "no Chromium on this machine"
    take_picture(browser, pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *(int(number) for number in sys.argv[3:5]))
