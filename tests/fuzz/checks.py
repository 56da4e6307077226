# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the facts of any log at all, and what else must come to the same."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.tests.unit.maillog import parts
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive, slow_reference
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences


def audit(path: Path, **options: Any) -> dict[str, Any]:
    """The facts of one log."""
    facts: dict[str, Any] = audit_logs([str(path)], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC", **options)
    return facts


def check_sums(facts: dict[str, Any]) -> None:
    """Sums add up, and the controller takes the facts."""
    for scope, counts in facts["inbound"].items():
        sessions, messages, rejected = counts["sessions"], counts["messages"], counts["rejected"]
        if sessions["total"] is not None:  # an Exim that does not log them
            assert sessions["total"] == sessions["tls"] + sessions["plaintext"] + sessions["tls_failed"] + sessions["unknown"], scope
        assert messages["total"] == messages["tls"] + messages["plaintext"] + messages["unknown"], scope
        assert rejected["total"] == rejected["tls"] + rejected["plaintext"] + rejected["unknown"] >= rejected["unknown_user"], scope
        assert all(count is None or count >= 0 for kind in counts.values() for count in kind.values()), scope
    for kind, counts in facts["inbound"]["total"].items():
        if counts["total"] is not None:
            assert counts == {name: facts["inbound"]["external"][kind][name] + facts["inbound"]["internal"][kind][name] for name in counts}, kind
    for rows in (facts["services"].values(), [day["total"] for day in facts["daily"]]):
        for kind in ("sessions", "messages"):
            total = facts["inbound"]["total"][kind]["total"]
            assert total is None or sum(row[kind]["total"] for row in rows) == total or len(facts["daily"]) >= 100, kind
    lines = facts["coverage"]["lines"]
    assert max(lines["mail"], lines["malformed"]) <= lines["read"]
    text = json.dumps(facts)
    assert len(text) <= 64 * 1024
    schema.check_maillog(json.loads(text))


def check_invariants(log: bytes, facts: dict[str, Any]) -> None:
    """The sums of a log of Postfix, and nothing comes from nothing."""
    check_sums(facts)
    for scope, counts in facts["inbound"].items():
        assert counts["messages"]["total"] <= log.count(b"client="), scope
        assert counts["sessions"]["total"] <= log.count(b"connect from "), scope
    assert sum(facts["tls"]["protocols"].values()) <= facts["inbound"]["total"]["sessions"]["tls"]


def check_reference(path: Path, facts: dict[str, Any]) -> None:
    """The slow count says the same."""
    assert differences(slow_reference.count([path], derive.INTERNAL_NETWORKS), facts) == []


def check_other_ways(log: bytes, path: Path, facts: dict[str, Any], chance: random.Random) -> None:
    """The same log in an archive, and cut into parts that are merged, gives the same."""
    path.write_bytes(gzip.compress(log, 1))
    figures = ("inbound", "services", "tls", "daily")
    try:
        packed = audit(path)
    finally:
        path.write_bytes(log)
    assert {name: packed[name] for name in figures} == {name: facts[name] for name in figures}
    pieces = log.split(b"\n")
    at = sorted(chance.randrange(len(pieces)) for _cut in range(chance.randint(1, 5)))
    cut = [b"".join(line + b"\n" for line in pieces[begin:end]) for begin, end in zip([0, *at], [*at, len(pieces)])]
    # A file is cut into pieces that hold something: what begins a file, such as a byte order mark, is in the first.
    cut = [piece for piece in cut if piece]
    assert parts.count([cut], chance) == parts.count([[b"".join(cut)]])
