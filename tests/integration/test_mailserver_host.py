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

from . import debian_host, debian_root
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
    ("fails open, large mail unscanned", "working"), ("clients may go round", "unknown"), ("no milters at one service", "partly_wired"),
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


def test_what_happens_while_the_scanner_is_down(steps: dict[str, Any]) -> None:
    def failure(step: str) -> dict[str, Any]:
        return steps[step]["antivirus"]["failure"]

    assert failure("before") == {"effect": None, "on_milter_failure": None, "on_clamd_failure": None}
    assert failure("wired") == {"effect": "mixed", "on_milter_failure": "accept", "on_clamd_failure": "Defer"}
    assert failure("a socket in the chroot") == {"effect": "closed", "on_milter_failure": "tempfail", "on_clamd_failure": "Defer"}
    assert failure("fails open, large mail unscanned") == {"effect": "open", "on_milter_failure": "accept", "on_clamd_failure": "Accept"}


def test_mail_too_large_to_be_scanned(steps: dict[str, Any]) -> None:
    assert steps["wired"]["antivirus"]["size_limits"] == {"message": 10240000, "scanned": 104857600, "gap": False}
    assert steps["fails open, large mail unscanned"]["antivirus"]["size_limits"] == {"message": 10240000, "scanned": 5242880, "gap": True}
    assert steps["clients may go round"]["antivirus"]["size_limits"]["gap"] is False


def test_the_certificate_and_its_key(steps: dict[str, Any]) -> None:
    assert (steps["wired"]["certificate"]["valid"], steps["wired"]["certificate"]["key_matches"]) == (True, True)
    other = steps["another key"]["certificate"]
    assert (other["valid"], other["key_matches"], other["error"]) == (False, False, "the key /test/other.pem does not fit it")


def test_without_rights_it_says_what_it_did_not_see(steps: dict[str, Any]) -> None:
    facts = steps["as nobody"]
    assert facts["mta"]["name"] == "postfix"
    assert facts["mta"]["running"] is True
    assert facts["certificate"]["readable"] is False
    assert {"what": "/test/cert.pem", "why": "Permission denied"} in facts["unseen"]
    assert steps["wired"]["unseen"] == []


@pytest.fixture(scope="module")
def exim(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    reason = debian_root.why_not()
    if reason:
        pytest.skip(f"LOUD: mailserver_facts was NOT run on a real Exim: {reason}")
    folder = tmp_path_factory.mktemp("scenario")
    shutil.copy(pathlib.Path(__file__).parent / "scenarios" / "exim.py", folder / "scenario.py")
    shutil.copytree(ROOT / "plugins" / "module_utils", folder / "library/ansible_collections/mailfleet/tls_audit/plugins/module_utils")
    packages = debian_host.make("bookworm") / debian_host.EXIM.lstrip("/")
    shutil.copytree(packages, folder / "exim", ignore=shutil.ignore_patterns("partial", "lock"))
    return json.loads(debian_root.run(debian_root.make("bookworm"), folder))


def test_exim(exim: dict[str, Any]) -> None:
    seen = {step: facts["antivirus"] for step, facts in exim.items()}
    assert {step: facts["state"] for step, facts in seen.items()} == {
        "no scanner": "not_wired", "a scanner that no ACL asks": "not_wired", "fails open": "working", "fails closed": "working"}, seen
    assert seen["fails open"]["failure"]["effect"] == "open"
    assert seen["fails closed"]["failure"]["effect"] == "closed"
    assert seen["fails open"]["size_limits"] == {"message": 209715200, "scanned": 104857600, "gap": True}
    assert exim["fails open"]["tls_logging"]["enabled"] is True
    assert exim["fails closed"]["tls_logging"] == {"level": None, "enabled": False, "source": "log_selector"}
    assert (exim["fails open"]["starttls"], exim["fails closed"]["starttls"]) == ({"offered": True}, {"offered": False})
    assert exim["fails open"]["mta"]["version"].startswith("4.96")
