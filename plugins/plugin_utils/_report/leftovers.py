# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that an earlier report of a larger fleet left: details and lists of servers that this report has no use for."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from collections.abc import Collection, Iterator

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.commands import LIMITS_FOLDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.steps import STEP_KEYS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import languages
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.page import DETAILS_FOLDER


def remove_leftovers(folder: Path, files: Collection[str]) -> list[str]:
    """Remove them from the report's folder and return their names. Raises FileProblem.

    Only regular files with exactly a name that a report gives, in any language that there is, in its own folder and the two below, neither
    of which may be a link. ``files``: what this report holds.
    """
    endings = "|".join(("", *(re.escape(f".{language}") for language in languages())))
    steps = "|".join(re.escape(key) for key in sorted(STEP_KEYS))
    removed = []
    for part, name in (
        ("", rf"(?:index(?:{endings})\.html|report(?:{endings})\.md)"),
        (f"{DETAILS_FOLDER}/", rf"[1-9][0-9]{{0,5}}(?:{endings})\.html"), (f"{LIMITS_FOLDER}/", rf"(?:{steps})\.txt"),
    ):
        # The report's own folder may be a link, by its owner's choice.
        for path in sorted(_regular_files(folder / part if part else folder.resolve(), re.compile(name))):
            if f"{part}{path.name}" not in files:
                try:
                    path.unlink()
                except OSError as error:
                    raise FileProblem(f"cannot remove {path}, which an earlier report left: {error.strerror}") from error
                removed.append(f"{part}{path.name}")
    return removed


def _regular_files(folder: Path, name: re.Pattern[str]) -> Iterator[Path]:
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in folder.iterdir():
        if name.fullmatch(path.name) and stat.S_ISREG(path.lstat().st_mode):
            yield path
