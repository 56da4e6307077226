# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal read into the whole, from where an earlier run ended. PRIVATE to the collection.

The same mail is never counted from both the journal and a file: it is read where the files hold none.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import journal_files, log_files, logs, reading
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.journal import CursorLost


def read(journal, whole, checkpoints, done):
    """Read a Journal into the part that is the whole, where the files hold no mail.

    checkpoints: what earlier runs have read, and what this one leaves to the next, or None; done: the logs.Done that tells what reading took.
    """
    if whole.lines['matched']:
        journal.status, journal.reason = log_files.SKIPPED, 'the text logs hold mail; journal=always reads the journal instead'
        whole.notices.add('journal_not_read', '%s: %s' % (journal.path, journal.reason))
        return
    if journal.status != log_files.READ:
        return
    if checkpoints is None or not _read_on(journal, whole, checkpoints, done):
        _read_into(whole, journal)
    why_not = journal.reason
    whole.end_file(journal)
    journal.reason = why_not or journal.reason
    logs.end_log(whole, journal.path)
    if journal.status == log_files.UNREADABLE:
        whole.notices.add('unreadable', '%s: %s' % (journal.path, journal.reason))
    if journal.status == log_files.READ:
        done.bytes += journal.bytes_of_lines if done.resumed else journal.bytes


def _read_into(part, journal, after=None):
    journal.go_to(after, part.notices)
    part.begin_file(None, after is not None)
    reading.read(journal, part)
    return part


def _read_on(journal, whole, checkpoints, done):
    """Read on from where an earlier run ended, or all for the next run. Return whether that could be done."""
    # Looked at before it is read: what comes in between is read, and new to the next run.
    files = journal_files.look_at(journal.file_paths())
    known, part, bytes_before = checkpoints.journal, None, 0
    if known is not None:
        part = _rest_of(journal, known, files, whole)
        if part is None:
            whole.notices.add('state_rebuilt', 'the journal does not begin with what was read before, as entries were dropped or came in between: '
                                               'it was read anew')
        else:
            done.resumed, bytes_before = True, known.row['bytes']
    if part is None:
        part = _read_into(whole.new_part(), journal)
    if part.overflowed or not whole.takes(part):
        done.resumed = False
        return False
    bytes_of_lines = bytes_before + journal.bytes_of_lines
    if not journal.is_of_files:
        journal.bytes = bytes_of_lines
    if files and journal.cursor and journal.status == log_files.READ:
        checkpoints.keep_journal({'cursor': journal.cursor, 'files': files, 'bytes': bytes_of_lines}, part)
    whole.merge(part)
    return True


def _rest_of(journal, known, files, whole):
    """Return the part that an earlier run has read together with what came since; None where the journal does not go on from it."""
    if not files or not journal_files.is_beginning(known.row['cursor'], known.row['files'], files):
        return None
    try:
        part = known.load(whole.new_part())
        later = _read_into(whole.new_part(), journal, known.row['cursor'])
    except (ValueError, CursorLost):
        return None
    if later.overflowed or not part.takes(later):
        return None
    part.merge(later)
    return part
