# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that host records are written to, one file per inventory name. PRIVATE to the collection."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible.release import __version__ as ansible_core_version

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import Networks
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import make_private_directory, write_atomically
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.moments import parse_moment
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import display_name, record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import (
    BrokenRecord, Run, build_record, keep_probe, read_record, record_bytes,
)
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import token
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.version import collection_version

RECORDS_FOLDER = "records"
# What the task of audit_host registers.
RESULT_VARIABLE = "audit_result"
_AGE = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
# Read where the action is loaded: once, and not again in the process of each host.
_VERSION = collection_version()
_run_id = token(r"[A-Za-z0-9][A-Za-z0-9._:+-]*", 64)


def age(option: str, text: str | None) -> timedelta | None:
    """The age that an option states, such as 12h. None where it is not set. Raises ValueError."""
    if not text:
        return None
    match = _AGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{option}: '{text}' is not an age such as 30m, 12h, 7d or 2w")
    return int(match[1]) * _UNITS[match[2]]


def now() -> str:
    """This moment, as records hold it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def run_of(run_id: str, audited_at: str, internal_networks: Sequence[Any]) -> Run:
    """What a record says of its run. Raises ValueError and Violation on a bad option."""
    try:
        parse_moment(audited_at)
    except ValueError as error:
        raise ValueError(f"audited_at is {error}") from error
    networks = [str(item) for item in internal_networks]
    try:
        # Without any it is the private ranges, which are known to be right.
        if networks:
            Networks(networks, "internal_networks")
        known = tuple(schema.NETWORKS(networks, "internal_networks"))
    except AuditError as error:
        quoting = " (on a host's line of an INI inventory the list needs quotes around it: audit_internal_networks='[\"192.0.2.0/24\"]')"
        raise ValueError(f"{error}{quoting if any('[' in network for network in networks) else ''}") from error
    return Run(
        run_id=_run_id(run_id, "run_id"), audited_at=audited_at, collection_version=_VERSION, ansible_core=ansible_core_version, internal_networks=known,
    )


class RecordFolder:
    """No name or path in here comes from what a host said."""

    def __init__(self, report_dir: str) -> None:
        # A link as the folder itself is the user's choice; one inside it would be somebody else's and is refused.
        self.path = Path(report_dir).expanduser().resolve() / RECORDS_FOLDER

    def file_of(self, host: str) -> Path:
        """Where an inventory host's record is, or will be."""
        return self.path / record_file_name(host)

    def make(self) -> None:
        """Create the folder where it is missing. Raises FileProblem."""
        make_private_directory(self.path.parent)
        make_private_directory(self.path)

    def build(self, host: str, variables: Any, run: Run) -> dict[str, Any]:
        """The record of a host, with what the record before it holds of a probe."""
        return keep_probe(build_record(host, variables, run), self.file_of(host))

    def write(self, host: str, record: dict[str, Any]) -> bool:
        """Write a host's record; False when it was there already. Raises FileProblem."""
        return write_atomically(self.file_of(host), record_bytes(record))

    def fresh(self, host: str, longest: timedelta, run: Run) -> dict[str, Any] | None:
        """The record of a host that need not be audited again: a success of this version, with these networks, and younger than this."""
        path = self.file_of(host)
        record = read_record(path) if path.exists() else None
        if record is None or isinstance(record, BrokenRecord) or record["host"] != display_name(host) or record["status"] != "audited":
            return None
        if record["collection_version"] != run.collection_version or record["settings"]["internal_networks"] != list(run.internal_networks):
            return None
        passed = parse_moment(run.audited_at) - parse_moment(record["audited_at"])
        return record if timedelta(0) <= passed < longest else None


def raw_variables(host: str, task_vars: Mapping[str, Any]) -> Any:
    """A host's raw variables, None for a host that the inventory does not know: `raw_get` never templates, whatever a host put into its answer."""
    hostvars = task_vars["hostvars"]
    return hostvars.raw_get(host) if host in hostvars else None
