# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of a smaller fleet, or in fewer languages, removes what the earlier one left, and nothing else."""

from __future__ import annotations

import pathlib

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.steps import STEP_KEYS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report import page
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, render, write
from ansible_collections.mailfleet.tls_audit.tests.generators.fleet_records import write_fleet

KEPT = (
    "details/notes.html", "details/0.html", "details/01.html", "details/3.fr.html", "details/3.html.bak", "details/x/4.html", "4.html",
    "steps/mine.txt", "steps/install_antivirus.txt.old", "records/1.html", "history/1.html",
)


def report(folder: pathlib.Path, hosts: int, languages: tuple[str, ...] = ("en",)) -> list[str]:
    for path in (folder / "records").glob("*.json"):
        path.unlink()
    write_fleet(folder / "records", hosts)
    return write(render(folder / "records", Options(languages=languages), folder / "history"), folder)


def files(folder: pathlib.Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for name in ("details", "steps") for path in (folder / name).rglob("*") if not path.is_dir()}


def test_a_smaller_fleet(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "DETAILED_HOSTS", 10)
    monkeypatch.setattr(page, "DETAILS_PER_FILE", 20)
    report(tmp_path, 60, ("en", "ja"))
    before = files(tmp_path)
    assert {"details/3.html", "details/3.ja.html", "steps/install_antivirus.txt"} <= before
    for name in KEPT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    (tmp_path / "elsewhere.html").write_text("mine")
    (tmp_path / "details/9.html").symlink_to(tmp_path / "elsewhere.html")
    changed = report(tmp_path, 12)
    assert {"details/2.html", "details/3.html", "steps/install_antivirus.txt"} <= set(changed)
    kept = {name for name in KEPT if name.startswith(("details/", "steps/"))} | {"details/9.html"}
    assert files(tmp_path) == {"details/1.html", *kept}
    assert all((tmp_path / name).read_text() == "mine" for name in (*KEPT, "elsewhere.html"))
    assert report(tmp_path, 12) == [], "a second run changes nothing"


def test_a_language_that_is_no_longer_asked_for(tmp_path):
    report(tmp_path, 3, ("en", "ja"))
    for name in ("index.fr.html", "index.ja.html.bak", "my.report.ja.md", "report.ja.html"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "index.en.html").symlink_to(tmp_path / "index.fr.html")
    before = {path.name for path in tmp_path.iterdir()}
    assert {"index.ja.html", "report.ja.md"} <= set(report(tmp_path, 3))
    assert {path.name for path in tmp_path.iterdir()} == before - {"index.ja.html", "report.ja.md"}
    assert (tmp_path / "index.fr.html").read_text() == "mine"
    (tmp_path / "index.en.html").unlink()
    report(tmp_path, 3, ("ja", "en"))
    assert report(tmp_path, 3, ("ja",)) and not (tmp_path / "report.en.md").exists() and (tmp_path / "report.md").exists()


def test_a_folder_that_is_a_link_is_left_alone(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/1.html").write_text("mine")
    (tmp_path / "report").mkdir()
    (tmp_path / "report/details").symlink_to(tmp_path / "theirs")
    report(tmp_path / "report", 3)
    assert (tmp_path / "theirs/1.html").read_text() == "mine"


def test_every_step_that_writes_a_file_is_known(tmp_path):
    assert {f"steps.{key}" for key in STEP_KEYS} <= Catalogue("en").keys()
    write_fleet(tmp_path, 200)
    assert {step.key for step in render(tmp_path, Options()).fleet.steps} <= STEP_KEYS
