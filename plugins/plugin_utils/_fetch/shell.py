# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs small scripts in a host's shell and brings back bytes, whatever connection and terminal lie between. PRIVATE to the collection.

Ansible's own ways of fetching do not serve here. `fetch_file` of the connections knows no become. `slurp` and `fetch` with become run a module,
which needs Python. Command output alone is left, and that is text on its way: with a terminal (`ssh -tt`, which Ansible asks for unless
it sends input, and which sudo's `requiretty` of CentOS 6 insists on) LF becomes CR LF and error messages mix with the output, and Ansible decodes it
as UTF-8. So everything comes back as base64 between two marks that are new for each call: login messages do not matter, and an answer that was cut is seen.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

# Runs one command line on the host, with a terminal or without. Returns stdout, stderr and rc, as ActionBase._low_level_execute_command does.
Execute = Callable[[str, bool], Mapping[str, Any]]

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAX_MESSAGE = 200
_NEEDS_TERMINAL = re.compile(r"must have a tty|must be run from a terminal|standard in must be a tty", re.IGNORECASE)


def _from_base64(text: bytes) -> bytes:
    return base64.b64decode(text)


def _from_uuencode(text: bytes) -> bytes:
    """`begin-base64 644 -`, base64, `====`."""
    return base64.b64decode(b"".join(text.strip().splitlines()[1:-1]))


def _from_hexadecimal(text: bytes) -> bytes:
    return bytes.fromhex(text.decode("ascii"))


# In the order of preference. base64 is in coreutils since 6.0 (CentOS 5 has 5.97) and in busybox; od is in POSIX.
_ENCODERS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "base64": ("base64", _from_base64),
    "openssl": ("openssl base64", _from_base64),
    "uuencode": ("uuencode -m -", _from_uuencode),
    "od": ("od -An -v -tx1", _from_hexadecimal),
}
_TOOLS = (*_ENCODERS, "gzip", "dd", "stat", "readlink", "timeout")


class Shell:
    """A host's POSIX shell. `tools` are the programs that it has of those that this package uses.

    execute: how to run a command line there. terminal: whether to begin with a terminal. nice: by how much the host lowers the priority.
    Every method raises AuditError when the host's shell does not do as asked; the message says what it said instead.
    """

    def __init__(self, execute: Execute, terminal: bool = False, nice: int = 0):
        self._execute = execute
        self._terminal = terminal
        # renice for the shell itself: `nice` would need a second shell, and quoting twice.
        self._begin = f"PATH=$PATH:{PATH}; LC_ALL=C; export PATH LC_ALL; renice -n {nice} -p $$ >/dev/null 2>&1; "
        looked = self._between_marks(f"for t in {' '.join(_TOOLS)}; do type $t >/dev/null 2>&1 && echo $t; done")
        self.tools = frozenset(looked.decode("ascii", "replace").split())
        encoder = next((name for name in _ENCODERS if name in self.tools), None)
        if encoder is None:
            raise AuditError(f"the host's shell has none of {', '.join(_ENCODERS)}, one of which is needed to fetch files", "error")
        self._encode, self._decode = _ENCODERS[encoder]

    def require(self, *tools: str) -> None:
        """Raise AuditError unless the host has these tools."""
        missing = [tool for tool in tools if tool not in self.tools]
        if missing:
            raise AuditError(f"the host's shell lacks {' and '.join(missing)}, without which no file can be fetched", "error")

    def run(self, script: str, limit: int, compress: bool = False) -> bytes:
        """Return what a script of one line writes. limit: more bytes are an error. compress: with gzip on the way, where the host has it."""
        compress = compress and "gzip" in self.tools
        # A log shrinks about ten times. Measured over ssh, 300 MB on two busy cores: 42 s with gzip, 112 s without, and half the controller's CPU. For the
        # host it is 13 ms of CPU per MB instead of 4 ms, before encryption.
        pipe = f"gzip -1c | {self._encode}" if compress else self._encode
        text = self._between_marks(f"{{ {script}; }} 2>/dev/null | {{ {pipe}; }} 2>/dev/null")
        try:
            data = self._decode(text)
            if compress:
                inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
                data = inflate.decompress(data, limit + 1)
                if len(data) <= limit and not inflate.eof:
                    raise AuditError("the host's answer was cut short", "error")
        except (binascii.Error, ValueError, zlib.error) as error:
            raise AuditError(f"the host's answer could not be decoded: {clean_text(str(error), _MAX_MESSAGE)}", "error") from error
        if len(data) > limit:
            raise AuditError(f"the host's answer is longer than {limit} bytes", "error")
        return data

    def _between_marks(self, script: str) -> bytes:
        begin, end = (f"mailfleet-{word}-{secrets.token_hex(8)}" for word in ("begin", "end"))
        # csh, as a login shell, knows no line breaks within quotes: one line.
        command = f"{self._begin}echo; echo {begin}; {script}; echo; echo {end}"
        answer = self._execute(command, self._terminal)
        if not self._terminal and answer["rc"] != 0 and _NEEDS_TERMINAL.search(f"{answer['stderr']} {answer['stdout']}"):
            self._terminal = True
            answer = self._execute(command, True)
        output = str(answer["stdout"])
        start = output.find(begin)
        stop = output.find(end, start + 1)
        if start < 0 or stop < 0:
            said = " ".join(clean_text(str(answer[stream])[-2000:], 2000) for stream in ("stderr", "stdout")).strip()[-_MAX_MESSAGE:]
            raise AuditError(f"the host's shell did not answer, it ended with code {answer['rc']}: {said or 'no message'}", "error")
        return output[start + len(begin):stop].encode("ascii", "replace")
