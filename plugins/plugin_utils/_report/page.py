# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one self-contained HTML file, from this collection's own autoescaping environment.

Ansible's templating never escapes, whatever its templates ask for; here everything is escaped but the three static assets,
and the page's content security policy allows those three by their hashes and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import OBSOLETE_PROTOCOLS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import STATUS_ORDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report import charts
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences

_HERE = Path(__file__).resolve().parent

# All rows are in the page; this many are laid out at first, which keeps thousands of servers quick.
SHOWN_ROWS = 200
# Above this the page would outgrow 10 MB: details then stay in the JSON files.
DETAILED_HOSTS = 1000
QUALITY_ROWS = 200


def _asset(name: str) -> Markup:
    return Markup((_HERE / "static" / name).read_text(encoding="utf-8").strip())


def _source(asset: str) -> str:
    """The CSP source of the exact bytes between the tags."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(asset.encode("utf-8")).digest()).decode("ascii") + "'"


def content_security_policy(style: str, scripts: list[str]) -> str:
    """Nothing may load, run or be sent, but the page's own style and scripts."""
    return "; ".join((
        "default-src 'none'",
        "style-src " + _source(style),
        "script-src " + " ".join(_source(script) for script in scripts),
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ))


def sort_key(value: Any) -> str:
    """A number for the table's script to sort by; empty for what is not known, which sorts last either way."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def render_page(words: Sentences, title: str, fleet_digest: str) -> bytes:
    """index.html. ``fleet_digest`` is the SHA-256 of fleet.json, in hexadecimal."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, early, late = _asset("report.css"), _asset("early.js"), _asset("report.js")
    environment.globals.update(
        t=words.catalogue.text,
        n=words.catalogue.plural,
        f=words.format,
        words=words,
        fleet=words.fleet,
        charts=charts,
        sort_key=sort_key,
        status_order=STATUS_ORDER,
        obsolete=OBSOLETE_PROTOCOLS,
        mix_label=words.parts,
        detailed=len(words.fleet.hosts) <= DETAILED_HOSTS,
        limits={"rows": SHOWN_ROWS, "details": DETAILED_HOSTS, "quality": QUALITY_ROWS},
    )
    page = environment.get_template("index.html.j2").render(
        title=title, style=style, early=early, late=late, fleet_digest=fleet_digest,
        policy=content_security_policy(style, [early, late]),
    )
    return page.encode("utf-8")
