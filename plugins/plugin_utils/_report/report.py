# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a folder of records to the report's files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from collections.abc import Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.canonical import canonical_json
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import make_private_directory, write_atomically
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet, build_fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import read_records
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.summary import figures, fleet_document
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown import render_markdown
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import render_pages
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.spreadsheet import render_spreadsheet

RECORDS_FOLDER = "records"
PAGE, MARKDOWN, SPREADSHEET, DOCUMENT = "index.html", "report.md", "hosts.csv", "fleet.json"


@dataclass(frozen=True)
class Rendered:
    """The report's files by name, with what they come from."""

    fleet: Fleet
    verdict: str
    files: Mapping[str, bytes]

    @property
    def figures(self) -> dict[str, Any]:
        """The key figures."""
        return figures(self.fleet)


def render(records: Path, title: str | None, language: str, thresholds: Thresholds, collection_version: str) -> Rendered:
    """The report on a folder of records; nothing is written. Same records and options, same bytes.

    Raises FileProblem when the folder cannot be listed and UnknownLanguage when there is no such catalogue.
    """
    catalogue = Catalogue(language)
    fleet = build_fleet(read_records(records), thresholds)
    words = Sentences(fleet, catalogue)
    heading = clean_text(title, 200) if title else catalogue.text("title")
    generated = fleet.newest.record["audited_at"] if fleet.newest else None
    verdict = words.headline()
    document = canonical_json(fleet_document(fleet, heading, generated, verdict, collection_version))
    digest = hashlib.sha256(document).hexdigest()
    return Rendered(fleet, verdict, {
        DOCUMENT: document,
        SPREADSHEET: render_spreadsheet(fleet),
        MARKDOWN: render_markdown(words, heading, digest),
        **render_pages(words, heading, digest),
    })


def write(rendered: Rendered, folder: Path) -> list[str]:
    """Write the files, each whole or not at all; the names of those that changed. Raises FileProblem."""
    make_private_directory(folder)
    return [name for name, data in rendered.files.items() if write_atomically(folder / name, data)]
