# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the journal is read. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, log_files


def choose(mode, paths, found, limits, notices, budget):
    """Return the Choice of a journal, or None, and mark the files that are not read for it.

    mode: auto takes the host's journal where no paths were given, and journal files among the paths, if no text log turns out to hold mail; always
    takes the journal and no text log, never takes none. found: the Sources of all files; those of journal files are taken out of it. limits: see
    Journal's since and until.
    """
    files = [source for source in found if source.status == log_files.READ and source.compression == archives.JOURNAL]
    found[:] = [source for source in found if source not in files]
    for source in files:
        source.close()
    if mode == 'never':
        for source in files:
            source.status, source.reason, source.compression = log_files.SKIPPED, 'a journal is not to be read', 'none'
        found += files
        return None
    if mode == 'always':
        for source in found:
            if source.status == log_files.READ:
                source.status, source.reason = log_files.SKIPPED, 'the journal is read instead'
    elif not files and paths is not None:
        return None
    return Choice(files, limits, notices, budget)


class Choice(object):
    """A journal that is read where the text logs hold no mail."""

    def __init__(self, files, limits, notices, budget):
        self._files = files
        self._limits = limits
        self._notices = notices
        self._budget = budget
        self._journal = None

    def read(self, whole, checkpoints, done):
        """Read it behind the text logs, see journal_reading.read()."""
        if whole.lines['matched'] and not self._files:
            return      # the files hold the mail, and nobody named the journal
        # Loaded where it is needed: Python compiles all that Ansible sends, at every run.
        from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import journal, journal_reading
        if self._journal is None:
            self._journal = journal.Journal(self._notices, self._files, *self._limits)
            self._journal.budget = self._budget
            self._journal.open()
        journal_reading.read(self._journal, whole, checkpoints, done)

    def sources(self):
        """Return the journal as a source, where it was one."""
        return [] if self._journal is None else [self._journal]
