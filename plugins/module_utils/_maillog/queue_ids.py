# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queue ids of messages whose fate is not known yet. PRIVATE to the collection.

A message is begun by a session, and accepted or rejected by other daemons' lines that name its queue id alone. Aborted transactions never
get such a line, and short ids are used again: an id is forgotten once `WINDOW` later events of queue ids have passed, and the latest owner
counts.

A part of a log that is read without the parts before it keeps the events of ids that it did not see begin (`strays`). They are applied to the
earlier part's ids when the two are merged; behind the window there is nothing that they could belong to.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import operator

WINDOW = 10000

CONFIRMED = 0
REJECTED = 1
UNKNOWN_USER = 2
DISOWNED = 3


class QueueIds:
    """Owners of queue ids: `(session, transaction was behind the handshake, when)`, or only `when` once nothing more can come of an id."""

    def __init__(self, headless):
        self.headless = headless    # what came before is not known
        self.clock = 0              # events so far
        self.strays = []            # (clock, key, event)
        self._young = {}
        self._old = {}

    def own(self, key, session):
        """Note that a session began a transaction with this id."""
        self.clock += 1
        self._put(key, (session, session.handshake, self.clock))

    def disown(self, key):
        """Note that a session which is not known took the id."""
        self.clock += 1
        if self._get(key) or self._stray(key, DISOWNED):
            self._put(key, self.clock)

    def confirm(self, key):
        """Return the owner of a message that was accepted, or None; each transaction once."""
        self.clock += 1
        owner = self._young.get(key)
        if owner.__class__ is tuple and self.clock - owner[2] < WINDOW:
            self._young[key] = self.clock
            return owner
        owner = self._get(key)
        if owner:
            self._put(key, self.clock)
            return owner if owner.__class__ is tuple else None
        if self._stray(key, CONFIRMED):
            self._put(key, self.clock)
        return None

    def rejected(self, key, unknown_user):
        """Return the owner of a message that was rejected, or None."""
        self.clock += 1
        owner = self._get(key)
        if not owner:
            self._stray(key, UNKNOWN_USER if unknown_user else REJECTED)
        return owner if owner.__class__ is tuple else None

    def _get(self, key):
        owner = self._young.get(key) or self._old.get(key)
        if owner and self.clock - (owner[2] if owner.__class__ is tuple else owner) < WINDOW:
            return owner
        return None

    def _put(self, key, owner):
        if len(self._young) >= WINDOW:
            # All that is dropped here is older than the window.
            self._old, self._young = self._young, {}
        self._young[key] = owner

    def _stray(self, key, event):
        """Keep an event for the part before. Return whether the id may be known there."""
        if self.headless and self.clock < WINDOW:
            self.strays.append((self.clock, key, event))
            return True
        return False

    def owners(self):
        """Return the ids within the window and their owners, oldest first."""
        kept = dict(self._old)
        kept.update(self._young)
        oldest = self.clock - WINDOW
        alive = [(owner[2] if owner.__class__ is tuple else owner, key, owner) for key, owner in kept.items()]
        return [(key, owner) for when, key, owner in sorted(alive, key=operator.itemgetter(0)) if when > oldest]

    def sessions(self):
        """Return the sessions that own an id, some more than once."""
        return [owner[0] for ids in (self._old, self._young) for owner in ids.values() if owner.__class__ is tuple]

    def restore(self, key, owner):
        """Take an id as `owners` gave it; oldest first, before the clock is set."""
        self._young[key] = owner

    def merge(self, later, of, apply_stray):
        """Take in the ids of the part that follows.

        of: gives for its owner's session the session here and whether that was behind its handshake already, or None; apply_stray: called with
        key and event of each of its strays, in order, the clock set.
        """
        begun = self.clock
        for clock, key, event in later.strays:
            self.clock = begun + clock - 1
            apply_stray(key, event)
        self.clock = begun + later.clock
        for key, owner in later.owners():
            if owner.__class__ is not tuple:
                self._put(key, begun + owner)
                continue
            here = of(owner[0])
            self._put(key, begun + owner[2] if here is None else (here[0], owner[1] or here[1], begun + owner[2]))
