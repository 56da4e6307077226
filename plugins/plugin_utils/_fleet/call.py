# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a report was asked for, as far as the commands that it prints repeat it: they are to work where the user stands, as they stand."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from collections.abc import Collection, Iterable, Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

ROOT = Path(__file__).resolve().parents[3]
REPORT_FOLDER = "report"
_PLAYBOOKS_FOLDER = "playbooks/"
_DEFAULT_LANGUAGES = ("en",)
# What `make venv` and `make venv CORE=2.16` make.
_MADE = re.compile(r"\.venv(?:-(\d+\.\d+))?/bin/\Z")
_LONGEST = 1000
# What a command as code in report.md cannot hold.
_UNSPEAKABLE = re.compile(r"[`|]")


@dataclass(frozen=True)
class Call:
    """Programs, files and folders as they are typed in the folder from which the report was asked for; nothing is quoted yet."""

    # Before the name of a program: ".venv/bin/", or nothing for programs that are found by their names.
    programs: str = ""
    # Before the name of a playbook's file; None: playbooks are called by the collection's name.
    playbooks: str | None = None
    # The inventories; none of them where Ansible's own settings name it. None: it is not known which one the user has.
    inventories: tuple[str, ...] | None = None
    # The servers of that inventory; None: not asked.
    servers: frozenset[str] | None = None
    report: str = REPORT_FOLDER
    # Whether the Makefile of a clone does the same, and with which CORE ("" for none).
    core: str | None = None
    # The report's languages, and whether the command line named them, so that another audit has to be told again.
    languages: tuple[str, ...] = _DEFAULT_LANGUAGES
    languages_typed: bool = False
    # The options with which Ansible was let onto the servers and into its vaults.
    access: tuple[str, ...] = ()

    def for_fleet(self, names: Iterable[str]) -> Call:
        """The same, without an inventory that holds none of the fleet's servers: that of ``report.yml`` may be any, or none."""
        if self.servers is None or not self.servers.isdisjoint(names):
            return self
        return replace(self, inventories=None)

    @property
    def other_languages(self) -> str | None:
        """The languages as a variable's value, where they are not those that a report has by default."""
        return None if self.languages == _DEFAULT_LANGUAGES else ",".join(self.languages)


def in_clone() -> bool:
    """Whether this collection is a clone with its Makefile."""
    return (ROOT / "Makefile").is_file()


def usual_call() -> Call:
    """The call that the README shows, where nobody knows better."""
    return Call(programs=".venv/bin/", playbooks=_PLAYBOOKS_FOLDER, core="") if in_clone() else Call()


def spelled(path: str | Path, here: Path) -> str | None:
    """A path as one types it in the folder ``here``: short below it, from the root elsewhere. None: it cannot be put into a command."""
    whole = Path(os.path.abspath(here / path))
    text = str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
    if text.startswith(("-", "@")) or "," in text:
        text = f"./{text}" if not text.startswith("/") else text
    return text if speakable(text) else None


def speakable(text: str) -> bool:
    """Whether a word can be put into a command of the report."""
    return clean_text(text, _LONGEST) == text and not _UNSPEAKABLE.search(text)


def call_of(
    *, program: str, playbook: str | None, inventories: Sequence[str], servers: Collection[str], report_dir: Path, here: Path,
    languages: Sequence[str], languages_typed: bool, access: Sequence[str] = (),
) -> Call:
    """The call of a run of Ansible: program, playbook and access as they were typed, inventories by path, and the report's folder and languages."""
    folder = _program_folder(program, here)
    made = _MADE.match(folder) if here.resolve() == ROOT and in_clone() else None
    named = [item if "," in item else spelled(item, here) for item in inventories]
    known = [item for item in named if item is not None]
    return Call(
        programs=folder, playbooks=_playbooks(playbook, here), inventories=tuple(known) if len(known) == len(named) else None,
        servers=frozenset(servers), report=spelled(report_dir, here) or "REPORT_DIR", core=(made.group(1) or "") if made else None,
        languages=tuple(languages), languages_typed=languages_typed, access=tuple(access),
    )


def _program_folder(program: str, here: Path) -> str:
    """Where Ansible's programs are, with a slash; nothing where their names are enough, or where another program runs Ansible."""
    path = Path(program)
    if "/" not in program or not path.name.startswith("ansible") or not (here / path).with_name("ansible-playbook").is_file():
        return ""
    # A program that was found by its name has its whole path all the same.
    if path.is_absolute() and shutil.which(path.name) == program:
        return ""
    folder = spelled(path.parent, here)
    return "" if folder is None else f"{folder}/"


def _playbooks(playbook: str | None, here: Path) -> str | None:
    """The folder of the playbooks where one of this clone's was called by its path; whoever has another playbook has the collection's names."""
    if not playbook or not in_clone() or not (here / playbook).resolve().is_relative_to(ROOT / _PLAYBOOKS_FOLDER):
        return None
    folder = spelled(ROOT / _PLAYBOOKS_FOLDER, here.resolve())
    return None if folder is None else f"{folder}/"
