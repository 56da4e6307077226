# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host was not audited: one kind, one clear line and one piece of advice out of what Ansible reported.

The texts matched here were produced by running ansible-core 2.16, 2.19 and 2.21 against Pythons that are too old, closed
ports, missing interpreters and time limits (tests/unit/fixtures/records/failures.yml holds them).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from collections.abc import Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.pythons import newest_core_for, parse_python, runs_on
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import REASON_KINDS
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

_DETAIL = 300
# Enough of a message to recognise it; a host may send megabytes.
_LOOKED_AT = 20_000
_TAIL = 160


@dataclass(frozen=True)
class Reason:
    """A failure in the reader's words."""

    kind: str
    detail: str
    hint: str | None = None

    def as_record(self) -> dict[str, str | None]:
        """The ``reason`` of a host record."""
        return {"kind": self.kind, "detail": clean_text(self.detail, _DETAIL), "hint": self.hint}


_HINTS: dict[str, str] = {
    "unreachable": "Check that `ansible -m ansible.builtin.ping` reaches the host with this inventory and account.",
    "no_log": "Set audit_log_paths to where this server writes its mail log.",
    "no_permission": "Let the audit account read the mail log (group adm, or an ACL), or set audit_become.",
    "no_mta": "Take the host out of the audited group if it receives no mail.",
    "become": "Give the audit account a working become method, or run with --ask-become-pass.",
    "timeout": "Run again with a larger audit_timeout, or narrow the period with audit_since.",
    "skipped": "Run the audit again without a limit that leaves this host out.",
    "error": "Mend what the message names; the audit of this host alone with -vvv shows all of it.",
}
# Errors that are known well enough for advice of their own. A record holds the text, by which the report knows it again.
_HINTS_OF_ERRORS: dict[str, str] = {
    "no_python": "Set audit_mode=fetch for this host, or ansible_python_interpreter where it has a Python.",
    "option": "Set the option right. As a variable its name begins with audit_, such as audit_since; that of paths is audit_log_paths.",
    "bad_reply": "Check that the login shell prints nothing and that the host's Python works; -vvv shows the whole answer.",
}

_BECOME = re.compile(
    r"missing (sudo|become|su|doas|runas) password|(sudo|become|su|doas)?.{0,20}incorrect (sudo|su|become|doas) password"
    r"|waiting for privilege escalation|a password is required|a terminal is required to (read|authenticate)"
    r"|is not in the sudoers file|may not run sudo|is not allowed to execute|(sudo|su|doas): (command )?not found"
    r"|become method .{0,40} was not found|waiting for become success",
    re.IGNORECASE,
)
_TIMEOUT = re.compile(
    r"expected time frame|timed out after \d|did not complete within the requested time|time ?limit|task timed out",
    re.IGNORECASE,
)
_OLD_PYTHON = re.compile(
    r"future feature annotations is not defined|zip_data: str|requires Python \d[\d.]* or newer"
    r"|requires a minimum of Python",
    re.IGNORECASE,
)
_NO_PYTHON = re.compile(
    r"module interpreter .{1,200} was not found|python[\d.]*: (command )?not found|python[\d.]*: no such file"
    r"|you probably need to set the interpreter|No python interpreters found",
    re.IGNORECASE,
)
_NO_PERMISSION = re.compile(r"permission denied|not permitted|cannot be read|not readable|could not read", re.IGNORECASE)
_NO_LOG = re.compile(r"no (readable )?(mail )?log|no such log|no mail log|found no log|log .{0,80}not found", re.IGNORECASE)
_NO_MTA = re.compile(r"no (mta|mail server|mail transfer agent)", re.IGNORECASE)
_SEE_OUTPUT = re.compile(r"^MODULE FAILURE|See stdout/stderr for the exact error")
_BAD_REPLY = re.compile(r"No start of json char found|deserialization failed|MODULE FAILURE", re.IGNORECASE)


def message_of(result: Mapping[str, Any]) -> str:
    """The message and the output of a registered result, cleaned; empty when it holds none."""
    parts = []
    for key in ("msg", "module_stderr", "module_stdout", "stderr", "reason"):
        value = result.get(key)
        if isinstance(value, str) and value.strip():
            parts.append(clean_text(str(value)[:_LOOKED_AT], _LOOKED_AT))
    return " ".join(parts)


def _main_line(result: Mapping[str, Any], fallback: str) -> str:
    value = result.get("msg")
    line = clean_text(str(value)[:_LOOKED_AT], _DETAIL) if isinstance(value, str) else ""
    line = re.sub(r"^(Task failed: )+", "", line)
    if _SEE_OUTPUT.search(line):
        # ansible-core 2.16 to 2.18 say no more than that the output holds the reason.
        line = _output_tail(result) or line
    return line or fallback


def _output_tail(result: Mapping[str, Any]) -> str:
    """The last of what a command that broke off wrote, on one line; empty when it wrote nothing."""
    for key in ("module_stderr", "module_stdout"):
        said = result.get(key)
        if isinstance(said, str) and said.strip():
            return clean_text(str(said)[-_LOOKED_AT:], _LOOKED_AT)[-_TAIL:]
    return ""


def _line_with(pattern: re.Pattern[str], result: Mapping[str, Any]) -> str:
    """The line of a command's output or message by which a failure was recognised: what Ansible makes of it may say much less."""
    for key in ("module_stderr", "module_stdout", "msg"):
        said = result.get(key)
        lines = str(said)[:_LOOKED_AT].splitlines() if isinstance(said, str) else []
        for line in lines:
            if pattern.search(line):
                return re.sub(r"^(Task failed: )+", "", clean_text(line, _DETAIL))
    return ""


def with_hint(kind: str, detail: str) -> Reason:
    """The reason of a kind with its usual advice."""
    return Reason(kind, detail, _HINTS.get(kind))


def advice_of(kind: str, hint: str | None) -> str:
    """The advice that a record's reason calls for, by name: that of its kind, or of an error that is known better."""
    return next((name for name, text in _HINTS_OF_ERRORS.items() if kind == "error" and hint == text), kind)


def not_audited() -> Reason:
    """A host that the run never came to."""
    return with_hint("skipped", "The run ended before this host was audited.")


def unreachable(result: Mapping[str, Any]) -> Reason:
    """Ansible could not connect: what ssh said, without the wrapping."""
    if _BECOME.search(message_of(result)):
        return with_hint("become", _main_line(result, "The audit account could not become root."))
    line = re.sub(r"^Failed to connect to the host via \w+: ", "", _main_line(result, "The host did not answer."))
    return with_hint("unreachable", line)


def python_too_old(result_text: str, python_hint: str | None, ansible_core: str) -> Reason:
    """The host's Python cannot run modules of this ansible-core: which Python, and which ansible-core would do."""
    current = re.search(r"Current version:? *([\d.]+)", result_text)
    version = parse_python(current.group(1) if current else python_hint)
    if version is None and "annotations is not defined" in result_text:
        # Only Python 3.6 and older lack the feature that this message is about, and 2.7 stops at another line first.
        core: str | None = "2.16"
        named = "Python 3.6 or older"
    elif version is None:
        core, named = "2.16", "Python 2.7 or another old version"
    else:
        core, named = newest_core_for(version), f"Python {version[0]}.{version[1]}"
    detail = f"The host has {named}, which ansible-core {ansible_core} no longer runs modules on."
    if core is None:
        return Reason(
            "python_too_old", detail,
            "No supported ansible-core runs there: set audit_mode=fetch, or install Python 2.7 or newer beside it and set ansible_python_interpreter.",
        )
    # The Makefile sets up 2.16, the oldest and for old hosts the last, beside the newest.
    command = " (make audit CORE=2.16)" if core == "2.16" else ""
    return Reason(
        "python_too_old", detail,
        f"Run the audit for this host from ansible-core {core}{command}, set ansible_python_interpreter to a newer Python, or set audit_mode=fetch.",
    )


# Prints the version of each Python that old hosts have; Red Hat 8 has platform-python beside or instead of python3.
PYTHONS_SCRIPT = "for p in python3 /usr/libexec/platform-python python python2.7 python2; do $p -V; done 2>&1"


def _versions(said: str) -> set[tuple[int, int]]:
    return {(int(major), int(minor)) for major, minor in re.findall(r"^Python ([23])\.(\d{1,2})", said[:_LOOKED_AT], re.MULTILINE)}


def has_python(said: str, ansible_core: str) -> bool:
    """Whether a Python that this ansible-core runs modules on is among those that PYTHONS_SCRIPT printed."""
    return any(runs_on(version, ansible_core) for version in _versions(said))


def by_pythons_found(said: str, ansible_core: str) -> Reason | None:
    """The reason when all Pythons that a host has are too old. said: what PYTHONS_SCRIPT printed. None where that explains nothing."""
    found = _versions(said)
    if not found or has_python(said, ansible_core):
        return None
    usable = [version for version in found if newest_core_for(version) is not None]
    major, minor = max(usable or found)
    return python_too_old("", f"{major}.{minor}", ansible_core)


def lacks_python(result: Mapping[str, Any], python_hint: str | None, ansible_core: str) -> bool:
    """Whether a module failed because the host has no Python that this ansible-core runs modules on."""
    if result.get("failed") is not True or result.get("unreachable") is True or _stated_by_module(result) is not None:
        return False
    return _NO_PYTHON.search(message_of(result)) is not None or explain(result, python_hint, ansible_core).kind == "python_too_old"


def explain(result: Mapping[str, Any], python_hint: str | None, ansible_core: str) -> Reason:
    """The reason behind a result that failed, was unreachable or was skipped."""
    if result.get("unreachable") is True:
        return unreachable(result)
    if result.get("skipped") is True and result.get("failed") is not True:
        return with_hint("skipped", "The audit of this host was skipped by a condition.")
    stated = _stated_by_module(result)
    if stated is not None:
        return stated
    text = message_of(result)
    if _OLD_PYTHON.search(text):
        return python_too_old(text, python_hint, ansible_core)
    if _BECOME.search(text):
        return with_hint("become", _main_line(result, "The audit account could not become root."))
    if _TIMEOUT.search(text) or isinstance(result.get("timedout"), dict):
        return with_hint("timeout", _main_line(result, "The audit of this host took too long."))
    if _NO_PYTHON.search(text):
        said = _line_with(_NO_PYTHON, result) or _main_line(result, "the interpreter did not start.")
        return Reason("error", f"No usable Python was found on the host: {said}", _HINTS_OF_ERRORS["no_python"])
    if _BAD_REPLY.search(text):
        return _bad_reply(result, python_hint, ansible_core)
    for kind, pattern in (("no_mta", _NO_MTA), ("no_permission", _NO_PERMISSION), ("no_log", _NO_LOG)):
        if pattern.search(text):
            return with_hint(kind, _main_line(result, "The mail log could not be read."))
    return with_hint("error", _main_line(result, "The audit of this host failed without a message."))


def _bad_reply(result: Mapping[str, Any], python_hint: str | None, ansible_core: str) -> Reason:
    """Output that is no result: an old Python's syntax error, or something that prints into the session."""
    tail = _output_tail(result)
    version = parse_python(python_hint)
    core = newest_core_for(version) if version else None
    if "SyntaxError" in tail and version is not None and core != newest_core_for((3, 99)):
        return python_too_old(tail, python_hint, ansible_core)
    detail = "The host's answer was not a module result."
    return Reason("error", f"{detail} It ended with: {tail}" if tail else detail, _HINTS_OF_ERRORS["bad_reply"])


def _stated_by_module(result: Mapping[str, Any]) -> Reason | None:
    """The reason a module of this collection gave itself, under ``reason_kind`` (and optionally ``hint``)."""
    kind = result.get("reason_kind")
    if kind == "option":
        return Reason("error", _main_line(result, "An option is wrong."), _HINTS_OF_ERRORS["option"])
    if not isinstance(kind, str) or kind not in REASON_KINDS:
        return None
    hint = result.get("hint")
    own = clean_text(str(hint), _DETAIL) if isinstance(hint, str) and hint else None
    return Reason(str(kind), _main_line(result, "The audit of this host failed."), own or _HINTS.get(str(kind)))
