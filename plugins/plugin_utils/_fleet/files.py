# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the controller: written whole or not at all, readable by their owner alone, read without surprises."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600


class FileProblem(Exception):
    """A file or folder that cannot be used; the message is one clear line for the user."""


def make_private_directory(path: Path) -> None:
    """Create ``path`` (mode 0700) where missing; a folder that exists keeps the mode its owner chose."""
    try:
        path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise FileProblem(f"cannot create the folder {path}: {error.strerror}") from error
    if path.is_symlink():
        raise FileProblem(f"refusing to write into {path}: it is a symbolic link")


def refuse_link(path: Path) -> None:
    """A destination that is a link, or no regular file, was put there by somebody else: never write through it."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileProblem(f"cannot look at {path}: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise FileProblem(f"refusing to replace {path}: it is not a regular file")


def same_content(path: Path, data: bytes) -> bool:
    """Whether ``path`` is a regular file that already holds exactly ``data``."""
    try:
        return read_bounded(path, len(data) + 1) == data
    except FileProblem:
        return False


def write_atomically(path: Path, data: bytes) -> bool:
    """Write ``data`` to ``path`` (mode 0600) by a temporary file beside it and a rename; False when it held it already.

    A reader, or a run killed midway, sees the old file or the new one, never a part.
    """
    refuse_link(path)
    if same_content(path, data):
        return False
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
        with os.fdopen(descriptor, "wb") as handle:
            os.fchmod(handle.fileno(), _FILE_MODE)
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            try:
                os.unlink(temporary)
            except OSError:
                pass
        raise FileProblem(f"cannot write {path}: {error.strerror}") from error
    return True


def open_regular(path: Path) -> BinaryIO:
    """A regular file opened for reading; links and pipes are refused. Raises FileProblem."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise FileProblem(f"cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileProblem("is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_bounded(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most ``limit`` bytes; links, pipes and larger files are refused."""
    with open_regular(path) as handle:
        try:
            data = handle.read(limit + 1)
        except OSError as error:
            raise FileProblem(f"cannot be read: {error.strerror}") from error
    if len(data) > limit:
        raise FileProblem(f"is larger than {limit} bytes")
    return data
