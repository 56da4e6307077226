# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role remediate takes from each distribution's variables: no such host is needed for that."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest
import yaml

from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import ROOT, ansible_playbooks

ROLE = ROOT / "roles" / "remediate"
NAMES = ("endpoint", "endpoint_outside", "wanted_clamd", "wanted_milter", "wanted_freshclam", "hook_settings", "low_memory", "units")


def defaults() -> dict[str, Any]:
    return yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())


def test_every_default_is_in_the_argument_specs_and_the_readme() -> None:
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    known = {**specs["main"]["options"], **specs["rollback"]["options"]}
    assert {name: option["default"] for name, option in known.items()} == defaults()
    readme = (ROLE / "README.md").read_text()
    assert not [name for name in known if f"`{name}`" not in readme]
    assert all(specs[entry]["options"] == specs["main"]["options"] for entry in ("tls_logging", "clamav", "starttls"))


def test_nothing_is_on_by_default() -> None:
    assert [name for name, value in defaults().items() if value is True] == ["remediate_clamav_mirror_incremental"]


def evaluate(folder: pathlib.Path, ansible_playbook: str, family: str, chroots: list[bool], version: str = "3.7.11", memory: int = 8000,
             **variables: Any) -> dict[str, Any]:
    """The role's derived variables for a host of this kind."""
    server = {"mta": {"name": "postfix", "version": version}, "certificate": {"valid": True},
              "services": [{"loopback_only": False, "chrooted": chrooted} for chrooted in chroots]}
    play = [{
        "hosts": "localhost", "gather_facts": False, "connection": "local",
        "vars": {"__remediate_facts": {"ansible_facts": {"mailserver": server}}, **defaults(), **variables},
        "tasks": [
            {"ansible.builtin.set_fact": {"memtotal_mb": memory, "cacheable": True}},
            {"ansible.builtin.include_vars": str(ROLE / "vars" / "main.yml")},
            {"ansible.builtin.include_vars": str(ROLE / "vars" / f"{family}.yml")},
            {"ansible.builtin.copy": {
                "dest": str(folder / "out.json"), "mode": "0600",
                "content": "{{ {" + ", ".join(f"'{name}': __remediate_{name}" for name in NAMES) + "} | to_json }}"}},
        ],
    }]
    (folder / "play.yml").write_text(yaml.safe_dump(play))
    done = subprocess.run([ansible_playbook, str(folder / "play.yml")], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "out.json").read_text())


INSIDE = "/var/spool/postfix/clamav/clamav-milter.ctl"


@pytest.mark.parametrize(("family", "chroots", "endpoint", "outside", "socket"), [
    ("Debian", [True, True], "unix:/clamav/clamav-milter.ctl", f"unix:{INSIDE}", INSIDE),
    ("Debian", [False], f"unix:{INSIDE}", f"unix:{INSIDE}", INSIDE),
    ("Debian", [True, False], "inet:127.0.0.1:7357", "inet:127.0.0.1:7357", "inet:7357@127.0.0.1"),
    ("RedHat", [False], "unix:/run/clamav-milter/clamav-milter.socket", "unix:/run/clamav-milter/clamav-milter.socket",
     "/run/clamav-milter/clamav-milter.socket"),
])
def test_one_socket_that_every_service_reaches(
    tmp_path: pathlib.Path, family: str, chroots: list[bool], endpoint: str, outside: str, socket: str,
) -> None:
    seen = evaluate(tmp_path, ansible_playbooks()[-1], family, chroots)
    assert (seen["endpoint"], seen["endpoint_outside"], seen["wanted_milter"]["MilterSocket"]) == (endpoint, outside, socket)
    assert seen["wanted_milter"]["OnFail"] == "Accept" and seen["hook_settings"] == {"default_action": "accept"}


@pytest.mark.parametrize("core", ansible_playbooks())
def test_choices(tmp_path: pathlib.Path, core: str) -> None:
    seen = evaluate(tmp_path, core, "RedHat", [False], memory=3500, remediate_clamav_on_failure="tempfail", remediate_clamav_signatures="mirror",
                    remediate_clamav_mirror="https://av.example.edu", remediate_clamav_mirror_incremental=False)
    assert seen["wanted_milter"]["OnFail"] == "Defer" and seen["hook_settings"] == {"default_action": "tempfail"}
    assert seen["wanted_freshclam"] == {"PrivateMirror": "https://av.example.edu", "ScriptedUpdates": "no"}
    assert seen["wanted_clamd"] == {"LocalSocket": "/run/clamd.scan/clamd.sock", "LocalSocketMode": "660", "StreamMaxLength": "25M",
                                    "ConcurrentDatabaseReload": "no"}


def test_old_postfix_and_a_milter_elsewhere(tmp_path: pathlib.Path) -> None:
    seen = evaluate(tmp_path, ansible_playbooks()[-1], "Debian", [True], version="2.10.1", remediate_clamav_mode="remote_milter",
                    remediate_clamav_remote_milter="127.0.0.1:7000", remediate_clamav_signatures="proxy", remediate_clamav_proxy="proxy.example.edu:3128")
    assert seen["endpoint"] == seen["endpoint_outside"] == "inet:127.0.0.1:7000"
    assert seen["hook_settings"] is None or seen["hook_settings"] == ""
    assert seen["wanted_freshclam"] == {"HTTPProxyServer": "proxy.example.edu", "HTTPProxyPort": "3128"}


@pytest.mark.parametrize(("family", "clamd"), [("Debian", ["clamav-daemon.service", "clamav-daemon.socket"]), ("RedHat", ["clamd@scan.service"])])
def test_the_start_of_every_unit_is_bounded(tmp_path: pathlib.Path, family: str, clamd: list[str]) -> None:
    local = evaluate(tmp_path, ansible_playbooks()[-1], family, [True], remediate_clamav_signatures="local")
    assert local["units"] == [*clamd, "clamav-milter.service"]
    assert evaluate(tmp_path, ansible_playbooks()[-1], family, [True])["units"] == [clamd[0], "clamav-milter.service"]
