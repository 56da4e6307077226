# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each gate of the role remediate that does not hold ends the run for its server with one line that says which and why, and nothing was changed.

G2 without any audit is in test_remediation.py, G3 with a broken server in test_faults.py, and G8 with a mirror in test_ways.py.
"""

from __future__ import annotations

import pathlib
import re
from datetime import datetime, timedelta

import pytest

from .fleet import ADDRESSES, HOSTS, NEW, Fleet
from .recap import failures
from .test_faults import untouched

# As remediate.yml has it, but that a server is not spared because another one failed.
PLAYBOOK = """
- hosts: remediate
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: mailfleet.tls_audit.remediate
"""
# A scanner that gets the mail already; its milter does not answer, and mail passes meanwhile.
RSPAMD = """
set -e
mkdir -p /root/kept /etc/rspamd/local.d
cp -p /etc/postfix/main.cf /root/kept
printf '#!/bin/sh\\n' > /usr/bin/rspamd; chmod +x /usr/bin/rspamd
printf 'clamav {\\n  type = "clamav";\\n}\\n' > /etc/rspamd/local.d/antivirus.conf
postconf -e smtpd_milters=inet:127.0.0.1:11332 milter_default_action=accept
postfix reload
"""
# Somebody's own ClamAV, at a socket of its own.
OWN_CLAMAV = """
set -e
mkdir -p /root/kept /etc/clamav
cp -p /etc/postfix/main.cf /root/kept
printf '#!/bin/sh\\n' > /usr/sbin/clamav-milter; chmod +x /usr/sbin/clamav-milter
echo 'MilterSocket inet:7358@127.0.0.1' > /etc/clamav/clamav-milter.conf
postconf -e smtpd_milters=inet:127.0.0.1:7358 milter_default_action=accept
postfix reload
"""
NO_CLAMAV = "cp -p /root/kept/main.cf /etc/postfix; rm /usr/sbin/clamav-milter /etc/clamav/clamav-milter.conf; postfix reload"
NO_RSPAMD = "cp -p /root/kept/main.cf /etc/postfix; rm -r /usr/bin/rspamd /etc/rspamd; postfix reload"
# What makes a gate of a server not hold, how that is undone, the variables that belong to it, and what is said.
FAULTS: list[dict[str, tuple[str, str, dict[str, object], str]]] = [
    {
        "bullseye": ("touch /etc/iredmail-release", "rm /etc/iredmail-release", {}, r"G4: iRedMail owns this mail server and would undo or break .*"),
        "bookworm": (RSPAMD, NO_RSPAMD, {}, r"G4: rspamd gets this server's mail already; two scanners are not stacked, .*"),
        "trixie": ("", "", {"remediate_clamav_min_disk": 100_000_000}, r"G7: \d+ MB free on the fullest of .*, and 100000000 are needed .*"),
    },
    {
        "bullseye": ("", "", {"remediate_clamav_min_engine": "99.0"}, r"G5: the packages offer ClamAV [\d.]+, and 99\.0 is needed .*"),
        # An empty queue would not do: what nobody resolves waits.
        "bookworm": ("echo | sendmail someone@nowhere.invalid", "postsuper -d ALL", {"remediate_max_queued": 0},
                     r"G7: [1-9]\d* mails wait in the queue, and .*"),
        "trixie": ("mv /var/lib/clamav/test.ndb /root", "mv /root/test.ndb /var/lib/clamav", {}, r"G8: /var/lib/clamav holds no signatures, and .*"),
    },
    {
        "bullseye": ("", "", {"remediate_clamav_signatures": "proxy", "remediate_clamav_proxy": f"{ADDRESSES['inside']}:3128"},
                     r"G8: no connection to the source of signatures \(remediate_clamav_signatures is proxy\)"),
        "bookworm": (OWN_CLAMAV, NO_CLAMAV, {}, r"G4: ClamAV gets this server's mail already, through inet:127\.0\.0\.1:7358, and this role would .*"),
        "trixie": ("", "", {"remediate_audit_max_age_days": -1},
                   r"G2: no audit of this host within -1 days .* \(last: audited, .*\); run the audit first"),
    },
    {
        "bullseye": ("", "", {"remediate_window": "not now"}, r"G10: it is \d\d:\d\d on this host, and changes are allowed \S+ only .*"),
        "bookworm": ("", "", {"remediate_recipient": ""}, r"G3: remediate_recipient is not set; .*"),
        "trixie": ("", "", {"remediate_clamav_min_available": 4_000_000}, r"G6: \d+ MB of memory, \d+ available, and ClamAV needs 512 and 4000000 .*"),
    },
]


@pytest.mark.parametrize("faults", FAULTS)
def test_a_gate_that_does_not_hold(audited: Fleet, faults: dict[str, tuple[str, str, dict[str, object], str]], tmp_path: pathlib.Path) -> None:
    """One on each server."""
    fleet = audited
    variables: dict[str, dict[str, object]] = {}
    for host, (script, _undo, own, _said) in faults.items():
        fleet.hosts[host].run(script)
        for name, value in own.items():
            variables.setdefault(name, {})[host] = value if name != "remediate_window" else later(fleet, host)
    before = fleet.files()
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    try:
        run = fleet.play(tmp_path / "play.yml", core=NEW, remediate_clamav="true", **variables)
        assert fleet.files() == before
        assert [host for host in HOSTS if not untouched(fleet, host)] == []
    finally:
        for host, (_script, undo, _own, _said) in faults.items():
            fleet.hosts[host].run(undo)
    found = failures(run)
    # One line: the output shows a line feed as \\n.
    assert {host: found.get(host) for host, (*_unused, said) in faults.items() if not re.fullmatch(said, found.get(host, ""))} == {}, run.output
    assert "\\n" not in "".join(found.values())


def later(fleet: Fleet, host: str) -> str:
    """Hours of a server's clock that begin after the next."""
    now = datetime.strptime(fleet.hosts[host].run("date +%H:%M").stdout.strip(), "%H:%M")
    return f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}"
