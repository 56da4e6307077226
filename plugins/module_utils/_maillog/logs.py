# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All logs, each one's rotations as one stream: read in one go, or in parts that are merged. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import log_files, reading


class Done:
    """What reading took. bytes: as stored; resumed: earlier runs had read some of the logs."""

    def __init__(self):
        self.bytes = 0
        self.resumed = False


class _InOneGo:
    """Reads one source after the other into the part that is the whole."""

    def __init__(self, to_read, whole):
        self._whole = whole
        self._limits = dict((source, latest_date(source)) for source in to_read)

    def read(self, source):
        """Read a source. Return what was read of it: bytes as stored, and whether earlier runs had read some of it."""
        return read_in_one_go(source, self._limits[source], self._whole)

    def close(self):
        """Nothing is open."""


def read_in_one_go(source, limit, whole):
    """Read a source from its beginning to its end. Return its bytes, and that no earlier run had read any of it. limit: see latest_date()."""
    whole.begin_file(limit)
    reading.read(source, whole)
    return source.bytes, False


def latest_date(source):
    """Return the date that no line of a source is later than."""
    return source.latest_date() or datetime.date.today()


def read_all(found, whole, workers=1, checkpoints=None):
    """Read the sources that were found into the part that is the whole. Return what it took.

    workers: so many processes read; checkpoints: what earlier runs have read, and what this one leaves to the next.
    """
    to_read = [source for source in found if source.status == log_files.READ]
    if workers > 1 or checkpoints is not None:
        # Loaded where it is needed: Python compiles all that Ansible sends, at every run.
        from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.logs_in_parts import InParts
        way = InParts(to_read, whole, workers, checkpoints)
    else:
        way = _InOneGo(to_read, whole)
    done = Done()
    live = None
    try:
        for source in to_read:
            if live is not None and source.name.live != live:
                end_log(whole, live)
            live = source.name.live
            read, resumed = way.read(source)
            whole.end_file(source)
            if source.reason == reading.TIME_IS_UP and not source.lines:
                source.status, source.reason = log_files.SKIPPED, 'not read: the time was up'
            done.bytes += read
            done.resumed = done.resumed or resumed
    finally:
        way.close()
    if live is not None:
        end_log(whole, live)
    return done


def end_log(whole, live):
    """End a log, named by its live file."""
    whole.end_log('a session was still open at the end of %s' % live)
