# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time zone of a host, learned through its shell. PRIVATE to the collection.

Days and year-less times are the host's. Its zone file is not copied: the controller's C library would parse a stranger's binary file. Its name serves,
or the POSIX rule that the file ends with (tzfile(5): version 2 and newer, which CentOS 6 has), or at the least the offset of today.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Shell

_ASK = (
    "printf '%s\\000' \"$TZ\"; printf '%s\\000' \"$(readlink -f /etc/localtime)\"; printf '%s\\000' \"$(tail -n 1 /etc/localtime | tr -d '\\000')\"; "
    "date '+%s %z'"
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
# POSIX, Environment Variables, TZ: `JST-9`, `CET-1CEST,M3.5.0,M10.5.0/3`, `<+09>-9`.
_ABBREVIATION = r"(?:[A-Za-z]{3,6}|<[A-Za-z0-9+-]{1,8}>)"
_TIME = r"[+-]?\d{1,3}(?::\d\d){0,2}"
_DATE = r",(?:M\d{1,2}\.\d\.\d|J?\d{1,3})(?:/" + _TIME + ")?"
_RULE = re.compile(f"{_ABBREVIATION}{_TIME}(?:{_ABBREVIATION}(?:{_TIME})?(?:{_DATE}{_DATE})?)?")
_FOLDERS = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo")


@dataclass(frozen=True)
class HostZone:
    """The host's zone as a value of TZ. summer_time: whether its switches are known, not only the offset of today."""

    value: str
    summer_time: bool = True

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Local times of this process are the host's. Actions run in a process of their own."""
        before = os.environ.get("TZ")
        os.environ["TZ"] = self.value
        time.tzset()
        try:
            yield
        finally:
            if before is None:
                del os.environ["TZ"]
            else:
                os.environ["TZ"] = before
            time.tzset()


def zone_of(shell: Shell) -> HostZone:
    """The first of the host's statements about its zone that agrees with its clock. Raises AuditError when the shell fails."""
    variable, link, rule, clock = (part.decode("utf-8", "replace").strip() for part in (shell.run(_ASK, 4096).split(b"\0") + [b""] * 4)[:4])
    match = re.fullmatch(r"(\d{1,12}) ([+-])(\d\d)(\d\d)", clock)
    if match is None:
        return HostZone("UTC0", False)
    now, minutes = int(match[1]), int(match[3]) * 60 + int(match[4])
    east = -minutes if match[2] == "-" else minutes
    for text in (variable.removeprefix(":"), link, rule):
        value = _usable(text)
        if value is not None and _offset(value, now) == east * 60:
            return HostZone(value)
    # POSIX counts westward.
    return HostZone(f"<{match[2]}{match[3]}{match[4]}>{'-' if east > 0 else '+'}{match[3]}:{match[4]}", False)


def _usable(text: str) -> str | None:
    """A zone that this controller has, or a rule; None for anything else."""
    name = re.sub(r"^.*/zoneinfo/(?:posix/|right/)?", "", text)
    if len(name) < 64 and _NAME.fullmatch(name) and any((Path(folder) / name).is_file() for folder in _FOLDERS):
        return name
    return text if len(text) < 64 and _RULE.fullmatch(text) else None


def _offset(value: str, moment: int) -> int:
    """Seconds east of UTC."""
    with HostZone(value).in_force():
        return time.localtime(moment).tm_gmtoff
