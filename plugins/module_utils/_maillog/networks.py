# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scope a client address belongs to: local, internal or external. PRIVATE to the collection.

Addresses are compared as integers with plain socket calls, for Python 2.7 has no ipaddress module.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import re
import socket

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError

LOCAL = 'local'
INTERNAL = 'internal'
EXTERNAL = 'external'

# RFC 1918, RFC 6598 (shared), RFC 3927 and RFC 4291 (link-local), RFC 4193 (unique local).
PRIVATE_NETWORKS = (
    '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', 'fe80::/10', 'fc00::/7',
)
LOOPBACK_NETWORKS = ('127.0.0.0/8', '::1/128')

_MAPPED_PREFIX = 0xffff << 32
# A dotted quad in the only form that every resolver reads alike: no leading zeros, no short forms.
_IPV4 = re.compile(r'^(?:(?:25[0-5]|2[0-4]\d|1?[1-9]?\d|10\d)\.){3}(?:25[0-5]|2[0-4]\d|1?[1-9]?\d|10\d)\Z')
_LAST_NUMBER = re.compile(br'(?:25[0-5]|2[0-4]\d|1?[1-9]?\d|10\d)\Z')
_CACHE_SIZE = 50000


def parse_address(text):
    """Return (version, integer) of an IPv4 or IPv6 address, an IPv4-mapped one as IPv4. Raise ValueError otherwise."""
    text = text.partition('%')[0]
    if ':' not in text:
        if not _IPV4.match(text):
            raise ValueError(text)
        return 4, int(binascii.hexlify(socket.inet_aton(text)), 16)
    try:
        number = int(binascii.hexlify(socket.inet_pton(socket.AF_INET6, text)), 16)
    except (socket.error, UnicodeError, TypeError):
        raise ValueError(text)
    if number >> 32 == 0xffff:
        return 4, number - _MAPPED_PREFIX
    return 6, number


def parse_network(text, option):
    """Return (version, first address, last address) of a CIDR; a bare address is a network of one.

    Raise AuditError naming the option and the value when it is no network, or has bits set behind its prefix.
    """
    value = '%s' % (text,)
    address, slash, prefix = value.strip().partition('/')
    try:
        version, number = parse_address(address)
    except ValueError:
        raise AuditError("%s: '%s' is not an IPv4 or IPv6 network in CIDR form, such as 192.0.2.0/24 or 2001:db8::/32" % (option, value))
    width = 32 if version == 4 else 128
    if not slash:
        length = width
    # No regular expression: compiling it takes longer than all else here.
    elif 0 < len(prefix) <= 3 and not prefix.strip('0123456789') and int(prefix) <= width:
        length = int(prefix)
    else:
        raise AuditError("%s: '%s' has a bad prefix length; an IPv%d network takes 0 to %d" % (option, value, version, width))
    size = 1 << (width - length)
    if number % size:
        raise AuditError("%s: '%s' has bits set behind its prefix of %d; write the network's own address" % (option, value, length))
    return version, number, number + size - 1


class Networks:
    """Tells the scope of a client address.

    internal: CIDRs of the campus; None takes the private ranges. Loopback is always local.
    """

    def __init__(self, internal=None, option='internal_networks'):
        if internal is None:
            internal = PRIVATE_NETWORKS
        self.names = ['%s' % (network,) for network in internal]
        self._internal = [parse_network(network, option) for network in self.names]
        self._local = [parse_network(network, 'loopback') for network in LOOPBACK_NETWORKS]
        self._cache = {}
        self._by_prefix = {}        # first three numbers of an IPv4 address -> scope
        # Most clients are new, and most networks end where the third number does: then that much of an address tells its scope.
        self._prefix_tells = not any(version == 4 and (first % 256 or last % 256 != 255)
                                     for version, first, last in self._internal + self._local)

    def scope(self, address):
        """Return the scope of an address given as bytes. What is no address (Postfix prints `unknown`) is external."""
        scope = self._cache.get(address)
        if scope is None:
            prefix, unused, number = address.rpartition(b'.')
            scope = self._by_prefix.get(prefix)
            if scope is not None and _LAST_NUMBER.match(number):
                return scope
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            text = address.decode('ascii', 'replace')
            scope = self._cache[address] = self._look_up(text)
            if self._prefix_tells and _IPV4.match(text):
                if len(self._by_prefix) >= _CACHE_SIZE:
                    self._by_prefix.clear()
                self._by_prefix[prefix] = scope
        return scope

    def _look_up(self, text):
        try:
            version, number = parse_address(text)
        except ValueError:
            return EXTERNAL
        for scope, networks in ((LOCAL, self._local), (INTERNAL, self._internal)):
            for network_version, first, last in networks:
                if version == network_version and first <= number <= last:
                    return scope
        return EXTERNAL
