# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be read of a host's set-up through its shell, for hosts without Python. PRIVATE to the collection."""

from __future__ import annotations

import os
import secrets
import shlex
from functools import cached_property

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import host as local
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.host_files import HostFiles
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell

_ROOM = 64 * 1024
_MAX_LISTS = 4 * 1024 * 1024
# One byte says what comes: `=` the content, `-` why there is none, nothing for what is no regular file.
_READ = (
    "p=%s; if [ -f \"$p\" ] || [ ! -e \"$p\" ]; then r=$({ true <\"$p\"; } 2>&1); if [ -n \"$r\" ]; then printf -- '-%%s' \"$r\"; "
    "else printf =; head -c %d <\"$p\"; fi; fi"
)
# timeout(1) is in coreutils since 7.0; busybox had another syntax for it once.
_RUN = "t=; timeout 5 true && t='timeout %d'; o=$(env -i PATH=%s LC_ALL=C LANG=C $t %s </dev/null 2>/dev/null); printf '%%s\\000%%s' $? \"$o\""


class ShellHost(local.Host):
    """The host at the other end. What cannot be asked over a shell is noted as unseen."""

    python = None
    connects = False

    def __init__(self, shell: Shell, timeout: int):
        super().__init__(timeout=timeout)
        self._shell = shell
        self._files = HostFiles(shell)
        self._existing: dict[str, list[str]] = {}

    def exists(self, path: str) -> bool:
        """Tell whether there is anything at a path."""
        return bool(self.paths(path.translate({ord(char): f"[{char}]" for char in "*?["})))

    def paths(self, pattern: str) -> list[str]:
        """Return the paths that a glob matches."""
        if pattern not in self._existing:
            self._existing[pattern] = self._files.names([pattern])[0][:100]
        return self._existing[pattern]

    def read_bytes(self, path: str, limit: int = local.MAX_FILE) -> bytes | None:
        """Return the first `limit` bytes of a regular file, or None."""
        answer = self._shell.run(_READ % (shlex.quote(path), limit), limit + _ROOM, compress=True)
        if answer[:1] == b"=":
            return answer[1:]
        why = answer[1:].decode("utf-8", "replace").strip().rsplit(": ", 1)[-1]
        if why and not why.lower().startswith(("no such file", "directory nonexistent", "not a directory")):
            self.hidden(path, why)
        return None

    def modified(self, path: str) -> float | None:
        """Return when a file was last written, in seconds since 1970, or None."""
        answer = self._shell.run(f"stat -L -c %Y -- {shlex.quote(path)}", 100).strip()
        return float(answer) if answer.isdigit() else None

    @cached_property
    def _programs(self) -> frozenset[str]:
        folders = " ".join(f"{folder}/*" for folder in local.FOLDERS)
        answer = self._shell.run(f"for f in {folders}; do [ -f \"$f\" ] && [ -x \"$f\" ] && printf '%s\\000' \"$f\"; done", _MAX_LISTS, compress=True)
        return frozenset(os.fsdecode(name) for name in answer.split(b"\0"))

    def program(self, *names: str) -> str | None:
        """Return the path of the first program of these names that is installed, or None."""
        return next((path for path in (f"{folder}/{name}" for name in names for folder in local.FOLDERS) if path in self._programs), None)

    def run(self, *command: str) -> str | None:
        """Return a program's standard output as text, or None when it fails or takes too long, which is noted as unseen."""
        script = _RUN % (self.timeout, ":".join(local.FOLDERS), shlex.join(command))
        code, unused, output = self._shell.run(script, local.MAX_OUTPUT + _ROOM, compress=True).partition(b"\0")
        if code == b"0":
            return output.decode("utf-8", "replace")
        self.hidden(" ".join(command), f"took longer than {self.timeout} seconds" if code == b"124" else f"exit code {code.decode('ascii', 'replace')}")
        return None

    def _list_processes(self) -> list[list[str]]:
        between = secrets.token_hex(16)
        script = f"for f in /proc/[0-9]*/cmdline; do head -c 4096 \"$f\"; printf {between}; done; [ -r /proc/1/cmdline ] && printf seen"
        *commands, seen = self._shell.run(script, _MAX_LISTS, compress=True).split(between.encode())
        if seen != b"seen":
            self.hidden("processes of other accounts", "this host hides them (hidepid)")
        return [[part.decode("utf-8", "replace") for part in command.rstrip(b"\0").split(b"\0")] for command in commands if command]
