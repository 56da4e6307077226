# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's files seen through its shell: which there are, what they are, and their bytes. PRIVATE to the collection.

Strangers may have named the files: names travel quoted in one direction and ended by NUL in the other. Nothing is written on the host. The tools
are what coreutils 8.4 of CentOS 6 and busybox both have (`stat -c`, `dd`, `readlink -f`).
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell_words import glob_word

BLOCK = 64 * 1024
# One answer of the host, and so what is held in memory at once, several times over while it is decoded.
CHUNK = 8 * 1024 * 1024
# Per pattern; a log folder with more names than this is no log folder.
_MAX_NAMES = 5000
_MAX_ANSWER = 16 * 1024 * 1024
# Linux takes at most 128 KiB as one argument, and the whole script is one, quoted up to three times over.
_NAMES_AT_ONCE, _NAME_BYTES_AT_ONCE = 100, 12 * 1024

_LIST = (
    "e() { n=0; for f in \"$@\"; do if [ -e \"$f\" ] || [ -L \"$f\" ]; then n=$((n+1)); [ $n -gt %d ] && break; printf '%%s\\000' \"$f\"; fi; done; "
    "printf '\\000'; }; " % _MAX_NAMES
)
# Of each name: where it leads when it is a link, its folder then, its inode's facts, and why it cannot be opened. Only a regular file is opened.
# `echo .` keeps a line break at the end of a name from $( ). Where a link leads nowhere busybox's readlink says nothing (and
# nothing is at `/dev/null/`), or the link's own name.
_LOOK = (
    "s() { t=; d=; if [ -L \"$1\" ]; then t=$(readlink -f -- \"$1\"; echo .); t=${t%.}; t=${t%?}; d=.; case \"$1\" in */*) d=${1%/*}/;; esac; "
    "d=$(readlink -f -- \"$d\"; echo .); d=${d%.}; d=${d%?}; [ -n \"$t\" ] || t=/dev/null/; fi; f=${t:-$1}; m=$(stat -c '%f %d %i %s %Y' -- \"$f\"); r=; "
    "if [ -f \"$f\" ]; then r=$({ true <\"$f\"; } 2>&1); fi; printf '%s\\000%s\\000%s\\000%s\\000' \"$t\" \"$d\" \"$m\" \"$r\"; }; "
)
# The file is opened first and recognised then, so that it is the one that was looked at: a name in a log folder may change hands. `-f` before that, for
# opening a FIFO would wait for a writer.
# `=`, the bytes, and dd's exit code; or `?` for another file, or none, at this name.
_READ = (
    "f=%(path)s; w=%(identity)s; [ -f \"$f\" ] && { i=$(stat -L -c %%d:%%i /proc/self/fd/0); [ \"$i\" = \"$w\" ] || i=$(stat -c %%d:%%i -- \"$f\"); "
    "if [ \"$i\" = \"$w\" ]; then printf =; dd bs=%(block)d skip=%(skip)d count=%(count)d; printf $?; else printf '?'; fi; true; } <\"$f\" || printf '?'"
)


class Gone(Exception):
    """A file is not there any more under any name, or cannot be read on; the message says which, for people."""


@dataclass(frozen=True)
class Look:
    """What a name on the host is. A link is looked through: `path` is what was found at its end."""

    path: str
    is_link: bool = False
    leaves_folder: bool = False
    mode: int = 0               # 0: nothing is there
    device: int = 0
    inode: int = 0
    size: int = 0
    modified: int = 0
    refusal: str | None = None

    @property
    def is_regular(self) -> bool:
        """Whether it is a file that can hold a log."""
        return stat.S_ISREG(self.mode)

    @property
    def identity(self) -> str:
        """The same for all names of one file."""
        return f"{self.device}:{self.inode}"


class HostFiles:
    """The files of one host. Every method raises AuditError when the shell fails."""

    def __init__(self, shell: Shell):
        shell.require("stat", "dd", "readlink")
        self._shell = shell

    def names(self, patterns: Sequence[str]) -> list[list[str]]:
        """Return the existing paths of each glob or path, sorted, as bytes that are no UTF-8 are in Python: as surrogates."""
        script = _LIST + "; ".join(f"e {glob_word(pattern)}" for pattern in patterns)
        lists: list[list[str]] = [[]]
        for name in self._shell.run(script, _MAX_ANSWER).split(b"\0")[:-1]:
            if name:
                lists[-1].append(os.fsdecode(name))
            else:
                lists.append([])
        return [sorted(names) for names in lists[:-1]]

    def look(self, paths: Sequence[str]) -> dict[str, Look]:
        """Return what is at each path. Nothing but a regular file is opened, and that is not read."""
        looks: dict[str, Look] = {}
        for part in _parts(paths):
            answer = self._shell.run(_LOOK + "; ".join(f"s {shlex.quote(path)}" for path in part), _MAX_ANSWER)
            fields = [os.fsdecode(field) for field in answer.split(b"\0")]
            for position, path in enumerate(part):
                looks[path] = _look(path, *fields[4 * position:4 * position + 4])
        return looks

    def read(self, look: Look, again: Sequence[str] = ()) -> Iterator[bytes]:
        """Yield a regular file's bytes, as many as it had when it was looked at, in pieces of at most 8 MiB.

        again: the globs to look for the file in when it is renamed meanwhile, as log rotation does. Raise Gone.
        """
        position = 0
        while position < look.size:
            wanted = min(CHUNK, look.size - position)
            count = -(-wanted // BLOCK)
            script = _READ % {"path": shlex.quote(look.path), "identity": look.identity, "block": BLOCK, "skip": position // BLOCK, "count": count}
            answer = self._shell.run(script, count * BLOCK + 16, compress=True)
            if answer[:1] != b"=":
                look = self._renamed(look, again)
                continue
            data, code = answer[1:-1], answer[-1:]
            yield data[:wanted]
            if code != b"0":
                raise Gone("reading stopped with an error on the host")
            if len(data) < wanted:
                return      # truncated since, as with copytruncate
            position += wanted

    def _renamed(self, look: Look, again: Sequence[str]) -> Look:
        names = [name for found in self.names(again) for name in found] if again else []
        for other in self.look(names).values():
            if other.identity == look.identity and other.path != look.path:
                return Look(other.path, mode=look.mode, device=look.device, inode=look.inode, size=look.size, modified=look.modified)
        raise Gone("the file was rotated away while it was read")


def _parts(paths: Sequence[str]) -> Iterator[list[str]]:
    """Cut a list of names so that each part fits into one command line."""
    part: list[str] = []
    size = 0
    for path in paths:
        length = len(os.fsencode(shlex.quote(path)))
        if part and (len(part) >= _NAMES_AT_ONCE or size + length > _NAME_BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(path)
        size += length
    if part:
        yield part


def _look(path: str, target: str = "", folder: str = "", facts: str = "", refusal: str = "") -> Look:
    parts = facts.split()
    if len(parts) != 5 or not all(part.lstrip("-").isdigit() for part in parts[1:]):
        return Look(path, is_link=bool(target))
    mode, (device, inode, size, modified) = int(parts[0], 16), (int(part) for part in parts[1:])
    if stat.S_ISLNK(mode):
        return Look(path, is_link=True)
    return Look(
        target or path, bool(target), bool(target) and (os.path.dirname(target) or "/") != folder, mode, device, inode, max(0, size), modified,
        # `sh: 1: cannot open /var/log/maillog: Permission denied`, in all shells with the reason last.
        refusal.strip().rsplit(": ", 1)[-1] or None,
    )
