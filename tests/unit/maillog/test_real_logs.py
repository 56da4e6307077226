# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every real Postfix log, in every form, gives exactly what was on the wire, as far as that log can hold it."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

from .truth import expected

REAL = pathlib.Path(__file__).parents[2] / "fixtures" / "real-logs"
FORMS = ("maillog", "maillog.iso", "maillog.rfc5424")
# With maillog_file only postlogd's own file has the mail.
CASES = [(setup, form) for setup in sorted(REAL.glob("postfix-*/*")) for form in (("maillog.postlogd",) if setup.name == "P-postlogd" else FORMS)]


def test_all_set_ups_are_there() -> None:
    assert len(CASES) == 3 * 7 * 3 + 3 + 3


@pytest.mark.parametrize(("setup", "form"), CASES, ids=lambda value: value if isinstance(value, str) else f"{value.parent.name}-{value.name}")
def test_facts_are_the_truth(setup: pathlib.Path, form: str) -> None:
    paths = [str(path) for path in (setup / f"{form}.1", setup / form) if path.exists()]
    facts = audit_logs(paths, internal_networks=["10.20.0.0/24"], timezone="UTC")
    wanted = expected(setup, form == "maillog.rfc5424")
    assert facts["inbound"] == wanted["inbound"]
    assert facts["services"] == wanted["services"]
    assert facts["tls"] == wanted["tls"]
    assert facts["coverage"]["lines"]["malformed"] == 0
    (day,) = facts["daily"]
    assert day["total"] == {kind: facts["inbound"]["total"][kind] for kind in ("sessions", "messages")}
    assert day["external"] == {kind: facts["inbound"]["external"][kind] for kind in ("sessions", "messages")}
