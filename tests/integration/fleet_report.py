# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a made-up fleet, as two audits a month apart leave it."""

from __future__ import annotations

import pathlib
import shutil

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet, build_fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import render_pages
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, render, write
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences
from ansible_collections.mailfleet.tls_audit.tests.generators.fleet_records import many_records, write_fleet

LANGUAGES = ("en", "ja")


def make_report(folder: pathlib.Path, hosts: int = 42) -> pathlib.Path:
    """Write the report in English and Japanese, with the history of an earlier run, and return its folder."""
    records = folder / "records"
    for run in ("previous", "current"):
        shutil.rmtree(records, ignore_errors=True)
        write_fleet(records, hosts, run)
        write(render(records, Options(None, LANGUAGES, Thresholds(), "0.2.0"), folder / "history"), folder)
    return folder


def make_fleet(hosts: int) -> Fleet:
    """A fleet of any size, without the way over the disk."""
    return build_fleet(((record["host"], record) for record in many_records(hosts)), Thresholds())


def make_pages(fleet: Fleet, folder: pathlib.Path, language: str = "en") -> dict[str, bytes]:
    """Write a fleet's pages and return them by name."""
    catalogue = Catalogue(language)
    pages = render_pages(Sentences(fleet, catalogue), catalogue.text("title"), "0" * 64)
    for name, data in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return pages
