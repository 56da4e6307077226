# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe from outside, through a stand-in for a firewall, to real mail servers: every state and verdict is reached for real.

One server has many public addresses, and each address a firewall that does something else; all are probed in one run. The tests run in their order.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root
from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import Run, run_playbook

from .fleet import ADDRESSES, NEW, OLD, SETTINGS, USER, Fleet

# What stands at each public address: (the firewall's rule, the server behind it, further variables).
OWN, THEIRS = "own.pem", "theirs.pem"
SITES: dict[str, tuple[dict[str, str], str, dict[str, object]]] = {
    "article": ({"virus": "replace"}, "bookworm", {}),
    "open": ({}, "trixie", {}),
    "cut": ({"virus": "reset"}, "bookworm", {}),
    "refused": ({"virus": "refuse", "tls": "intercept", "certificate": THEIRS}, "bookworm", {}),
    "swallowed": ({"virus": "swallow", "tls": "intercept", "certificate": THEIRS}, "bookworm", {}),
    "stripped": ({"virus": "replace", "tls": "mask"}, "bookworm", {}),
    "intercepted": ({"virus": "replace", "tls": "intercept", "certificate": OWN}, "bookworm", {}),
    "vanished": ({"mail": "swallow"}, "bookworm", {}),
    "greylisted": ({"mail": "defer"}, "bookworm", {"probe_greylist_wait": 1}),
    "hung": ({"mail": "hang"}, "bookworm", {"probe_timeout": 3}),
    "closed": ({"listen": "nowhere"}, "bookworm", {}),
}
PUBLIC = {name: f"203.0.113.{20 + number}" for number, name in enumerate(SITES)}
STEPS = ("clean_plaintext", "clean_starttls", "eicar_plaintext", "eicar_starttls")
INTACT, UNKNOWN, UNSENT = "delivered_intact", "inconclusive", "not_sent"
EXPECTED = {
    "article": ("confirmed_blind", (INTACT, INTACT, "content_replaced", INTACT)),
    "open": ("confirmed_blind", (INTACT,) * 4),
    "cut": ("confirmed_blind", (INTACT, INTACT, "reset_by_path", INTACT)),
    "refused": ("covered_path", (INTACT, INTACT, "rejected_by_path", "rejected_by_path")),
    "swallowed": ("covered_path", (INTACT, INTACT, "swallowed_or_proxied", "swallowed_or_proxied")),
    "stripped": ("stripped", (INTACT, UNSENT, "content_replaced", UNSENT)),
    "intercepted": ("intercepted", (INTACT, INTACT, "content_replaced", "content_replaced")),
    # Over STARTTLS this firewall sees nothing, so it swallows plaintext alone.
    "vanished": ("inconclusive", ("swallowed_or_proxied", INTACT, "swallowed_or_proxied", INTACT)),
    "greylisted": ("confirmed_blind", (INTACT,) * 4),
    "hung": ("inconclusive", (UNKNOWN, INTACT, UNSENT, INTACT)),
    "closed": ("inconclusive", (UNSENT,) * 4),
}


class Site:
    """The fleet with a firewall at its perimeter, and an inventory of it as its owners see it."""

    def __init__(self, fleet: Fleet, folder: pathlib.Path) -> None:
        self.fleet, self.folder = fleet, folder
        self.report = folder / "report"
        fleet.enclosure.setting_up("".join(f"ip -n perimeter address add {address}/24 dev out0\n" for address in PUBLIC.values()))
        certificates = {OWN: self._certificate(), THEIRS: fleet.hosts["bookworm"].run("cat /etc/ssl/private/mail.pem /etc/ssl/certs/mail.pem").stdout}
        for name, text in certificates.items():
            (folder / name).write_text(text)
        rules = []
        for name, (rule, server, _variables) in SITES.items():
            rule = {"listen": PUBLIC[name], "server": ADDRESSES[server], **rule}
            if "certificate" in rule:
                rule["certificate"] = str(folder / rule["certificate"])
            if rule["listen"] != "nowhere":
                rules.append(rule)
        (folder / "rules.json").write_text(json.dumps(rules))
        module = "ansible_collections.mailfleet.tls_audit.tests.fleet.firewall"
        self.firewall = subprocess.Popen([*fleet.enclosure.within("perimeter"), sys.executable, "-m", module, str(folder / "rules.json")],
                                         env={**os.environ, "PYTHONPATH": str(debian_root.ROOT / "collections")}, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        assert self.firewall.stdout is not None
        assert self.firewall.stdout.readline() == "ready\n"
        # Ansible sends from there as from any host: its Python is one in the network outside.
        self.python = folder / "python-outside"
        self.python.write_text(f"#!/bin/sh\nexec {' '.join(fleet.at('outside'))} {sys.executable} \"$@\"\n")
        self.python.chmod(0o755)

    def _certificate(self) -> str:
        words = "req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=inspection -keyout - -out -"
        done = subprocess.run(["openssl", *words.split()], capture_output=True, text=True, check=True)
        return done.stdout

    def close(self) -> None:
        self.firewall.kill()
        self.firewall.wait()
        for pipe in (self.firewall.stdin, self.firewall.stdout):
            if pipe:
                pipe.close()

    def inventory(self) -> pathlib.Path:
        lines = ["[probe]\n"]
        for name, (_rule, server, variables) in SITES.items():
            lines.append(self._line(name, server, probe_address=PUBLIC[name], **variables))
        lines.append("away ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1 probe_recipient=av-test@example.org\n")
        lines.extend(["[others]\n", self._line("bystander", "bullseye")])
        lines.extend(["[remediate]\narticle\n[outside]\n", f"sender ansible_connection=local ansible_python_interpreter={self.python}\n"])
        # What an address of the networks of examples allows, and no other.
        settings = {"probe_origin": "sender", "probe_interval": 0, "probe_sender": "probe@example.net", "probe_helo": "probe.example.net",
                    "probe_greylist_wait": 0, "probe_timeout": 20, "remediate_recipient": f"{USER}@bookworm.example.org", **SETTINGS}
        lines.append("[all:vars]\n" + "".join(f"{key}={value}\n" for key, value in settings.items()))
        path = self.folder / "hosts"
        path.write_text("".join(lines))
        return path

    def _line(self, name: str, server: str, **variables: object) -> str:
        return self.fleet.hosts[server].line(name, ADDRESSES[server], probe_recipient=f"{USER}@{server}.example.org", **variables)

    def play(self, playbook: str, *arguments: str, core: str = OLD) -> Run:
        return run_playbook(core, self.report, *arguments, playbook=f"playbooks/{playbook}.yml", inventory=self.inventory(),
                            inside=tuple(self.fleet.at("control")))

    def probe(self, name: str) -> dict[str, Any]:
        return json.loads((self.report / "records" / f"{name}.json").read_text())["probe"]

    def mails(self, server: str) -> int:
        return int(self.fleet.hosts[server].run(f"cat /var/mail/{USER} ~{USER}/Maildir/new/* 2>/dev/null | grep -c ^Message-ID:", check=False).stdout)


@pytest.fixture(scope="module")
def site(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Any:
    # The one delivers to Maildirs, and its certificate has ended.
    fleet.hosts["trixie"].run("postconf -e home_mailbox=Maildir/; openssl x509 -in /etc/ssl/certs/mail.pem -signkey /etc/ssl/private/mail.pem "
                              "-not_before 20200101000000Z -not_after 20210101000000Z -out /tmp/old.pem; mv /tmp/old.pem /etc/ssl/certs/mail.pem; "
                              "systemctl restart postfix")
    for _number in range(3):
        assert fleet.send("outside", "bullseye", "clean", "starttls") == "accepted 250"
    place = Site(fleet, tmp_path_factory.mktemp("site"))
    yield place
    place.close()


@pytest.fixture(scope="module")
def probed(site: Site) -> Run:
    """One audit of two servers, then one probe of all."""
    run = site.play("audit", "--limit", "article,bystander")
    assert run.code == 0, run.output
    run = site.play("probe")
    assert run.code == 0, run.output
    return run


def test_check_mode_says_what_would_be_sent_and_sends_nothing(site: Site) -> None:
    before = site.mails("bookworm")
    run = site.play("probe", "--check", "--limit", "article")
    assert run.code == 0, run.output
    for mail in ("clean", "eicar"):
        for over in ("plaintext", "starttls"):
            assert f"would send {mail} mail over {over} to {USER}@bookworm.example.org at {PUBLIC['article']} port 25" in run.output, run.output
    assert site.mails("bookworm") == before and not (site.report / "records").exists()


@pytest.mark.parametrize("name", SITES)
def test_states_and_verdicts(site: Site, probed: Run, name: str) -> None:
    probe = site.probe(name)
    found = (probe["state"], tuple(step["verdict"] for step in probe["steps"]))
    assert tuple(step["name"] for step in probe["steps"]) == STEPS
    assert found == EXPECTED[name], json.dumps(probe, indent=1)
    assert probe["origin"] == "sender" and probe["messages_sent"] <= 8
    assert f"{name}: {probe['state']}: {probe['evidence'][0]}" in probed.output


def test_what_is_told_beside(site: Site, probed: Run) -> None:
    stripped, intercepted, greylisted = site.probe("stripped"), site.probe("intercepted"), site.probe("greylisted")
    assert stripped["starttls"] == {"outside": False, "inside": True}
    assert any("outside: STARTTLS not offered, EHLO or the greeting is written over" in line for line in stripped["evidence"])
    assert intercepted["certificate"]["outside"] != intercepted["certificate"]["inside"]
    assert site.probe("refused")["certificate"]["outside"] == site.probe("refused")["certificate"]["inside"]
    assert any("expired 2021-01-01" in line for line in site.probe("open")["evidence"])
    assert any("attempt 2" in line for line in greylisted["evidence"])
    assert "refused" in site.probe("closed")["evidence"][0]
    assert site.probe("hung")["steps"][0]["evidence"][0].startswith("client: broken data")
    # One that cannot be looked into is not sent anything.
    away = site.probe("away")
    assert (away["state"], away["steps"]) == ("not_tested", []) and "could not be reached" in away["evidence"][0]
    assert site.probe("bystander") is None


def test_the_report_shows_all_of_it(site: Site, probed: Run) -> None:
    hosts = probed.hosts()
    assert {name: hosts[name]["probe"]["state"] for name in ("article", "bystander", "away")} == {
        "article": "confirmed_blind", "bystander": "inferred_blind", "away": "not_tested"}
    assert hosts["article"]["status"] == "exposed"
    assert "EICAR was delivered" in (site.report / "report.md").read_text()


def test_a_server_that_is_not_in_the_group_is_refused(site: Site, probed: Run) -> None:
    before = site.mails("bullseye")
    run = site.play("probe", "--limit", "bystander")
    assert run.code == 2 and "this server is not in the inventory group probe, so nothing is sent to it" in run.output
    assert site.mails("bullseye") == before


@pytest.mark.parametrize("settings, said", [
    ("probe_interval=1 probe_address=mx.example.org", "interval: at least 10 seconds between two mails to mx.example.org"),
    ("probe_recipient=", "probe_recipient: '' is no mail address"),
])
def test_bad_settings_are_named_and_nothing_is_sent(site: Site, probed: Run, settings: str, said: str) -> None:
    before, kept = site.mails("bookworm"), site.probe("article")
    run = site.play("probe", "--limit", "article", *(word for setting in settings.split() for word in ("-e", setting)))
    assert said in run.output, run.output
    assert site.mails("bookworm") == before and site.probe("article") == kept


def test_remediated_then_refused(site: Site, probed: Run) -> None:
    run = site.play("remediate", "--limit", "article", "-e", "remediate_clamav=true")
    assert run.code == 0, run.output
    run = site.play("probe", "--limit", "article", core=NEW)
    assert run.code == 0, run.output
    probe = site.probe("article")
    assert (probe["state"], [step["verdict"] for step in probe["steps"]]) == (
        "covered_local", [INTACT, INTACT, "content_replaced", "rejected_by_host_av"]), json.dumps(probe, indent=1)
    assert any("milter-reject: END-OF-MESSAGE" in line for step in probe["steps"] for line in step["evidence"])
    states = {name: host["probe"]["state"] for name, host in run.hosts().items()}
    assert set(states.values()) == {
        "confirmed_blind", "inferred_blind", "stripped", "intercepted", "covered_path", "covered_local", "inconclusive", "not_tested"}
