# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every real log in every form gives the figures that tests/unit/truth derives from what the client did."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive, slow_reference
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences

CASES = [(folder, form) for folder in derive.set_ups("postfix") for form in derive.forms(folder)]
OTHER_CASES = [(mta, folder, form) for mta in ("sendmail", "opensmtpd") for folder in derive.set_ups(mta) for form in derive.forms(folder)]
# The reference knows the daemons by their names, which RFC 5424 cuts off.
NAMED_CASES = [(folder, form) for folder, form in CASES if form != derive.CUT_FORM]


def written(folder: Path) -> float:
    """Return when the log was last written to, as seconds since 1970: an hour after the last session, for a checkout has times of its own."""
    sessions = derive.read_truth(folder)["sessions"]
    return float(max(session["start"] for session in sessions)) + 3600


def _id(value: Any) -> str:
    return value if isinstance(value, str) else f"{value.parent.name}-{value.name}"


def audit(folder: Path, form: str, into: Path) -> dict[str, Any]:
    """Audit a copy whose files have the times that a rotation gives them."""
    paths = []
    for hours, path in enumerate(derive.log_files(folder, form)):
        copy = Path(shutil.copy(path, into))
        stamp = written(folder) + hours * 3600
        os.utime(copy, (stamp, stamp))
        paths.append(str(copy))
    facts: dict[str, Any] = audit_logs(paths, internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC")
    return facts


def test_every_set_up_is_there() -> None:
    assert len(CASES) == 3 * 8 * 3 + 3 + 3  # three versions of eight set-ups in three forms, one of F, and three files of postlogd


@pytest.mark.parametrize(("folder", "form"), CASES, ids=_id)
def test_the_facts_are_those_derived_from_the_truth(folder: Path, form: str, tmp_path: Path) -> None:
    expected = derive.postfix(folder, form)
    days = expected.pop("days")
    facts = audit(folder, form, tmp_path)
    assert differences(expected, facts) == []
    assert set(facts["services"]) == set(expected["services"])
    assert facts["tls"] == expected["tls"]
    assert [day["date"] for day in facts["daily"] if day["total"]["sessions"]["total"]] == days


def test_the_other_mail_servers_are_there() -> None:
    # Sendmail: three versions at level 9 in three forms, at 8 and 14 in one, and three older set-ups in three; OpenSMTPD: two in three.
    assert len(OTHER_CASES) == 3 * (3 + 2) + 3 * 3 + 2 * 3


@pytest.mark.parametrize(("mta", "folder", "form"), OTHER_CASES, ids=_id)
def test_other_mail_servers_give_the_facts_derived_from_the_truth(mta: str, folder: Path, form: str, tmp_path: Path) -> None:
    expected = getattr(derive, mta)(folder)
    days = expected.pop("days")
    facts = audit(folder, form, tmp_path)
    assert facts["mtas"] == [mta]
    assert differences(expected, facts) == []
    assert set(facts["services"]) == set(expected["services"])
    assert facts["tls"] == expected["tls"]
    assert [day["date"] for day in facts["daily"] if day["total"]["sessions"]["total"]] == days
    hidden = facts["inbound"]["total"]["sessions"]["unknown"] > 0 and mta == "sendmail"
    assert facts["coverage"]["tls_visibility"] == ("partial" if hidden else "complete")


@pytest.mark.parametrize(("mta", "folder", "form"), OTHER_CASES, ids=_id)
def test_a_rotation_changes_nothing(mta: str, folder: Path, form: str, tmp_path: Path) -> None:
    lines = (folder / form).read_bytes().splitlines(keepends=True)
    whole = audit(folder, form, tmp_path)
    for at in range(7, len(lines), 97):
        older, newer = tmp_path / "mail.1", tmp_path / "mail"
        older.write_bytes(b"".join(lines[:at]))
        newer.write_bytes(b"".join(lines[at:]))
        for hours, path in enumerate((older, newer)):
            stamp = written(folder) + hours * 3600
            os.utime(path, (stamp, stamp))
        facts = audit_logs([str(older), str(newer)], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC")
        assert differences({key: whole[key] for key in ("inbound", "services", "tls", "daily")}, facts) == []


@pytest.mark.parametrize(("folder", "form"), NAMED_CASES, ids=_id)
def test_the_reference_counts_the_same(folder: Path, form: str) -> None:
    expected = derive.postfix(folder, form)
    expected.pop("days")
    assert slow_reference.count(derive.log_files(folder, form), derive.INTERNAL_NETWORKS) == expected
