# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time the report of 5,000 servers: rendered on the controller, and loaded, sorted, filtered and printed in headless Chromium.

    python tests/benchmarks/report.py [HOSTS]

Prints each figure beside its aim; never passes or fails by the time.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT)]

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import build_fleet  # noqa: E402
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import read_records  # noqa: E402
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds  # noqa: E402
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, render, write  # noqa: E402
from ansible_collections.mailfleet.tls_audit.tests.generators.fleet_records import write_fleet  # noqa: E402
from ansible_collections.mailfleet.tls_audit.tests.integration import chromium, devtools  # noqa: E402
from ansible_collections.mailfleet.tls_audit.tests.integration.fleet_report import make_pages  # noqa: E402

LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"
# Until the sorted rows are laid out, and not only until the script has ended.
AFTER = "(() => {{ const start = performance.now(); {action}; document.body.getBoundingClientRect(); return (performance.now() - start) / 1000; }})()"
SORT = AFTER.format(action="document.querySelector('button[data-column=\"8\"]').click()")
FILTER = AFTER.format(action="filter.value = 'chem'; filter.dispatchEvent(new Event('input'))")


def say(what: str, value: float, aim: float, unit: str = "s") -> None:
    print(f"{what:<44} {value:8.2f} {unit:<3} aim {aim:g} {unit}, {value / aim:.2f} of it")


def in_the_browser(page: pathlib.Path) -> None:
    browser = chromium.find()
    assert browser, "no Chromium on this machine"
    with devtools.tab(browser) as tab:
        tab.look(1480, 900)
        times = []
        for _round in range(3):
            tab.open(page)
            tab.run("new Promise(done => setTimeout(done, 300))")
            times.append((tab.run(LOADED), tab.run(SORT), tab.run(FILTER)))
        for what, aim, values in zip(("load", "sort by a number", "filter"), (2, 0.5, 0.5), zip(*times)):
            say(f"{what} (median of 3)", sorted(values)[1], aim)
        tab.open(page)
        start = time.perf_counter()
        tab.pdf(page.with_suffix(".pdf"))
        say("print to PDF", time.perf_counter() - start, 5)
        if not shutil.which("pdfinfo"):
            print("sheets of paper: not counted, there is no pdfinfo (poppler-utils)")
            return
        done = subprocess.run(["pdfinfo", str(page.with_suffix(".pdf"))], capture_output=True, text=True, check=False)
        sheets = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("Pages")]
        if sheets:
            say("sheets of paper", float(sheets[0]), 20, "")


def main(hosts: int) -> int:
    with tempfile.TemporaryDirectory(prefix="mailfleet-benchmark-") as text:
        folder = pathlib.Path(text)
        write_fleet(folder / "records", hosts)
        start, used = time.perf_counter(), time.process_time()
        fleet = build_fleet(read_records(folder / "records"), Thresholds())
        print(f"{hosts} servers; records read and checked in {time.perf_counter() - start:.2f} s ({time.process_time() - used:.2f} s of processor)")
        start, used = time.perf_counter(), time.process_time()
        pages = make_pages(fleet, folder)
        say("pages rendered, details included", time.perf_counter() - start, 5)
        say("  of which processor time", time.process_time() - used, 5)
        say("index.html", len(pages["index.html"]) / 1e6, 10, "MB")
        if len(pages) > 1:
            print(f"{len(pages) - 1} files of details, the largest {max(map(len, list(pages.values())[1:])) / 1e6:.2f} MB")
        start, used = time.perf_counter(), time.process_time()
        write(render(folder / "records", Options(), folder / "history"), folder / "whole")
        say("all that the plugin does: read, render, write", time.perf_counter() - start, 10)
        say("  of which processor time", time.process_time() - used, 10)
        in_the_browser(folder / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000))
