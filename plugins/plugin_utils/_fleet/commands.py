# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the report's steps, as they work where this collection is: in a clone with its Makefile, or installed.

INVENTORY stands for the user's inventory. Commands of playbooks that this version does not have are not offered.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from collections.abc import Sequence

_ROOT = Path(__file__).resolve().parents[3]

# Host names that a shell and an Ansible pattern take literally; others are not put into a command.
_PLAIN_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
# More than these are read from a file in the report's folder, by the name that it has by default.
NAMED_HOSTS = 5
LIMITS_FOLDER = "steps"
_REPORT_FOLDER = "report"


@cache
def has_playbook(name: str) -> bool:
    """Whether this version of the collection has a playbook."""
    return (_ROOT / "playbooks" / f"{name}.yml").is_file()


@cache
def _in_clone() -> bool:
    return (_ROOT / "Makefile").is_file()


def plain_names(names: Sequence[str]) -> list[str]:
    """The names that can stand in a command."""
    return [name for name in names if _PLAIN_HOST.match(name)]


def limit_of(key: str, names: Sequence[str]) -> str | None:
    """The hosts as a ``--limit`` pattern; a file for many. None when one of few has a name that is not plain, or all of many."""
    plain = plain_names(names)
    if len(names) <= NAMED_HOSTS:
        return ",".join(names) if len(plain) == len(names) else None
    return f"@{_REPORT_FOLDER}/{LIMITS_FOLDER}/{key}.txt" if plain else None


def limit_file(key: str, names: Sequence[str]) -> tuple[str, bytes] | None:
    """The file that ``limit_of`` names, by its name in the report's folder; None where it names none."""
    plain = plain_names(names)
    if len(names) <= NAMED_HOSTS or not plain:
        return None
    return f"{LIMITS_FOLDER}/{key}.txt", "".join(f"{name}\n" for name in sorted(plain)).encode("ascii")


def audit_command(limit: str | None, *arguments: str, core: str | None = None) -> str:
    """The audit of some hosts."""
    more = " ".join((*(("--limit", limit) if limit else ()), *arguments))
    if _in_clone():
        return "make audit" + (f" CORE={core}" if core else "") + " INVENTORY=INVENTORY" + (f' ARGS="{more}"' if more else "")
    return f"ansible-playbook mailfleet.tls_audit.audit -i INVENTORY {more}".rstrip()


def playbook_command(name: str, limit: str | None, *arguments: str) -> str | None:
    """A playbook on some hosts, never on all; None where this version does not have it or the hosts cannot be named."""
    if limit is None or not has_playbook(name):
        return None
    path = f"playbooks/{name}.yml" if _in_clone() else f"mailfleet.tls_audit.{name}"
    return " ".join(("ansible-playbook", path, "-i INVENTORY", *arguments, "--limit", limit))


def ping_command(limit: str | None) -> str:
    """Whether Ansible reaches some hosts."""
    return "ansible all -i INVENTORY -m ansible.builtin.ping" + (f" --limit {limit}" if limit else "")
