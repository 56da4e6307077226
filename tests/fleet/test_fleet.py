# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet itself: who reaches whom, from which address, and that nothing leaves it."""

from __future__ import annotations

import subprocess

import pytest

from .fleet import ADDRESSES, HOSTS, OUTSIDE, Fleet


@pytest.mark.parametrize("where", ["outside", "inside"])
@pytest.mark.parametrize("over", ["plaintext", "starttls"])
def test_mail_gets_in(fleet: Fleet, where: str, over: str) -> None:
    assert [fleet.send(where, host, "clean", over) for host in HOSTS] == ["accepted 250"] * len(HOSTS)
    for host in HOSTS:
        assert f"client=unknown[{OUTSIDE if where == 'outside' else ADDRESSES['inside']}]" in fleet.hosts[host].run("cat /var/log/mail.log").stdout


@pytest.mark.parametrize("network", ["campus", "outside", *ADDRESSES])
def test_nothing_gets_out(fleet: Fleet, network: str) -> None:
    done = subprocess.run([*fleet.at(network), "ip", "route", "get", "192.0.2.1"], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "unreachable" in done.stderr
