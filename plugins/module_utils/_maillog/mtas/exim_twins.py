# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals that Exim logs twice. PRIVATE to the collection.

To syslog each refusal goes twice, for mainlog and for rejectlog (log.c), unless `syslog_duplication` is off: one process, the same text, one
right behind the other but for other processes' lines.

In a part of a log nobody knows whether a process's first refusals are the first or the second of two: those are kept (`unsure`), until the
part before is known, as long as their text stays the same.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.deferred import Deferred

# So many refusals of others may come between.
WINDOW = 2000


class Twins:
    """What each process refused last, where its twin may still come."""

    def __init__(self, headless):
        self.headless = headless    # what came before is not known
        self.overflowed = False
        self.clock = 0              # refusals so far
        self.unsure = Deferred()    # [clock, host, process, day, verb, rest]
        self._last = {}             # process -> (clock, text)
        self._beginning = {}        # process -> text of its refusals that are unsure
        self._sure = set()          # processes that had some, and are known now

    def is_first(self, host, process, day, verb, rest):
        """Tell whether a refusal is to be counted: no twin of one before, and not unsure."""
        self.clock += 1
        key = host + b' ' + process
        if self.headless and self._is_unsure(key, rest):
            self.unsure.add([self.clock, host, process, day, verb, rest])
            self.overflowed = self.unsure.overflowed
            return False
        clock, text = self._last.pop(key, (0, None))
        if text == rest and self.clock - clock < WINDOW:
            return False
        if len(self._last) > 2 * WINDOW:
            self._last = dict((other, last) for other, last in self._last.items() if self.clock - last[0] < WINDOW)
        self._last[key] = self.clock, rest
        return True

    def _is_unsure(self, key, rest):
        text = self._beginning.get(key)
        if text is None:
            if self.clock >= WINDOW or key in self._last or key in self._sure:
                return False
            self._beginning[key] = rest
            return True
        if text == rest:
            return True
        del self._beginning[key]
        self._sure.add(key)
        return False

    def merge(self, later):
        """Yield what the part that follows was not sure of, to be counted here: host, process, day, verb, rest; the clock is set."""
        begun = self.clock
        for clock, host, process, day, verb, rest in later.unsure.lines:
            self.clock = begun + clock - 1
            yield host, process, day, verb, rest
        self.clock = begun + later.clock
        for key in later._sure:
            self._last.pop(key, None)
            if self._beginning.pop(key, None) is not None:
                self._sure.add(key)
        for key, (clock, text) in later._last.items():
            self._last[key] = begun + clock, text
        self.overflowed = self.overflowed or later.overflowed

    def dump(self):
        """Return what is remembered, as lists of bytes and numbers."""
        last = [[key, clock, text] for key, (clock, text) in self._last.items()]
        return [self.clock, self.unsure.dump(), last, [list(item) for item in self._beginning.items()], sorted(self._sure)]

    def load(self, memory):
        """Take what was dumped."""
        self.clock = memory[0]
        self.unsure.load(memory[1])
        self._last.update((key, (clock, text)) for key, clock, text in memory[2])
        self._beginning.update((key, text) for key, text in memory[3])
        self._sure.update(memory[4])
