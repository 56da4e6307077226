# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong while a server is remediated, on real servers: each fault leaves a server that takes mail as before, and the next run comes to its end.

The faults of different servers happen at the same time; a stranger sends mail all the while.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root

from .clamav_units import OFF, units, until
from .fleet import ADDRESSES, HOSTS, PACKAGES_PORT, Fleet
from .recap import failures, nothing_is_lost, recap

CLAMAV = {"remediate_clamav": "true"}
UNDONE = "The configuration was put back and the mail server accepts mail as before. Failed: "
BREAKING_OFF = PACKAGES_PORT + 1


@contextlib.contextmanager
def postfix_with(fleet: Fleet, host: str, script: str) -> Iterator[None]:
    """Spoil Postfix for a while."""
    server = fleet.hosts[host]
    server.run("mkdir -p /root/kept; cp -p /etc/postfix/main.cf /etc/postfix/master.cf /root/kept")
    server.run(script)
    try:
        yield
    finally:
        server.run("cp -p /root/kept/* /etc/postfix; postfix stop; sleep 1; postfix start")


def untouched(fleet: Fleet, host: str) -> bool:
    """Whether a run left nothing on a server: no package, no copy of a file."""
    return fleet.hosts[host].run("dpkg -l clamav-daemon 2> /dev/null | grep ^ii; ls /var/backups/mailfleet.tls_audit 2> /dev/null", check=False).stdout == ""


def test_what_is_broken_beforehand_is_left_alone(audited: Fleet) -> None:
    """One Postfix that answers nobody, and one whose other milter is dead and holds all mail back."""
    fleet = audited
    with postfix_with(fleet, "bullseye", "echo 'smtpd_milters = { inet:127.0.0.1:8891' >> /etc/postfix/main.cf; postfix reload"), \
            postfix_with(fleet, "bookworm", "postconf -e smtpd_milters=inet:127.0.0.1:8891 milter_default_action=tempfail; postfix reload"):
        before = fleet.files()
        run = fleet.play("remediate", limit="bullseye,bookworm", **CLAMAV)
        # As it is by default: one server first, and no other after a failure.
        one_by_one = fleet.play("remediate", "-e", '{"remediate_serial": [1, "10%", "25%"]}', limit="bullseye,bookworm", **CLAMAV)
        assert fleet.files() == before
    found = failures(run)
    assert found["bullseye"].startswith("G3: the server does not accept mail for avtest@bullseye.example.org even before any change"), found
    assert "G3: the server does not accept mail for avtest@bookworm.example.org even before any change" in found["bookworm"], found
    assert "451" in found["bookworm"], found
    assert list(failures(one_by_one)) == ["bullseye"] and list(recap(one_by_one)) == ["bullseye"], one_by_one.output
    assert [host for host in HOSTS if not untouched(fleet, host)] == []
    assert [fleet.send("outside", host, "clean", "plaintext") for host in HOSTS] == ["accepted 250"] * 3


@dataclass
class Told:
    """Stories at their end, and what became of the mail that a stranger sent all the while."""

    stories: dict[str, Future[None]]
    tallies: dict[str, Any]


@pytest.fixture(scope="module")
def told(audited: Fleet) -> Told:
    """All at the same time, each on a server of its own."""
    with audited.sending("faults") as tallies, ThreadPoolExecutor() as pool:
        stories = {story.__name__: pool.submit(story, audited) for story in (connection_is_cut, control_node_dies, mirror_and_memory_go)}
    return Told(stories, tallies)


def test_the_connection_is_cut_in_the_middle(told: Told) -> None:
    told.stories["connection_is_cut"].result()


def test_the_control_node_dies_in_the_middle(told: Told) -> None:
    told.stories["control_node_dies"].result()


def test_the_mirror_goes_in_the_middle_then_the_memory(told: Told) -> None:
    told.stories["mirror_and_memory_go"].result()


def test_no_mail_is_lost_meanwhile(told: Told) -> None:
    nothing_is_lost(told.tallies)


def kinds(fleet: Fleet, host: str) -> list[str]:
    return [fleet.send("outside", host, mail, "starttls") for mail in ("clean", "eicar")]


def connection_is_cut(fleet: Fleet) -> None:
    """Right after Postfix's configuration was changed, the control node does not reach the server any more. The server goes back by itself."""
    host, server = "bullseye", fleet.hosts["bullseye"]
    before = fleet.files(host)
    process = fleet.start_play("remediate", limit=host, **CLAMAV, remediate_clamav_cut_off=45, remediate_clamav_watch=300)
    try:
        until(fleet, host, True, 1500)
        fleet.enclosure.setting_up(f"ip -n control route add blackhole {ADDRESSES[host]}/32")
        until(fleet, host, False, 300)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    # Until Postfix is restarted, it goes on with what it read.
    deadline = time.monotonic() + 120
    while kinds(fleet, host) != ["accepted 250", "accepted 250"]:
        assert time.monotonic() < deadline, "the server does not take mail as before after it undid the change by itself"
    assert fleet.files(host) == before
    fleet.enclosure.setting_up(f"ip -n control route del blackhole {ADDRESSES[host]}/32")
    server.drop_connections()
    run = fleet.play("remediate", limit=host, **CLAMAV)
    assert run.code == 0, run.output
    assert kinds(fleet, host) == ["accepted 250", "refused 550"]
    assert server.run("systemctl is-active mailfleet-undo.timer", check=False).stdout.strip() == "inactive"
    run = fleet.play("rollback", limit=host)
    assert run.code == 0 and fleet.files(host) == before and units(server) == OFF, run.output


def control_node_dies(fleet: Fleet) -> None:
    """Killed in the same place; the next run comes to its end, and the one after it finds nothing to do."""
    host, server = "bookworm", fleet.hosts["bookworm"]
    before = fleet.files(host)
    process = fleet.start_play("remediate", limit=host, **CLAMAV, remediate_clamav_watch=300)
    try:
        until(fleet, host, True, 1500)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        server.drop_connections()
    run = fleet.play("remediate", limit=host, **CLAMAV)
    assert run.code == 0, run.output
    assert kinds(fleet, host) == ["accepted 250", "refused 550"]
    run = fleet.play("remediate", limit=host, **CLAMAV)
    assert run.code == 0 and recap(run)[host]["changed"] == 0, run.output
    run = fleet.play("rollback", limit=host)
    assert run.code == 0 and fleet.files(host) == before and units(server) == OFF, run.output


def mirror_and_memory_go(fleet: Fleet) -> None:
    """There is no memory, so nothing is begun. The mirror breaks off after a few packages. In the next run clamd gets no memory. In the last all is well."""
    host, server = "trixie", fleet.hosts["trixie"]
    before = fleet.files(host)
    run = fleet.play("remediate", limit=host, **CLAMAV, remediate_clamav_min_memory=4_000_000)
    assert failures(run)[host].startswith("G6: ") and "use remote_milter" in failures(run)[host], run.output
    assert untouched(fleet, host)

    fleet.serve(debian_root.CACHE, BREAKING_OFF, 3)
    sources = "/etc/apt/sources.list.d/mailfleet-test.list"
    server.run(f"sed -i s/:{PACKAGES_PORT}/:{BREAKING_OFF}/ {sources}; apt-get update -qq")
    run = fleet.play("remediate", limit=host, **CLAMAV)
    assert run.code != 0 and UNDONE + "ClamAV | Install the packages" in run.output, run.output
    assert fleet.files(host) == before and server.run("dpkg -l 'clamav*' 2> /dev/null | grep ^ii", check=False).stdout == ""
    server.run(f"sed -i s/:{BREAKING_OFF}/:{PACKAGES_PORT}/ {sources}; apt-get update -qq")

    settings = "/etc/systemd/system/clamav-daemon.service.d"
    server.run(f"mkdir -p {settings}; printf '[Service]\\nLimitAS=48M\\n' > {settings}/zz.conf")
    run = fleet.play("remediate", limit=host, **CLAMAV, remediate_clamav_start_timeout=10)
    assert run.code != 0 and UNDONE + "ClamAV | Wait until clamd finds a virus" in run.output, run.output
    assert fleet.files(host) == before and kinds(fleet, host) == ["accepted 250", "accepted 250"]
    assert units(server) == OFF
    server.run("rm /etc/systemd/system/clamav-daemon.service.d/zz.conf; systemctl daemon-reload")

    run = fleet.play("remediate", limit=host, **CLAMAV)
    assert run.code == 0, run.output
    assert kinds(fleet, host) == ["accepted 250", "refused 550"]
    run = fleet.play("rollback", limit=host)
    assert run.code == 0 and fleet.files(host) == before and units(server) == OFF, run.output
