# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every real log in every form gives the figures that tests/unit/truth derives from what the client did."""

from __future__ import annotations

import datetime
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive, slow_reference
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences

CASES = [(folder, form) for folder in derive.set_ups("postfix") for form in derive.forms(folder)]
# The reference knows the daemons by their names, which RFC 5424 cuts off.
NAMED_CASES = [(folder, form) for folder, form in CASES if form != derive.CUT_FORM]
WRITTEN = datetime.datetime(2026, 11, 24, 11, tzinfo=datetime.timezone.utc)


def _id(value: Any) -> str:
    return value if isinstance(value, str) else f"{value.parent.name}-{value.name}"


def audit(folder: Path, form: str, into: Path) -> dict[str, Any]:
    """Audit a copy whose files have the times that a rotation gives them: a checkout has its own."""
    paths = []
    for hours, path in enumerate(derive.log_files(folder, form)):
        copy = Path(shutil.copy(path, into))
        stamp = (WRITTEN + datetime.timedelta(hours=hours)).timestamp()
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


@pytest.mark.parametrize(("folder", "form"), NAMED_CASES, ids=_id)
def test_the_reference_counts_the_same(folder: Path, form: str) -> None:
    expected = derive.postfix(folder, form)
    expected.pop("days")
    assert slow_reference.count(derive.log_files(folder, form), derive.INTERNAL_NETWORKS) == expected
