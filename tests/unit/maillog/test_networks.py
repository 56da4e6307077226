# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import Networks, parse_network


@pytest.mark.parametrize(("address", "scope"), [
    (b"127.0.0.1", "local"),
    (b"127.8.9.1", "local"),
    (b"::1", "local"),
    (b"::ffff:127.0.0.1", "local"),
    (b"10.0.0.1", "internal"),
    (b"172.31.255.255", "internal"),
    (b"172.32.0.0", "external"),
    (b"192.168.7.7", "internal"),
    (b"fd00::1", "internal"),
    (b"fe80::1%eth0", "internal"),
    (b"2001:db8::1", "external"),
    (b"198.51.100.1", "external"),
    (b"unknown", "external"),
    (b"", "external"),
    (b"\xff\xfe", "external"),
    (b"010.0.0.1", "external"),
])
def test_default_scopes(address: bytes, scope: str) -> None:
    assert Networks().scope(address) == scope


def test_own_networks_replace_the_private_ranges() -> None:
    networks = Networks(["198.51.100.0/24", "2001:db8::/32", "203.0.113.9"])
    assert networks.scope(b"198.51.100.77") == "internal"
    assert networks.scope(b"2001:db8:51::23") == "internal"
    assert networks.scope(b"203.0.113.9") == "internal"
    assert networks.scope(b"203.0.113.8") == "external"
    assert networks.scope(b"10.0.0.1") == "external"
    assert networks.scope(b"127.0.0.1") == "local"


@pytest.mark.parametrize("value", [
    "10.0.0.0/33", "10.0.0.1/8", "300.1.1.1/8", "::/129", "nonsense", "", "10.0.0.0/", "10.0.0.0/-1", "2001:db8::1/32", "10.0.0/8"])
def test_a_bad_network_names_option_and_value(value: str) -> None:
    with pytest.raises(AuditError) as error:
        Networks([value])
    assert "internal_networks" in str(error.value)
    assert f"'{value}'" in str(error.value)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.data())
def test_agrees_with_ipaddress(address: ipaddress.IPv4Address | ipaddress.IPv6Address, data: st.DataObject) -> None:
    prefix = data.draw(st.integers(0, address.max_prefixlen))
    network = ipaddress.ip_network((address, prefix), strict=False)
    if address.version == 6 and int(address) >> 32 == 0xFFFF:
        return
    version, first, last = parse_network(str(network), "internal_networks")
    assert (version, first, last) == (network.version, int(network.network_address), int(network.broadcast_address))
    if network.version == 6 and int(network.network_address) <= 1 <= int(network.broadcast_address):
        return
    scope = Networks([str(network)]).scope(str(address).encode())
    assert scope == ("local" if address.is_loopback else "internal")
