# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""axe-core, which checks a page in a browser against WCAG. It is for the tests alone and never part of the collection."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess

from ansible_collections.mailfleet.tls_audit.tests.integration import debian
from ansible_collections.mailfleet.tls_audit.tests.integration.devtools import Tab
from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import ROOT

VERSION = "4.14.1"
# All of WCAG 2.0, 2.1 and 2.2, levels A and AA.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def script() -> str:
    """The source of axe-core, from the npm registry, kept in .cache. Raises where it cannot be had."""
    folder = ROOT / ".cache" / f"axe-core-{VERSION}"
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        if shutil.which("npm") is None:
            debian.install("npm")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--prefix", str(folder), "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", f"axe-core@{VERSION}"],
            check=True, capture_output=True, timeout=300,
        )
    return pathlib.Path(source).read_text(encoding="utf-8")


def violations(tab: Tab) -> list[str]:
    """What the open page breaks: the rule, how often, and the first element."""
    # The protocol runs scripts whatever the page's policy says.
    tab.run(script() + ";0")
    options = json.dumps({"runOnly": {"type": "tag", "values": list(RULES)}, "resultTypes": ["violations"]})
    found = tab.run(f"axe.run(document, {options}).then(done => done.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html, v.nodes[0].failureSummary]))")
    return [f"{rule} x {count}: {element} ({summary})" for rule, count, element, summary in found]
