# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail servers of today, run: what they log of known mail gives the figures of that mail. The stored logs of tests/fixtures were made so."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.tests.generators import mta_logs
from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences


@pytest.mark.parametrize(("mta", "name"), [("sendmail", "K-loglevel9"), ("opensmtpd", "A-default")])
def test_a_server_that_runs_now(mta: str, name: str, tmp_path: pathlib.Path) -> None:
    reason = debian_root.why_not()
    if reason:
        pytest.skip(f"LOUD: {mta} was NOT run: {reason}")
    folder = mta_logs.make(mta, "trixie", name, tmp_path)
    expected = getattr(derive, mta)(folder)
    expected.pop("days")
    facts = audit_logs([str(folder / "maillog")], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC")
    assert facts["mtas"] == [mta]
    assert differences(expected, facts) == []
