# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one self-contained HTML file, from this collection's own autoescaping environment.

Ansible's templating never escapes, whatever its templates ask for; here everything is escaped but the static assets,
and the page's content security policy allows those by their hashes and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from collections.abc import Mapping

import jinja2
from markupsafe import Markup

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import OBSOLETE_PROTOCOLS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report import bars, plots
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.host_details import HostDetails
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.pieces import breakable, command_line
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.rows import server_rows
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences

_HERE = Path(__file__).resolve().parent

# In this order: later files refine earlier ones.
STYLES = ("tokens", "page", "figures", "tables", "servers", "details", "narrow", "print")

# All rows are in the page; this many are laid out at first, which keeps thousands of servers quick.
SHOWN_ROWS = 200
# Above this the page would outgrow 10 MB: details are then in files of their own, this many to a file.
DETAILED_HOSTS = 1000
DETAILS_PER_FILE = 250
QUALITY_ROWS = 200
CHANGE_ROWS = 50
SHOWN_RUNS = 12
DETAILS_FOLDER = "details"


@dataclass(frozen=True)
class Names:
    """What the files are called: this page's own, and those of the report in other languages (language: file name)."""

    page: str = "index.html"
    suffix: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    def details(self, part: int) -> str:
        """The file of the details' part, from 1, as seen from the page's folder."""
        return f"{DETAILS_FOLDER}/{part}{self.suffix}.html"


def _asset(*names: str) -> Markup:
    """Static files, joined. They hold nothing from outside and are the only text that is not escaped."""
    return Markup("\n".join((_HERE / "static" / name).read_text(encoding="utf-8").strip() for name in names))


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


class _Pages:
    def __init__(self, words: Sentences, title: str, fleet_digest: str, names: Names) -> None:
        self.names = names
        self.hosts = words.fleet.hosts
        self.split = len(self.hosts) > DETAILED_HOSTS
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        )
        self.style = _asset(*(f"style/{name}.css" for name in STYLES))
        self.environment.globals.update(
            t=words.catalogue.text, n=words.catalogue.plural, f=words.format, words=words, fleet=words.fleet, title=title, style=self.style,
            fleet_digest=fleet_digest, names=names, bars=bars, plots=plots, breakable=breakable, command_line=command_line, obsolete=OBSOLETE_PROTOCOLS,
            limits={"rows": SHOWN_ROWS, "details": DETAILED_HOSTS, "quality": QUALITY_ROWS, "changes": CHANGE_ROWS, "runs": SHOWN_RUNS}, split=self.split,
        )
        status = self.environment.get_template("macros.html.j2").module.status
        self.marks = {key: status(key) for key in words.fleet.status_counts}
        self.environment.globals.update(marks=self.marks, host_details=HostDetails(words, self.marks))

    def details_of(self, number: int) -> str:
        """The address of a server's details: an index, never its name."""
        return (self.names.details((number - 1) // DETAILS_PER_FILE + 1) if self.split else "") + f"#h{number}"

    def _render(self, template: str, scripts: list[Markup], **context: Any) -> bytes:
        policy = content_security_policy(self.style, scripts)
        text = self.environment.get_template(template).render(policy=policy, scripts=scripts, **context)
        return text.encode("utf-8")

    def index(self, words: Sentences) -> bytes:
        """The page itself."""
        scripts = [_asset("early.js"), _asset("open.js"), _asset("servers.js")]
        return self._render("index.html.j2", scripts, rows=server_rows(words, self.details_of, self.marks, SHOWN_ROWS), shown=list(enumerate(self.hosts, 1)))

    def details(self) -> dict[str, bytes]:
        """The files of the details; none when the page holds them."""
        if not self.split:
            return {}
        scripts = [_asset("open.js")]
        numbered = list(enumerate(self.hosts, 1))
        parts = -(-len(numbered) // DETAILS_PER_FILE)
        return {
            self.names.details(part): self._render(
                "details_file.html.j2", scripts, part=part, parts=parts, shown=numbered[(part - 1) * DETAILS_PER_FILE:part * DETAILS_PER_FILE],
            )
            for part in range(1, parts + 1)
        }


def render_pages(words: Sentences, title: str, fleet_digest: str, names: Names = Names()) -> dict[str, bytes]:
    """The page, and above 1,000 servers the files of their details, by name. ``fleet_digest`` is the SHA-256 of fleet.json, in hexadecimal."""
    pages = _Pages(words, title, fleet_digest, names)
    return {names.page: pages.index(words), **pages.details()}
