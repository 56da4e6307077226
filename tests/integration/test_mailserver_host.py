# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mailserver_facts sees of a real Postfix and a real ClamAV, step by step (see scenarios/mailserver.py)."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

import pytest

from . import debian_root
from .playbooks import ROOT


@pytest.fixture(scope="module", params=["bookworm"])
def steps(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    reason = debian_root.why_not()
    if reason:
        pytest.skip(f"LOUD: mailserver_facts was NOT run on a real mail server: {reason}")
    folder = tmp_path_factory.mktemp("scenario")
    shutil.copy(pathlib.Path(__file__).parent / "scenarios" / "mailserver.py", folder / "scenario.py")
    shutil.copytree(ROOT / "plugins" / "module_utils", folder / "library/ansible_collections/mailfleet/tls_audit/plugins/module_utils")
    return json.loads(debian_root.run(debian_root.make(request.param), folder))


@pytest.mark.parametrize(("step", "state"), [
    ("before", "stopped"), ("running, not wired", "not_wired"), ("wired but for submission", "partly_wired"), ("wired", "working"),
    ("old signatures", "stale"), ("a socket that the chroot hides", "not_wired"), ("a socket in the chroot", "working"), ("clamd died", "stopped"),
])
def test_antivirus_state(steps: dict[str, Any], step: str, state: str) -> None:
    antivirus = steps[step]["antivirus"]
    assert antivirus["state"] == state, antivirus
    assert antivirus["product"] == "clamav"


def test_the_mail_server(steps: dict[str, Any]) -> None:
    assert steps["before"]["mta"]["name"] == "postfix"
    assert steps["before"]["mta"]["version"].startswith("3.7")
    assert [steps[step]["mta"]["running"] for step in ("before", "wired")] == [False, True]
    assert steps["wired"]["antivirus"]["engine_version"].startswith("1.")
    assert steps["wired"]["antivirus"]["signature_age_days"] == pytest.approx(1, abs=0.1)


def test_services_as_the_log_names_them(steps: dict[str, Any]) -> None:
    services = {service["name"]: service for service in steps["wired but for submission"]["services"] if not service["loopback_only"]}
    assert sorted(services) == ["smtpd", "smtps/smtpd", "submission/smtpd"]
    assert [services[name]["port"] for name in sorted(services)] == [25, 465, 587]
    assert services["smtps/smtpd"]["wrapper_mode"] and not services["smtpd"]["wrapper_mode"]
    assert services["submission/smtpd"]["tls_level"] == "encrypt"
    assert services["submission/smtpd"]["milters"] == []
    assert services["smtpd"]["milters"] == ["inet:localhost:8891", "{ inet:127.0.0.1:7357, default_action=accept }"]
    assert services["smtps/smtpd"]["tls_loglevel"] == 1
    assert steps["wired but for submission"]["antivirus"]["unwired_services"] == ["submission/smtpd (submission inet)"]
    assert [service["port"] for service in steps["wired"]["services"] if service["loopback_only"]] == [10025]


def test_tls(steps: dict[str, Any]) -> None:
    assert steps["before"]["tls_logging"] == {"level": 0, "enabled": False, "source": "smtpd_tls_loglevel"}
    assert steps["wired"]["tls_logging"]["enabled"] is True
    assert steps["wired"]["starttls"]["offered"] is True
    certificate = steps["wired"]["certificate"]
    assert (certificate["path"], certificate["readable"], certificate["self_signed"], certificate["error"]) == ("/test/cert.pem", True, True, None)
    assert certificate["days_left"] in (89, 90)


def test_without_rights_it_says_what_it_did_not_see(steps: dict[str, Any]) -> None:
    facts = steps["as nobody"]
    assert facts["mta"]["name"] == "postfix"
    assert facts["mta"]["running"] is True
    assert facts["certificate"]["readable"] is False
    assert {"what": "/test/cert.pem", "why": "Permission denied"} in facts["unseen"]
    assert steps["wired"]["unseen"] == []
