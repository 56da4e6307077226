# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes a part of a log saw begin a session, or end. PRIVATE to the collection.

A part is read without knowing what the part before it left open. When the two are merged, a session that the earlier one left open may
have ended here: its process began another, was killed, or its master was started anew. What happened to a process first decides, so
that alone is kept: one bit per process id.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

BEGUN = 'begun'
KILLED = 'killed'

_PROCESS = re.compile(br'(.*)\[(\d{1,7})\]: \Z', re.DOTALL)
# Linux numbers processes below 2^22.
MAX_PROCESS_ID = 1 << 22
# Tags and keys come from the log. A log with more of them than this is not read in parts.
MAX_KEYS = 20000


class Processes:
    """The processes of a part by what the part saw of them first."""

    def __init__(self):
        self.begun = {}             # (tag, instance) -> bits by process id
        self.killed = {}            # host -> bits by process id
        self.restarted = set()      # (host, instance)
        self.others = set()         # keys that end in no process id
        self.overflowed = False
        self.recent = set()         # what was noted of late; looking here first saves a call

    def begin(self, key, instance):
        """Note that a process began a session, where nothing else was seen of it before."""
        if len(self.recent) > MAX_KEYS:
            self.recent.clear()
        self.recent.add(key)
        if self.fate(key, instance) is not None:
            return
        match = _PROCESS.match(key)
        if match and int(match.group(2)) < MAX_PROCESS_ID:
            _set(self.begun, (match.group(1), instance[1]), int(match.group(2)))
        else:
            self.others.add(key)
        self._limit()

    def kill(self, host, process_id):
        """Note that a process is gone."""
        if process_id < MAX_PROCESS_ID:
            _set(self.killed, host, process_id)
            self._limit()

    def restart(self, host, instance):
        """Note that all processes of a mail system are gone."""
        self.restarted.add((host, instance))
        self._limit()

    def fate(self, key, instance):
        """Return what ended a session that a process had before this part: BEGUN, KILLED, or None."""
        match = _PROCESS.match(key)
        process_id = int(match.group(2)) if match else MAX_PROCESS_ID
        if process_id < MAX_PROCESS_ID:
            if _get(self.begun, (match.group(1), instance[1]), process_id):
                return BEGUN
            if _get(self.killed, instance[0], process_id):
                return KILLED
        elif key in self.others:
            return BEGUN
        return KILLED if instance in self.restarted else None

    def merge(self, later):
        """Take in those of the part that follows."""
        for (tag, instance), bits in later.begun.items():
            host = tag.partition(b' ')[0]
            if (host, instance) not in self.restarted:
                _unite(self.begun, (tag, instance), bits, self.killed.get(host, b''))
        for key in later.others:
            self.others.add(key)
        for host, bits in later.killed.items():
            _unite(self.killed, host, bits, b'')
        self.restarted.update(later.restarted)
        self.recent.clear()
        self._limit()

    def _limit(self):
        if len(self.begun) + len(self.killed) + len(self.restarted) + len(self.others) > MAX_KEYS:
            self.overflowed = True
            self.begun, self.killed, self.others = {}, {}, set()


def _set(bits_by, key, number):
    bits = bits_by.get(key)
    if bits is None:
        bits = bits_by[key] = bytearray()
    index = number >> 3
    if index >= len(bits):
        bits.extend(bytearray(index + 1 - len(bits)))
    bits[index] |= 1 << (number & 7)


def _get(bits_by, key, number):
    bits = bits_by.get(key, b'')
    index = number >> 3
    return index < len(bits) and bool(bits[index] >> (number & 7) & 1)


def _unite(bits_by, key, more, without):
    bits = bits_by.get(key)
    if bits is None:
        bits = bits_by[key] = bytearray()
    if len(more) > len(bits):
        bits.extend(bytearray(len(more) - len(bits)))
    without = bytearray(without) + bytearray(max(0, len(more) - len(without)))
    for index, byte in enumerate(more):
        if byte:
            bits[index] |= byte & ~without[index]
