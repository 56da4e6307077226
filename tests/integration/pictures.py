# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the README's pictures: the report of the example fleet, as two audits two weeks apart leave it.

The audits are real runs of the playbook on inventory.example, the first on the logs up to its day and before a gateway was declared. Only
the day that each was made on is put into its records, for the logs do not change with the day on which the pictures are taken.

    make pictures    (Chromium, and Debian's fonts-inter, fonts-noto-cjk, poppler-utils and pngquant)
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import usual_call
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import record_bytes
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.version import collection_version
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, render, write
from ansible_collections.mailfleet.tls_audit.tests.integration import chromium, debian, devtools
from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import ROOT, run_playbook

# Name, page, width and height in CSS pixels, colour scheme.
SHOTS = (
    ("report", "index.html", 1440, 1180, "light"),
    ("report-dark", "index.html", 1440, 1180, "dark"),
    ("report-ja", "index.ja.html", 1440, 1180, "light"),
    ("report-phone", "index.html", 390, 844, "light"),
)
LANGUAGES = ("en", "ja")
EXAMPLE = ROOT / "inventory.example"
# The day of each audit, the end of the logs that it read, and what its inventory did not say yet.
AUDITS = (("2026-11-10", "2026-11-09", ' audit_declared_antivirus="departmental gateway"'), ("2026-11-24", "2026-11-24", ""))
TOOLS = {"pngquant": "pngquant", "pdftoppm": "poppler-utils"}


def shrink(picture: pathlib.Path) -> None:
    """Keep 128 colours: a page of text and flat areas has few more, and the file is a third."""
    subprocess.run(["pngquant", "--force", "--skip-if-larger", "--strip", "--speed", "1", "--output", str(picture), "128", str(picture)], check=False)


def example_report(folder: pathlib.Path) -> pathlib.Path:
    """Audit the example fleet twice and return the folder of its report."""
    playbook = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
    report = folder / "report"
    for day, until, undeclared in AUDITS:
        # Beside the example's own logs, which the inventory looks for there.
        (folder / "tests").mkdir(exist_ok=True)
        if not (folder / "tests/fixtures").exists():
            (folder / "tests/fixtures").symlink_to(ROOT / "tests/fixtures")
        inventory = folder / "inventory.example"
        inventory.write_text(EXAMPLE.read_text().replace(undeclared, "") if undeclared else EXAMPLE.read_text())
        audited = run_playbook(playbook, folder / "audit", "-e", f"audit_until={until}", inventory=inventory)
        assert audited.code == 0, audited.output
        for path in (folder / "audit" / "records").iterdir():
            record = json.loads(path.read_bytes())
            record.update(audited_at=f"{day}T12:00:00+00:00", run_id=f"{day.replace('-', '')}T120000Z-example")
            (report / "records").mkdir(parents=True, exist_ok=True)
            (report / "records" / path.name).write_bytes(record_bytes(record))
        # As whoever tried `make audit` in a clone gets it: the pictures show no temporary folder of this machine.
        call = replace(usual_call(), inventories=(EXAMPLE.name,), languages=LANGUAGES)
        write(render(report / "records", Options(languages=LANGUAGES, collection_version=collection_version(), call=call), report / "history"), report)
    return report


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
    chromium.install_preferred_font()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mailfleet-pictures-") as text, devtools.tab(browser) as tab:
        folder = example_report(pathlib.Path(text))
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
