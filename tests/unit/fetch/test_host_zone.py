# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's zone from what the host says of it; what strangers may have written there is no zone."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.host_zone import HostZone, zone_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fetch.shell import Execute, Shell


def saying(variable: str, link: str, rule: str, clock: str) -> Shell:
    """A host that gives these answers."""
    answer = base64.b64encode("\0".join((variable, link, rule, clock)).encode()).decode()

    def execute(command: str, terminal: bool) -> Any:
        begin, end = (next(word.strip(";") for word in command.split() if word.startswith(f"mailfleet-{which}")) for which in ("begin", "end"))
        return {"stdout": f"\n{begin}\n{'base64' if 'type $t' in command else answer}\n{end}\n", "stderr": "", "rc": 0}
    return Shell(execute)


JULY, ROME, RULE = "1750000000 +0200", "/usr/share/zoneinfo/Europe/Rome", "CET-1CEST,M3.5.0,M10.5.0/3"


@pytest.mark.parametrize(("host", "zone"), [
    (("", ROME, RULE, JULY), HostZone("Europe/Rome")),
    (("", "/usr/share/zoneinfo/posix/Europe/Rome", RULE, JULY), HostZone("Europe/Rome")),
    (("", "/etc/localtime", RULE, JULY), HostZone(RULE)),
    (("", "/etc/localtime", "<+0330>-3:30", "1750000000 +0330"), HostZone("<+0330>-3:30")),
    (("Asia/Tokyo", ROME, RULE, "1750000000 +0900"), HostZone("Asia/Tokyo")),
    # What its clock does not agree with is not in force.
    (("", "/usr/share/zoneinfo/Asia/Tokyo", RULE, JULY), HostZone(RULE)),
    (("", "/etc/localtime", "", JULY), HostZone("<+0200>-02:00", False)),
    (("", "/etc/localtime", "", "1750000000 -0330"), HostZone("<-0330>+03:30", False)),
    (("", "", "", ""), HostZone("UTC0", False)),
    (("/etc/passwd", ROME + "/../../../../etc/passwd", "TZif2 \x01", JULY), HostZone("<+0200>-02:00", False)),
    (("", "Europe/../Europe/Rome", "CET-1CEST" + ",M3.5.0" * 30, JULY), HostZone("<+0200>-02:00", False)),
])
def test_the_zone_is_one_that_agrees_with_the_clock(host: tuple[str, str, str, str], zone: HostZone) -> None:
    assert zone_of(saying(*host)) == zone


@pytest.mark.parametrize(("value", "east"), [("<+0200>-02:00", 7200), ("<-0330>+03:30", -12600), (RULE, 7200)])
def test_values_mean_what_they_say(value: str, east: int) -> None:
    with HostZone(value).in_force():
        assert time.localtime(1750000000).tm_gmtoff == east


def test_every_shell_tells_this_machine_s_zone(execute: Execute) -> None:
    with zone_of(Shell(execute)).in_force():
        there = time.localtime().tm_gmtoff
    assert there == time.localtime().tm_gmtoff
