# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of runs: one small file per run in ``<report_dir>/history/``, JSON Lines.

The first line is the run with its fleet's figures, the others are its hosts. A trend over hundreds of runs thus reads one line of
each; only of the previous run are the hosts read. A run is named by the time and the run id of its newest record: reporting again on
the same records replaces its file by the same bytes, and adds no second run. A report looks only at runs before its own, so it comes
out the same whenever it is made.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem, make_private_directory, open_regular, write_atomically
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import safe_stem
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.run_figures import RUN_LINE, History, HostFigures, RunFigures, RunSummary
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

HISTORY_FOLDER = "history"
DAMAGED_FOLDER = "damaged"
_SUFFIX = ".jsonl"
# The trend shows at most this many runs; older files stay where they are.
MAX_RUNS = 400
_MAX_RUN_LINE = 16 * 1024
# 100,000 hosts at some 300 bytes each.
_MAX_BYTES = 32 * 1024 * 1024
_CHECKSUM = "line_sha256"
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z_")
_STAMP_LENGTH = len("20261124T011500Z")
_DAMAGE = (FileProblem, Violation, ValueError, RecursionError, OSError)
# From, to.
Move = tuple[Path, Path]


def history_file_name(run_id: str, generated: str) -> str:
    """The file of a run; names in order are runs in order."""
    return f"{_stamp(parse_moment(generated))}_{safe_stem(run_id)}{_SUFFIX}"


def _stamp(moment: datetime) -> str:
    try:
        moment = moment.astimezone(timezone.utc)
    except OverflowError:
        pass
    return f"{moment.year:04d}{moment:%m%dT%H%M%S}Z"


def _line(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def history_bytes(run: RunFigures, hosts: list[HostFigures]) -> bytes:
    """A run's file."""
    lines = b"".join(_line(host.as_line()) for host in hosts)
    return _signed(run.as_line(len(lines), hashlib.sha256(lines).hexdigest())) + lines


def _signed(document: dict[str, Any]) -> bytes:
    """The run's line with its own checksum in it: damage to a single figure shows."""
    return _line({**document, _CHECKSUM: hashlib.sha256(_line(document)).hexdigest()})


def read_history(folder: Path, of: RunFigures | None) -> tuple[History, list[Move]]:
    """The history before the run ``of``, and where its damaged files are to go. Nothing is written.

    Files that were set aside earlier are named among the damaged, so that a report says the same when it is made again.
    """
    if of is None or not folder.is_dir():
        return History(), []
    damaged: list[Path] = []
    runs: list[tuple[RunFigures, Path]] = []
    own = history_file_name(of.run_id, of.generated)
    for name in reversed(_names(folder)):
        # Names sort as the runs do, to the second; the exact order is decided by what is in the file.
        if len(runs) >= MAX_RUNS or (_NAME.match(name) and name[:_STAMP_LENGTH] > own[:_STAMP_LENGTH]):
            continue
        try:
            run = _read_summary(folder / name).figures if name == own else _read_run_line(folder / name)
        except _DAMAGE:
            damaged.append(folder / name)
            continue
        if run.order < of.order:
            runs.append((run, folder / name))
    runs.sort(key=lambda entry: entry[0].order)
    previous = None
    while runs and previous is None:
        try:
            previous = _read_summary(runs[-1][1])
        except _DAMAGE:
            damaged.append(runs.pop()[1])
    moves = _places(damaged, folder / DAMAGED_FOLDER)
    names = {target.name for _path, target in moves} | set(_names(folder / DAMAGED_FOLDER))
    shown = tuple(sorted(clean_text(name, 200) for name in names))
    return History(tuple(run for run, _path in runs), previous, shown), moves


def _places(damaged: list[Path], folder: Path) -> list[Move]:
    """A free place below ``folder`` for each file."""
    moves: list[Move] = []
    taken: set[Path] = set()
    for path in damaged:
        target, number = folder / path.name, 1
        while os.path.lexists(target) or target in taken:
            number += 1
            target = folder / f"{path.name.removesuffix(_SUFFIX)}.{number}{_SUFFIX}"
        taken.add(target)
        moves.append((path, target))
    return moves


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(_SUFFIX) and not name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FileProblem(f"cannot list the history in {folder}: {error.strerror}") from error


def _read_run_line(path: Path) -> RunFigures:
    """The run of a file, from its first line; the file's length must be what that line says."""
    with open_regular(path) as handle:
        first = handle.readline(_MAX_RUN_LINE)
        line = _checked_run_line(first)
        size = os.fstat(handle.fileno()).st_size
    if size != len(first) + line["host_bytes"]:
        raise Violation("the file is cut short")
    run = RunFigures.from_line(line)
    if history_file_name(run.run_id, run.generated) != path.name:
        raise Violation("the file has another run's name")
    return run


def _checked_run_line(first: bytes) -> dict[str, Any]:
    if not first.endswith(b"\n"):
        raise Violation("the first line is no run")
    document = json.loads(first.decode("utf-8"))
    line = RUN_LINE(document, "run line")
    if _signed({name: value for name, value in document.items() if name != _CHECKSUM}) != first:
        raise Violation("the run's line is not what was written")
    if any(line[name] is None for name in ("generated", "hosts", "measured", "host_bytes")):
        raise Violation("the run line is incomplete")
    return line


def _read_summary(path: Path) -> RunSummary:
    """A run with its hosts. Raises Violation when they are not what the run's line says."""
    with open_regular(path) as handle:
        first = handle.readline(_MAX_RUN_LINE)
        line = _checked_run_line(first)
        rest = handle.read(_MAX_BYTES + 1)
    if len(rest) != line["host_bytes"] or hashlib.sha256(rest).hexdigest() != line["host_sha256"]:
        raise Violation("the hosts are not those of the run")
    hosts = [HostFigures.from_line(json.loads(text)) for text in rest.decode("utf-8").split("\n") if text]
    return RunSummary(RunFigures.from_line(line), {host.host: host for host in hosts})


def set_aside(moves: list[Move]) -> None:
    """Move damaged files out of the way; nothing is deleted or overwritten."""
    for path, target in moves:
        make_private_directory(target.parent)
        try:
            os.rename(path, target)
        except OSError as error:
            raise FileProblem(f"cannot move {path} to {target}: {error.strerror}") from error


def write_history(folder: Path, run: RunFigures, hosts: list[HostFigures]) -> bool:
    """Write a run's file; False when it was there already, byte for byte."""
    make_private_directory(folder)
    return write_atomically(folder / history_file_name(run.run_id, run.generated), history_bytes(run, hosts))
