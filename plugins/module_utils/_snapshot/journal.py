# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done to a host's configuration, run after run: `first` holds it as it was before the first run, `run` as it was before the run at work.

A run that fails goes back to where it began; a rollback goes back to the beginning. While `run` is there, a run is at work or was cut off.

PRIVATE to the collection.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._snapshot.snapshot import Snapshot


class Journal(object):
    """The two snapshots below one folder. move: see Snapshot."""

    def __init__(self, folder, move):
        self.first = Snapshot(os.path.join(folder, 'first'), move)
        self.run = Snapshot(os.path.join(folder, 'run'), move)

    @property
    def unfinished(self):
        """Whether a run did not come to its end."""
        return self.run.exists

    def begin(self, paths, notes=None):
        """Keep files that are about to be changed. Return whether any was kept for the first time."""
        if not self.unfinished:
            self.first.note_disturbed()
        news = self.first.keep(paths, notes)
        self.run.keep(paths, notes)
        return news

    def finish(self):
        """Take the files as they are for the outcome of the run."""
        if self.first.exists:
            self.first.note_outcome()
        self.run.remove()

    def undo_run(self):
        """Go back to where the run began."""
        self.run.restore()
        self.run.remove()
        if not self.first.plan_restore():
            # It was the first one, and nothing of it is left.
            self.first.remove()

    def undo_all(self):
        """Go back to the beginning."""
        self.first.restore()
        self.first.remove()
        self.run.remove()
