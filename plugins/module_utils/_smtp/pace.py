# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast test mail may be sent: never as a flood that another site's operators would have to look into. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re
import socket
import struct
import time

# Seconds between two mails to one server.
INTERVAL = 10
# Where no mail server of anyone else's can be: loopback (the server that tests itself), and the networks of examples (RFC 5737).
_LOOPBACK = (('127.0.0.0', 8),)
_EXAMPLES = (('192.0.2.0', 24), ('198.51.100.0', 24), ('203.0.113.0', 24))
_DOTTED = re.compile(r'\d{1,3}(?:\.\d{1,3}){3}\Z')


def is_loopback(host):
    """Tell whether this is an address of the host that asks."""
    return host in ('::1', 'localhost') or _is_within(host, _LOOPBACK)


def least_interval(host):
    """Return how many seconds must pass between two mails to this server. Only an address is ever exempt, for a name may become another one."""
    return 0 if is_loopback(host) or _is_within(host, _EXAMPLES) else INTERVAL


def _is_within(host, networks):
    # inet_aton takes `127.1` and the like, which no one needs here.
    if not _DOTTED.match(host):
        return False
    try:
        number = _number(host)
    except (socket.error, OSError):
        return False
    return any(number >> (32 - length) == _number(network) >> (32 - length) for network, length in networks)


def _number(address):
    return struct.unpack('>I', socket.inet_aton(address))[0]


class Pace(object):
    """Waits before every mail, the first one too: two runs after each other keep the interval, with nothing remembered between them."""

    def __init__(self, seconds, sleep=time.sleep):
        self.seconds = seconds
        self._sleep = sleep

    def wait(self):
        """Return when the next mail may be sent."""
        if self.seconds > 0:
            self._sleep(self.seconds)
