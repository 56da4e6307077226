# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of a part of a log, and what they become when the part that follows is known. PRIVATE to the collection.

Merging is associative, and what is merged of all parts is what one read of the whole gives.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import processes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.queue_ids import DISOWNED, REJECTED, UNKNOWN_USER
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.sessions import CLOSED, MAX_FRAGMENTS, Sessions


class MergedSessions(Sessions):
    """Sessions that take in those of the part that follows."""

    def merge(self, later, rebind):
        """Take in the sessions of the part that follows. rebind: called with each of its sessions, to give it the days and services here."""
        for session in later.all():
            rebind(session)
        for key, session in list(self.open.items()):
            fragment = later.fragments.get(key)
            if fragment is not None:
                self._absorb(session, fragment)
                if fragment.fate:
                    del self.open[key]
                    if fragment.fate == CLOSED:
                        self.end(session, fragment.silent_class, fragment.counted)
                    else:
                        self._end_as(session, fragment.fate, fragment.silent_class)
            else:
                fate = later.processes.fate(key, session.service.instance)
                if fate:
                    del self.open[key]
                    self._end_as(session, fate)
        self._adopt_fragments(later)
        for key, session in later.open.items():
            if not session.fragment:
                if key in self.open:
                    self._end_as(self.open[key], processes.BEGUN)       # a key that should be new: forged, or the same lines twice
                self.open[key] = session
        if self.headless:
            self.processes.merge(later.processes)
        self.queue_ids.merge(later.queue_ids, _owner_here, self._apply_stray)
        if self.clients is not None:
            for address in sorted(later.clients):
                self._count_client(address, later.clients[address])
        self.overflowed = self.overflowed or later.overflowed

    def all(self):
        """Return the sessions that later lines may still change, each once."""
        sessions = list(self.open.values()) + list(self.fragments.values()) + self.queue_ids.sessions()
        return list(dict((id(session), session) for session in sessions).values())

    @staticmethod
    def _absorb(session, fragment):
        """Let a session go on with what the later part saw of it."""
        fragment.owner, fragment.behind = session, session.handshake
        session.failed = session.failed or fragment.failed
        session.attempted = session.attempted or fragment.attempted
        session.transactions += fragment.transactions
        if session.fragment:
            session.handshakes += fragment.handshakes
        if not session.handshake:
            session.queued_before = session.queued_before or fragment.queued_before
            if fragment.handshake:
                before = [sum(pair) for pair in zip((session.messages, session.rejected, session.unknown_user), fragment.before or (0, 0, 0))]
                session.before = before if any(before) else None
                session.messages = session.rejected = session.unknown_user = 0
                session.handshake, session.special, session.names = True, True, fragment.names
                fragment.before = None
        for counts in (fragment.before or (0, 0, 0), (fragment.messages, fragment.rejected, fragment.unknown_user)):
            session.messages += counts[0]
            session.rejected += counts[1]
            session.unknown_user += counts[2]

    def _adopt_fragments(self, later):
        """Keep the later part's fragments that may go on with a session of a part before this one; all others are orphans."""
        for key, fragment in later.fragments.items():
            if fragment.owner is not None:
                continue
            if self.headless and self._is_new(key, fragment.service):
                self.fragments[key] = fragment
                if fragment.fate is None:
                    self.open[key] = fragment
                if len(self.fragments) > MAX_FRAGMENTS:
                    self.overflowed = True
            else:
                fragment.owner = fragment
                if fragment.handshakes:
                    self.note_orphan_tls(fragment.handshakes)
                if fragment.fate == CLOSED:
                    self.note_orphan_end()

    def _apply_stray(self, queue_key, event):
        if event == DISOWNED:
            self.queue(queue_key, None)
        elif event in (REJECTED, UNKNOWN_USER):
            self.reject_queued(queue_key, int(event == UNKNOWN_USER))
        else:
            self.confirm(queue_key)


def _owner_here(session):
    """Return the session that a later part's session is here, and whether its handshake was over before that part; None for an orphan."""
    if not session.fragment or session.owner is None:
        return session, False
    if session.owner is session:
        return None
    return session.owner, session.behind
