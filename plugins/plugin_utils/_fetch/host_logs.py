# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log files of a host without Python, as the parser takes them: each fetched into a file without a name. PRIVATE to the collection.

The parser finds, orders and reads them as it does on a host, through `files` of `sources.find`.
"""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, log_files
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.host_files import Gone, HostFiles, Look


class FetchedSource(log_files.Source):
    """A log file of the host. Opening it fetches it."""

    def __init__(self, path: str, logs: HostLogs):
        super().__init__(path)
        self._logs = logs
        self._cut: str | None = None

    def open(self) -> None:
        """Fetch the file, unless it is none or must not be read; then the source says why."""
        look = self._logs.look(self.path)
        refusal = self._refusal(look)
        if refusal is not None:
            self.status, self.kind, self.reason = refusal
            return
        self._descriptor, self._cut = self._logs.fetch(look)
        if self._cut is not None and os.fstat(self._descriptor).st_size == 0:
            self.close()
            self.status, self.kind, self.reason = log_files.SKIPPED, "vanished", "the file vanished before it was read"
            return
        self.bytes = os.fstat(self._descriptor).st_size
        copy = os.fstat(self._descriptor)
        self.inode = (copy.st_dev, copy.st_ino)
        if look.modified >= log_files.EARLIEST:
            self.modified = Zone.local(look.modified).date()
        self.compression = archives.compression_of(os.pread(self._descriptor, 6, 0))

    def _refusal(self, look: Look) -> tuple[str, str, str] | None:
        """Status, kind and reason of a name that is no log to read, in the words that the module has for it."""
        if look.leaves_folder:
            return log_files.SKIPPED, "link", log_files.LINK_OUT
        if not look.mode:
            return log_files.SKIPPED, "vanished", "the file vanished before it was read"
        if not look.is_regular:
            return log_files.SKIPPED, "not_a_file", "not a regular file"
        if look.refusal is not None:
            return log_files.UNREADABLE, "unreadable", printable(look.refusal, 100)
        if not self._logs.has_room_for(look):
            return log_files.SKIPPED, "fetch_limit", f"not fetched: with the newer logs it is more than fetch_max_mib ({self._logs.max_mib}) allows"
        return None

    def blocks(self, *part: Any) -> Iterator[bytes]:
        """The file's plain bytes, as of any source."""
        yield from super().blocks(*part)
        if self._cut is not None:
            raise archives.Unreadable(self._cut)


class HostLogs:
    """Stands in for the file system where the parser looks for logs.

    patterns: all globs that it will ask for. folder: where the copies go; they have no name there, so that they end with this process
    however that ends. max_mib: the logs that are fetched are not larger together, in MiB; the newest come first.
    """

    def __init__(self, files: HostFiles, patterns: Sequence[str], folder: str, max_mib: int):
        self._files = files
        self._patterns = list(patterns)
        self._folder = folder
        self.max_mib = max_mib
        self._matches = dict(zip(self._patterns, files.names(self._patterns), strict=True))
        self._sources: list[FetchedSource] = []
        self._looks: dict[str, Look] = {}
        self._chosen: set[str] = set()
        self._copies: dict[str, tuple[int, str | None]] = {}

    def matches(self, pattern: str) -> list[str]:
        """The existing paths of a pattern."""
        found = self._matches[pattern]
        return found if glob.has_magic(pattern) else found[:1]

    def source(self, path: str) -> FetchedSource:
        """The source at a path, not fetched yet."""
        source = FetchedSource(path, self)
        self._sources.append(source)
        return source

    def look(self, path: str) -> Look:
        """What is at the path of a source. All are looked at together, when the first is."""
        if not self._looks:
            self._looks = self._files.look([source.path for source in self._sources if source.status == log_files.READ])
            self._choose()
        return self._looks[path]

    def _choose(self) -> None:
        left = self.max_mib * 1024 * 1024
        for look in sorted(self._looks.values(), key=lambda look: (-look.modified, look.path)):
            if look.is_regular and not look.leaves_folder and look.refusal is None and look.identity not in self._chosen and look.size <= left:
                left -= look.size
                self._chosen.add(look.identity)

    def has_room_for(self, look: Look) -> bool:
        """Whether the file is among those that are fetched."""
        return look.identity in self._chosen

    def fetch(self, look: Look) -> tuple[int, str | None]:
        """Return a descriptor of a copy of a file, and why the copy is not whole, if it is not. Another name of a file gives the same copy."""
        if look.identity not in self._copies:
            self._copies[look.identity] = self._fetch(look)
        copy, cut = self._copies[look.identity]
        # Opened anew, for each source its own place in the file.
        return os.open(f"/proc/self/fd/{copy}", os.O_RDONLY) if os.path.exists(f"/proc/self/fd/{copy}") else os.dup(copy), cut

    def _fetch(self, look: Look) -> tuple[int, str | None]:
        cut = None
        try:
            with tempfile.TemporaryFile(dir=self._folder, buffering=0) as copy:
                try:
                    for data in self._files.read(look, self._patterns):
                        while data:
                            data = data[copy.write(data):]
                except Gone as gone:
                    cut = str(gone)
                return os.dup(copy.fileno()), cut
        except OSError as error:
            raise AuditError(f"a log could not be kept in {self._folder} on the controller while it is read: {error.strerror}", "error") from error

    def close(self) -> None:
        """Give the copies' space back."""
        for copy, unused in self._copies.values():
            os.close(copy)
        self._copies = {}
