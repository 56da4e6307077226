# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the figures' reader must know about the logs: kind, how often, and one example. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

MAX_DETAIL = 200
MAX_KINDS = 64


class Notices:
    """Counts notices by kind and keeps the first detail of each."""

    def __init__(self):
        self._notices = {}

    def add(self, kind, detail, count=1):
        """Note `count` more of `kind`; `detail` is text, shown for the first one only."""
        if kind in self._notices:
            self._notices[kind]['count'] += count
        elif len(self._notices) < MAX_KINDS:
            self._notices[kind] = {'kind': kind, 'count': count, 'detail': printable(detail)}

    def merge(self, later):
        """Add the notices of the part that follows."""
        for notice in later.as_list():
            self.add(notice['kind'], notice['detail'], notice['count'])

    def __contains__(self, kind):
        return kind in self._notices

    def as_list(self):
        """Return the notices, ordered by kind."""
        return [self._notices[kind] for kind in sorted(self._notices)]


def printable(text, length=MAX_DETAIL):
    """Return text without control and direction characters, cut to length. Logs are written by strangers."""
    if isinstance(text, bytes):
        text = text.decode('utf-8', 'replace')
    kept = []
    for character in text[:length * 4]:
        code = ord(character)
        unsafe = code < 0x20 or 0x7f <= code < 0xa0 or 0x200b <= code <= 0x200f or 0x2028 <= code <= 0x202e or 0x2066 <= code <= 0x2069
        kept.append(u'?' if unsafe or 0xd800 <= code <= 0xdfff or code == 0xfeff else character)
    text = u''.join(kept)
    return text if len(text) <= length else text[:length - 3] + u'...'
