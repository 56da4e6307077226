# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host records: built from what Ansible registered for a host, or read back from a folder of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from collections.abc import Iterator, Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import reasons, schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.canonical import canonical_json
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem, read_bounded
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.guard import forged_names
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.inventory_words import declared_of, labels_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import RECORD_SUFFIX, display_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

MAILLOG_RESULT = "audit_maillog"
MAILSERVER_RESULT = "audit_mailserver"
NETWORKS_VARIABLE = "audit_internal_networks"


@dataclass(frozen=True)
class Run:
    """What is the same for every record of one run."""

    run_id: str
    audited_at: str
    collection_version: str
    ansible_core: str
    internal_networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class BrokenRecord:
    """A file among the records that is none, and why."""

    file: str
    problem: str


def build_record(host: str, variables: Any, run: Run) -> dict[str, Any]:
    """The record of one inventory host, whatever its variables hold.

    ``variables`` are the host's raw variables (never templated), or anything that is no mapping for a host that the
    inventory does not know. No input raises: what breaks the bounds becomes a failed record that says so.
    """
    record = _blank(host, run)
    if not isinstance(variables, Mapping):
        return _failed(record, reasons.with_hint("error", "The inventory does not know this host."))
    forged = forged_names(variables)
    if forged:
        # Facts outrank inventory variables: such a host could declare itself scanned. Nothing that it says is used.
        return _failed(record, reasons.Reason(
            "error", f"The host returned facts named {', '.join(forged)}, names that the audit reserves; its answer was not used.",
            "Look into the host: a mail server has no reason to do that. Then clear its cached facts.",
        ))
    _from_inventory(record, variables)
    results = {name: _result(variables, name) for name in (MAILLOG_RESULT, MAILSERVER_RESULT)}
    # The action says it, not the host.
    mode = (results[MAILLOG_RESULT] or {}).get("audit_mode")
    record["settings"]["audit_mode"] = str(mode) if mode in schema.AUDIT_MODES else None
    python_hint = _python_hint(variables, results[MAILSERVER_RESULT])
    problems = {}
    for fact, name, check in (
        ("mailserver", MAILSERVER_RESULT, schema.check_mailserver), ("maillog", MAILLOG_RESULT, schema.check_maillog),
    ):
        try:
            record[fact] = _facts(results[name], fact, check)
        except (Violation, RecursionError) as error:
            problems[fact] = reasons.with_hint("error", f"The host's facts were refused: {error}")
    if record["maillog"] is None:
        _failed(record, problems.get("maillog") or _why_no_maillog(results, python_hint, run))
    elif "mailserver" in problems:
        # Figures of a host that lies about its set-up are not worth more than its set-up.
        record["maillog"] = None
        _failed(record, problems["mailserver"])
    return _bounded(record)


def _blank(host: str, run: Run) -> dict[str, Any]:
    return {
        "record_version": schema.RECORD_VERSION,
        "host": display_name(host),
        "status": "audited",
        "reason": None,
        "audited_at": run.audited_at,
        "collection_version": run.collection_version,
        "ansible_core": run.ansible_core,
        "run_id": run.run_id,
        "labels": {},
        "declared": {"antivirus": None},
        "settings": {"internal_networks": list(run.internal_networks), "audit_mode": None},
        "maillog": None,
        "mailserver": None,
        "probe": None,
    }


_STATUS_OF_KIND = {"unreachable": "unreachable", "skipped": "skipped"}


def _failed(record: dict[str, Any], reason: reasons.Reason) -> dict[str, Any]:
    record["status"] = _STATUS_OF_KIND.get(reason.kind, "failed")
    record["reason"] = reason.as_record()
    return record


def _bounded(record: dict[str, Any]) -> dict[str, Any]:
    """The record, or a failed one in its place when it is larger than a record may be."""
    # Indented JSON takes a millisecond. Plain JSON does not, and even a number among many is at least an eighth as long in it as on a line of its own.
    if len(json.dumps(record, allow_nan=False)) <= schema.MAX_RECORD_BYTES // 8:
        return record
    size = len(canonical_json(record))
    if size <= schema.MAX_RECORD_BYTES:
        return record
    record.update(maillog=None, mailserver=None)
    return _failed(record, reasons.with_hint(
        "error", f"The host's facts were refused: {size} bytes, more than the {schema.MAX_RECORD_BYTES} a record may have.",
    ))


def _result(variables: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = variables.get(name)
    return value if isinstance(value, Mapping) else None


def _facts(result: Mapping[str, Any] | None, fact: str, check: Any) -> dict[str, Any] | None:
    """The checked facts of a result that succeeded; None for one that did not."""
    if result is None or any(result.get(bad) is True for bad in ("failed", "unreachable", "skipped")):
        return None
    facts = result.get("ansible_facts")
    if not isinstance(facts, Mapping) or facts.get(fact) is None:
        return None
    return check(facts[fact])


def _why_no_maillog(results: Mapping[str, Mapping[str, Any] | None], python_hint: str | None, run: Run) -> reasons.Reason:
    log, server = results[MAILLOG_RESULT], results[MAILSERVER_RESULT]
    for result in (log, server):
        if result is not None and any(result.get(bad) is True for bad in ("unreachable", "failed")):
            return reasons.explain(result, python_hint, run.ansible_core)
    if log is not None and log.get("skipped") is True:
        return reasons.explain(log, python_hint, run.ansible_core)
    if log is not None:
        return reasons.with_hint("error", "The host's answer holds no mail log facts.")
    return reasons.not_audited()


def _python_hint(variables: Mapping[str, Any], server: Mapping[str, Any] | None) -> str | None:
    """The host's Python, from wherever it shows; only used in a message, and only as a version number."""
    facts = variables.get("ansible_facts")
    discovered = facts.get("discovered_interpreter_python") if isinstance(facts, Mapping) else None
    own = (server or {}).get("ansible_facts")
    own_server = own.get("mailserver") if isinstance(own, Mapping) else None
    python = own_server.get("python") if isinstance(own_server, Mapping) else None
    for text in (python, variables.get("ansible_python_interpreter"), discovered):
        if isinstance(text, str) and len(text) < 4096 and "{{" not in text:
            return str(text)
    return None


def _from_inventory(record: dict[str, Any], variables: Mapping[str, Any]) -> None:
    """Labels, declaration and networks as the inventory states them, taken literally; what does not fit is left out."""
    record["labels"] = labels_of(variables)
    record["declared"]["antivirus"] = declared_of(variables)
    networks = variables.get(NETWORKS_VARIABLE)
    if isinstance(networks, (list, tuple)) and networks:
        try:
            record["settings"]["internal_networks"] = schema.NETWORKS(list(networks), "networks")
        except Violation:
            pass


def keep_probe(record: dict[str, Any], path: Path) -> dict[str, Any]:
    """The record with the probe of the host's record in ``path``, if there is one: an audit does not undo what a probe showed."""
    before = read_record(path)
    if record["probe"] is None and isinstance(before, dict) and before["host"] == record["host"] and before["probe"] is not None:
        record["probe"] = before["probe"]
        return _bounded(record)
    return record


def with_probe(record: dict[str, Any], probe: dict[str, Any]) -> dict[str, Any]:
    """The record with what a probe showed, checked like all of it. Raises Violation."""
    return _bounded(schema.check_record({**record, "probe": probe}))


def probed_only(host: str, run: Run) -> dict[str, Any]:
    """The record of a host that was probed and never audited."""
    record = _blank(host, run)
    return _failed(record, reasons.with_hint("skipped", "The host was probed from outside, and not audited yet."))


def record_bytes(record: dict[str, Any]) -> bytes:
    """The record as its file holds it."""
    return canonical_json(record)


def read_record(path: Path) -> dict[str, Any] | BrokenRecord:
    """The checked record in ``path``, or what is wrong with it."""
    name = clean_text(path.name, 200)
    try:
        data = read_bounded(path, schema.MAX_RECORD_BYTES)
        return schema.check_record(json.loads(data.decode("utf-8")))
    except FileProblem as problem:
        return BrokenRecord(name, f"The file {problem}.")
    except Violation as problem:
        return BrokenRecord(name, f"The {problem}." if str(problem).startswith("record") else f"Its {problem}.")
    except (ValueError, RecursionError):
        return BrokenRecord(name, "The file is not a JSON document.")


def read_records(folder: Path) -> Iterator[tuple[str, dict[str, Any] | BrokenRecord]]:
    """Each record of a folder with its file name, one at a time, in the order of the names."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(RECORD_SUFFIX))
    except OSError as error:
        raise FileProblem(f"cannot list the records in {folder}: {error.strerror}") from error
    for name in names:
        if not name.startswith("."):
            yield name, read_record(folder / name)
