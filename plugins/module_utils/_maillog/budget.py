# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long reading may take. PRIVATE to the collection.

Nobody can tell beforehand how much an archive holds, or how slow a disk is. What was read when the time is up counts, and is marked.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time

# Python 2.7 has no clock that never jumps.
_clock = getattr(time, 'monotonic', time.time)


class OutOfTime(Exception):
    """The time is up. What was read before counts."""


class Budget:
    """The time that is left.

    seconds: from now on; 0 is no bound.
    """

    def __init__(self, seconds=0):
        self.seconds = seconds
        self._end = _clock() + seconds if seconds else None

    def is_spent(self):
        """Tell whether the time is up."""
        return self._end is not None and _clock() > self._end

    def watch(self, blocks):
        """Yield blocks for as long as there is time. Raise OutOfTime where more would come."""
        for block in blocks:
            if self.is_spent():
                raise OutOfTime()
            yield block

    def note(self, notices):
        """Note, once, that reading ended early."""
        if 'out_of_time' not in notices:
            notices.add('out_of_time', 'reading ended after %d seconds (max_seconds); all counts are a minimum' % self.seconds)
