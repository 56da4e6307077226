# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inbound services by the name of their daemon in the log. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.tally import OTHER

# Services come from syslog tags: more than this many different ones are counted as one.
MAX_SERVICES = 200
# The same where a log is split by host: those of some hundreds of hosts.
MAX_SERVICES_OF_HOSTS = 2000
_NAME = re.compile(br'^[A-Za-z0-9_][A-Za-z0-9._/:-]{0,63}\Z')


_REST = ((b'', b''), (b'', b'-'))


class Service(object):
    """One service: the daemon name that the facts show, the instance whose TLS logging it shares, and what its tag tells."""

    __slots__ = ('number', 'key', 'name', 'instance', 'veiled')

    def __init__(self, number, key, name, instance, veiled):
        self.number = number
        self.key = key
        self.name = name
        self.instance = instance
        self.veiled = veiled

    @property
    def is_rest(self):
        """Tell whether it stands for many, so that TLS of one says nothing of another."""
        return self.key in _REST


class Services:
    """Numbers services as they are met."""

    def __init__(self, limit=MAX_SERVICES):
        self._limit = limit
        self.by_number = []
        self.overflowed = False
        self._by_key = {}

    def get(self, host, name, instance, veiled=False):
        """Return the Service of a daemon. veiled: it may speak TLS from the first byte, so that counters cannot prove plaintext."""
        key = (host, name)
        service = self._by_key.get(key)
        if service is None:
            if len(self.by_number) >= self._limit:
                self.overflowed = True
                return self.rest(veiled)
            service = self.restore(key, (host, instance), veiled)
        return service

    def rest(self, veiled=True):
        """Return what stands for all services that are too many to be told apart, or for all whose counters prove plaintext."""
        key = (b'', b'' if veiled else b'-')
        return self._by_key.get(key) or self.restore(key, (b'', b''), veiled)

    def restore(self, key, instance, veiled):
        """Number a service that is new: (host, name), (host, instance) and whether it is veiled."""
        # No daemon has a name of other characters: whoever forged it may not choose what the facts look like.
        text = key[1].decode('ascii') if _NAME.match(key[1]) else OTHER
        service = self._by_key[key] = Service(len(self.by_number), key, text, instance, veiled)
        self.by_number.append(service)
        return service

    def merge(self, later):
        """Take in the services of the part that follows. Return the Services here, by the numbers there."""
        self.overflowed = self.overflowed or later.overflowed
        return [self.get(service.key[0], service.key[1], service.instance[1], service.veiled) for service in later.by_number]

    def count_hosts(self):
        """Return how many syslog hosts had sessions. An MTA's own file names none: it is this host's."""
        return len(set(service.instance[0] for service in self.by_number if service.instance[0]))
