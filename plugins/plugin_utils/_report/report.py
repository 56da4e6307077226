# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a folder of records, and the history of earlier runs, to the report's files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from collections.abc import Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import Call, usual_call
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.canonical import canonical_json
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.collector import no_collector
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.commands import limit_file
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import make_private_directory, write_atomically
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet, build_fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.history import (
    HISTORY_FOLDER, Move, read_history, set_aside, write_history,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import read_records
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.summary import figures, fleet_document
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.editions import edition_names
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.leftovers import remove_leftovers
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown import render_markdown
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import render_pages
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.prometheus import render_metrics
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.spreadsheet import render_spreadsheet

RECORDS_FOLDER = "records"
SPREADSHEET, DOCUMENT, METRICS = "hosts.csv", "fleet.json", "fleet.prom"


@dataclass(frozen=True)
class Options:
    """What the user decides. ``languages``: the first is that of index.html and report.md, the others have files of their own."""

    title: str | None = None
    languages: tuple[str, ...] = ("en",)
    thresholds: Thresholds = field(default_factory=Thresholds)
    collection_version: str = "unknown"
    call: Call = field(default_factory=usual_call)


@dataclass(frozen=True)
class Rendered:
    """The report's files by name, with what they come from. ``damaged``: files of the history to be set aside."""

    fleet: Fleet
    verdict: str
    files: Mapping[str, bytes]
    damaged: tuple[Move, ...] = ()

    @property
    def figures(self) -> dict[str, Any]:
        """The key figures."""
        return figures(self.fleet)


@no_collector()
def render(records: Path | None, options: Options, history: Path | None = None) -> Rendered:
    """The report on a folder of records; nothing is written. Same records, earlier runs and options, the call among them, same bytes.

    ``records`` None: there is none yet. ``history`` is the folder of earlier runs, if there is any. Raises FileProblem when a folder cannot be listed and
    UnknownLanguage when there is no such catalogue.
    """
    editions = edition_names(options.languages)
    catalogues = {language: Catalogue(language) for language in editions}
    fleet = build_fleet(() if records is None else read_records(records), options.thresholds)
    fleet.call = options.call.for_fleet(host.name for host in fleet.hosts)
    damaged: list[Move] = []
    if history is not None:
        fleet.history, damaged = read_history(history, fleet.figures_of_run)
    words = {language: Sentences(fleet, catalogue) for language, catalogue in catalogues.items()}
    titles = {
        language: clean_text(options.title, 200) if options.title else catalogue.text("title") for language, catalogue in catalogues.items()
    }
    first = next(iter(editions))
    generated = fleet.newest.record["audited_at"] if fleet.newest else None
    verdict = words[first].headline()
    document = canonical_json(fleet_document(fleet, titles[first], generated, verdict, options.collection_version))
    digest = hashlib.sha256(document).hexdigest()
    files = {DOCUMENT: document, SPREADSHEET: render_spreadsheet(fleet), METRICS: render_metrics(fleet)}
    files.update(file for step in fleet.steps if (file := limit_file(step.key, step.names)))
    for language, edition in editions.items():
        files[edition.markdown] = render_markdown(words[language], titles[language], digest)
        files.update(render_pages(words[language], titles[language], digest, edition.pages))
    return Rendered(fleet, verdict, files, tuple(damaged))


def write(rendered: Rendered, folder: Path) -> list[str]:
    """Write the files, each whole or not at all, and the run's line of history; the names of those that changed. Raises FileProblem.

    What an earlier report wrote for a larger fleet or in other languages is removed: its figures would pass for this one's.
    """
    make_private_directory(folder)
    set_aside(list(rendered.damaged))
    changed = []
    for name, data in rendered.files.items():
        path = folder / name
        if path.parent != folder:
            make_private_directory(path.parent)
        if write_atomically(path, data):
            changed.append(name)
    changed += remove_leftovers(folder, rendered.files)
    run = rendered.fleet.figures_of_run
    if run is not None and write_history(folder / HISTORY_FOLDER, run, rendered.fleet.figures_of_hosts):
        changed.append(HISTORY_FOLDER)
    return changed
