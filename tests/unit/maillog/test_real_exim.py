# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every real log of Exim and Dovecot gives the figures that tests/unit/truth derives from what the client did."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences

# Without ports the log does not tell sessions of one address apart; a junk HELO is a line that the stranger writes: both have tests of their own.
OWN_TESTS = ("H-connections-without-port", "M-junk-helo")
CASES = [(folder, form) for folder in derive.set_ups("exim") for form in derive.forms(folder) if folder.name not in OWN_TESTS]
DOVECOT = derive.set_ups("dovecot")


def _id(value: Any) -> str:
    return value if isinstance(value, str) else f"{value.parent.name}-{value.name}"


def audit(*paths: Path) -> dict[str, Any]:
    facts: dict[str, Any] = audit_logs([str(path) for path in paths], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC")
    return facts


def notices(facts: dict[str, Any]) -> dict[str, int]:
    return {notice["kind"]: notice["count"] for notice in facts["coverage"]["notices"]}


def test_every_set_up_is_there() -> None:
    assert len(CASES) == 3 * 4 + 2 * 7  # three of 4.96 in four forms; seven of each Debian's Exim in the form that it wrote
    assert len(DOVECOT) == 4


@pytest.mark.parametrize(("folder", "form"), CASES, ids=_id)
def test_the_facts_are_those_derived_from_the_truth(folder: Path, form: str) -> None:
    expected = derive.exim(folder)
    days, tls = expected.pop("days"), expected.pop("tls")
    facts = audit(folder / form)
    assert differences(expected, facts) == []
    assert set(facts["services"]) == {"exim"}
    assert facts["tls"]["protocols"] == tls["protocols"]
    assert sum(facts["tls"]["ciphers"].values()) == tls["ciphers"].get("any", 0)
    assert [day["date"] for day in facts["daily"]] == days
    assert facts["mtas"] == ["exim"]
    assert set(notices(facts)) == ({"sessions_unknown"} if facts["inbound"]["total"]["sessions"]["total"] is None else set())


@pytest.mark.parametrize("folder", [folder for folder in derive.set_ups("exim") if folder.name == "H-connections-without-port"], ids=_id)
def test_without_ports_sessions_are_counted_and_their_tls_is_not_guessed(folder: Path) -> None:
    expected, facts = derive.exim(folder), audit(folder / "mainlog")
    for scope in derive.SCOPES:
        wanted, found = expected["inbound"][scope], facts["inbound"][scope]
        assert found["messages"] == wanted["messages"]
        assert found["rejected"] == wanted["rejected"]
        assert found["sessions"]["total"] == wanted["sessions"]["total"]
        for name in ("tls", "plaintext", "tls_failed"):
            assert found["sessions"][name] <= wanted["sessions"][name]
    assert 0 < facts["inbound"]["total"]["sessions"]["unknown"] < facts["inbound"]["total"]["sessions"]["total"]


@pytest.mark.parametrize("folder", [folder for folder in derive.set_ups("exim") if folder.name == "M-junk-helo"], ids=_id)
def test_a_junk_helo_changes_its_own_message_alone(folder: Path) -> None:
    """helo_accept_junk_hosts lets a stranger write the address and the protocol of his own message; no other figure moves."""
    expected, facts = derive.exim(folder), audit(folder / "mainlog")
    wanted, found = expected["inbound"], facts["inbound"]
    everything = {scope: wanted[scope]["messages"]["total"] for scope in ("total", "local")}
    assert sum(found[scope]["messages"]["total"] for scope in everything) == sum(everything.values())
    assert abs(found["external"]["messages"]["tls"] - wanted["external"]["messages"]["tls"]) <= 1
    assert wanted["external"]["messages"]["total"] - found["external"]["messages"]["total"] <= 1
    assert found["internal"] == wanted["internal"]


@pytest.mark.parametrize("folder", [folder for folder in derive.set_ups("exim") if (folder / "mainlog").exists() and (folder / "maillog").exists()], ids=_id)
@pytest.mark.parametrize("form", ["maillog", "maillog.iso", "maillog.rfc5424"])
def test_the_same_mail_in_syslog_and_in_a_file_counts_once(folder: Path, form: str) -> None:
    both, one = audit(folder / form, folder / "mainlog"), audit(folder / "mainlog")
    assert both["inbound"] == one["inbound"]
    assert both["services"] == one["services"]
    assert notices(both)["duplicate_source"] == 1


def test_the_other_logs_are_left_alone(tmp_path: Path) -> None:
    folder = derive.set_ups("exim")[0]
    for name, copy in (("mainlog", "mainlog"), ("rejectlog", "rejectlog"), ("rejectlog", "paniclog"), ("rejectlog", "rejectlog.1")):
        shutil.copy(folder / name, tmp_path / copy)
    (tmp_path / "rejectlog.1").write_bytes((tmp_path / "rejectlog.1").read_bytes() + b"2026-11-24 11:00:00 last\n")
    facts = audit(*sorted(tmp_path.iterdir()))
    assert facts["inbound"] == audit(folder / "mainlog")["inbound"]
    assert [source["status"] for source in facts["sources"]] == ["read", "skipped", "skipped", "skipped"]


@pytest.mark.parametrize("folder", DOVECOT, ids=_id)
def test_logins(folder: Path) -> None:
    facts = audit(folder / "maillog")
    assert facts["logins"] == derive.dovecot(folder)
    assert facts["mtas"] == []
    assert "no_mail_lines" in notices(facts)
    assert facts["inbound"]["total"]["sessions"]["total"] == 0
    assert facts["period"]["first"] is not None
