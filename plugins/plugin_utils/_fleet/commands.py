# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the report, as they work in the folder from which it was asked for, by the same programs and files.

INVENTORY stands for an inventory that is not known. Commands of playbooks that this version does not have are not offered.
"""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from collections.abc import Sequence

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import REPORT_FOLDER, ROOT, Call

# Host names that a shell and an Ansible pattern take literally; others are not put into a command.
_PLAIN_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
# What a shell, make and Ansible's key=value all take literally.
_PLAIN = re.compile(r"[A-Za-z0-9_./@:,+-]+\Z")
# More than these are read from a file in the report's folder.
NAMED_HOSTS = 5
LIMITS_FOLDER = "steps"
INVENTORY = "INVENTORY"


@cache
def has_playbook(name: str) -> bool:
    """Whether this version of the collection has a playbook."""
    return (ROOT / "playbooks" / f"{name}.yml").is_file()


def plain_names(names: Sequence[str]) -> list[str]:
    """The names that can stand in a command."""
    return [name for name in names if _PLAIN_HOST.match(name)]


def limit_of(key: str, names: Sequence[str], call: Call) -> str | None:
    """The hosts as a ``--limit`` pattern; a file for many. None when one of few has a name that is not plain, or all of many."""
    plain = plain_names(names)
    if len(names) <= NAMED_HOSTS:
        return ",".join(names) if len(plain) == len(names) else None
    return f"@{call.report}/{LIMITS_FOLDER}/{key}.txt" if plain else None


def limit_file(key: str, names: Sequence[str]) -> tuple[str, bytes] | None:
    """The file that ``limit_of`` names, by its name in the report's folder; None where it names none."""
    plain = plain_names(names)
    if len(names) <= NAMED_HOSTS or not plain:
        return None
    return f"{LIMITS_FOLDER}/{key}.txt", "".join(f"{name}\n" for name in sorted(plain)).encode("ascii")


def _joined(*words: str) -> str:
    return " ".join(shlex.quote(word) for word in words)


def _variable(name: str, value: str) -> tuple[str, str]:
    """A variable on the command line; as JSON where Ansible would split its value."""
    return "-e", f"{name}={value}" if _PLAIN.match(value) else json.dumps({name: value}, ensure_ascii=False)


def _inventories(call: Call) -> list[str]:
    return [word for item in ((INVENTORY,) if call.inventories is None else call.inventories) for word in ("-i", item)]


def _report_dir(call: Call) -> tuple[str, ...]:
    return () if call.report == REPORT_FOLDER else _variable("report_dir", call.report)


def _languages(call: Call, asked: bool) -> tuple[str, ...]:
    return _variable("report_languages", call.other_languages) if asked and call.other_languages else ()


def _playbook(call: Call, name: str) -> tuple[str, str]:
    file = f"mailfleet.tls_audit.{name}" if call.playbooks is None else f"{call.playbooks}{name}.yml"
    return f"{call.programs}ansible-playbook", file


def _make(call: Call, target: str, settings: dict[str, str], arguments: Sequence[str]) -> str | None:
    """The Makefile's target; None where there is none, or a word is not plain."""
    words = {**settings, **({} if call.report == REPORT_FOLDER else {"REPORT_DIR": call.report})}
    if call.core is None or not all(_PLAIN.match(word.replace("=", "")) for word in (*words.values(), *arguments)):
        return None
    return " ".join((
        "make", target, *(f"{name}={word}" for name, word in words.items()), *([f'ARGS="{" ".join(arguments)}"'] if arguments else []),
    ))


def _core(call: Call, core: str | None = None) -> dict[str, str]:
    chosen = core or call.core
    return {"CORE": chosen} if chosen else {}


def audit_command(call: Call, limit: str | None, *arguments: str, core: str | None = None) -> str:
    """The audit of some hosts, for the newest ansible-core or that of ``core`` where the Makefile can choose."""
    more = (*call.access, *_languages(call, call.languages_typed), *(("--limit", limit) if limit else ()), *arguments)
    inventories = (INVENTORY,) if call.inventories is None else call.inventories
    made = _make(call, "audit", {**_core(call, core), "INVENTORY": inventories[0]}, more) if len(inventories) == 1 else None
    return made or _joined(*_playbook(call, "audit"), *_inventories(call), *_report_dir(call), *more)


def playbook_command(call: Call, name: str, limit: str | None, *arguments: str) -> str | None:
    """A playbook on some hosts, never on all, which knows where their records are; None where this version does not have it or the hosts cannot be named."""
    if limit is None or not has_playbook(name):
        return None
    return _joined(*_playbook(call, name), *_inventories(call), *call.access, *_report_dir(call), *arguments, "--limit", limit)


def probe_command(call: Call, limit: str | None, *arguments: str) -> str | None:
    """The probe of some hosts, which makes the report as well."""
    return playbook_command(call, "probe", limit, *_languages(call, call.languages_typed), *arguments)


def ping_command(call: Call, limit: str | None) -> str:
    """Whether Ansible reaches some hosts."""
    return _joined(
        f"{call.programs}ansible", "all", *_inventories(call), *call.access, "-m", "ansible.builtin.ping", *(("--limit", limit) if limit else ()),
    )


def report_command(call: Call) -> str:
    """The report again, from the records alone."""
    languages = _languages(call, True)
    return _make(call, "report", _core(call), languages) or _joined(*_playbook(call, "report"), *_report_dir(call), *languages)
