# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the README's pictures: the report of a made-up fleet of 42 servers, as two audits a month apart leave it.

    make pictures    (Chromium, and Debian's fonts-inter, fonts-noto-cjk, poppler-utils and pngquant)
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile

from ansible_collections.mailfleet.tls_audit.tests.integration import chromium, debian, devtools, fleet_report

# Name, page, width and height in CSS pixels, colour scheme.
SHOTS = (
    ("report", "index.html", 1440, 1180, "light"),
    ("report-dark", "index.html", 1440, 1180, "dark"),
    ("report-ja", "index.ja.html", 1440, 1180, "light"),
    ("report-phone", "index.html", 390, 844, "light"),
)
TOOLS = {"pngquant": "pngquant", "pdftoppm": "poppler-utils"}


def shrink(picture: pathlib.Path) -> None:
    """Keep 128 colours: a page of text and flat areas has few more, and the file is a third."""
    subprocess.run(["pngquant", "--force", "--skip-if-larger", "--strip", "--speed", "1", "--output", str(picture), "128", str(picture)], check=False)


def scroll_to(tab: devtools.Tab, selector: str) -> None:
    """Bring an element to the window's upper edge."""
    tab.run(f"window.scrollTo({{top: document.querySelector('{selector}').getBoundingClientRect().top + scrollY - 14, behavior: 'instant'}})")


def main(target: pathlib.Path) -> int:
    """Write the pictures into a folder."""
    browser = chromium.find()
    assert browser, "no Chromium on this machine"
    for tool, package in TOOLS.items():
        if shutil.which(tool) is None:
            debian.install(package)
    chromium.install_japanese_font()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mailfleet-pictures-") as text, devtools.tab(browser) as tab:
        folder = fleet_report.make_report(pathlib.Path(text))
        for name, page, width, height, scheme in SHOTS:
            tab.look(width, height, scheme, scale=2 if width < 600 else 1, phone=width < 600)
            tab.open(folder / page)
            tab.picture(target / f"{name}.png")
        tab.look(1440, 900)
        tab.open(folder / "index.html")
        scroll_to(tab, ".results")
        tab.picture(target / "report-servers.png")
        tab.pdf(folder / "report.pdf")
        first_page = ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1", "-singlefile"]
        subprocess.run([*first_page, str(folder / "report.pdf"), str(target / "report-print")], check=True)
        for picture in target.glob("report*.png"):
            shrink(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
