# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every mail system's reader is. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class Reader(object):
    """Reads chunks of whole lines into a part: `read(chunk, form)` returns (lines that mattered, lines of this mail system, about).

    A reader may remember more of earlier lines than the part's sessions and tally do: it can tell what, and take in what the reader of the part
    that follows remembers.
    """

    NAME = None             # of the MTA; None where it takes no mail

    def __init__(self, context):
        """context: the Part that is filled."""
        self._calendar = context.calendar
        self._networks = context.networks
        self._sessions = context.sessions
        self._services = context.services
        self._tally = context.tally
        self._notices = context.notices
        self._host = context.host

    def merge(self, later, days):
        """Take in what the reader of the part that follows remembers. days: its day numbers -> those here."""

    def end_log(self, notice):
        """Take in that no more lines of this log come. notice: says so of a session that is still open."""

    def dump(self):
        """Return what is remembered, as lists of bytes and numbers, or None."""
        return None

    def load(self, memory):
        """Take what was dumped."""
