# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The counts of each host of a central log. PRIVATE to the collection.

Hosts are told by the syslog host field, which each sender writes itself.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import EXTERNAL, LOCAL
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.visibility import COMPLETE, NONE, PARTIAL

# So many hosts at most are listed, the rest as one: some 30 of the 64 KiB that the facts may take.
MAX_HOSTS = 64
_NAME = re.compile(br'^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z')


class _Host:
    """What is counted of one host."""

    def __init__(self, new_counts):
        self.counts = {'total': new_counts(), EXTERNAL: new_counts()}
        self.dates = set()
        self.shown = self.hidden = 0

    def add(self, other, add_counts):
        """Add another host's counts."""
        for scope in self.counts:
            add_counts(self.counts[scope], other.counts[scope])
        self.dates |= other.dates
        self.shown += other.shown
        self.hidden += other.hidden

    def as_facts(self):
        return dict(self.counts, days=len(self.dates), tls_visibility=COMPLETE if not self.hidden else PARTIAL if self.shown else NONE)


def build(context, visibility, wanted, copies, new_counts, add_cell):
    """Return name -> counts of sessions and messages, for all clients but local ones and for external ones.

    copies: the (date, service number) that another service counts too (see copies.py). new_counts: gives zero counts; add_cell: called
    with counts, class and a tally cell, adds it (both are those of facts.py).
    """
    hosts = {}
    for (day, number, scope), group in context.tally.groups.items():
        date = context.calendar.date(day)
        if scope == LOCAL or not wanted(date) or (date, number) in copies:
            continue
        host = _host_of(number, context, hosts, new_counts)
        host.dates.add(date)
        for tls_class, cell in group.items():
            final, visible = visibility.settle(tls_class, number, date)
            if visible:
                host.shown += cell[0]
            else:
                host.hidden += cell[0]
            for counted in ('total', EXTERNAL) if scope == EXTERNAL else ('total',):
                add_cell(host.counts[counted], final, cell)
    for (day, number), times in context.tally.uncounted.items():
        date = context.calendar.date(day)
        if times > 0 and wanted(date) and (date, number) not in copies:
            # The log does not hold these sessions, so no sum of sessions is known.
            for counts in _host_of(number, context, hosts, new_counts).counts.values():
                counts['sessions'] = dict.fromkeys(counts['sessions'])
    return dict((name, host.as_facts()) for name, host in _few(hosts, new_counts).items())


def _host_of(number, context, hosts, new_counts):
    name = context.services.by_number[number].key[0]
    name = name.decode('ascii') if _NAME.match(name) else classes.OTHER
    host = hosts.get(name)
    if host is None:
        host = hosts[name] = _Host(new_counts)
    return host


def _few(hosts, new_counts):
    """Return the hosts, the smallest of too many folded into one: their names come from the log."""
    if len(hosts) <= MAX_HOSTS:
        return hosts
    order = sorted(hosts, key=lambda name: (name == classes.OTHER, -hosts[name].shown - hosts[name].hidden, name))
    rest = _Host(new_counts)
    for name in order[MAX_HOSTS - 1:]:
        rest.add(hosts[name], _add_counts)
    few = dict((name, hosts[name]) for name in order[:MAX_HOSTS - 1])
    few[classes.OTHER] = rest
    return few


def _add_counts(counts, more):
    for kind, numbers in more.items():
        for name, count in numbers.items():
            counts[kind][name] = None if None in (count, counts[kind][name]) else counts[kind][name] + count
