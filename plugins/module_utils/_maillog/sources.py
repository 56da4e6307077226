# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log files to read: found, told apart and put in order. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime
import glob
import os
import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import duplicates, log_files
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.budget import OutOfTime
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.rotation import is_log_of

# The usual places: Red Hat, Debian, SUSE, Postfix's maillog_file samples; Exim on Debian, Red Hat and FreeBSD, cPanel and upstream; Dovecot's
# log_path and info_log_path as its manual has them.
# mail.info, mail.warn and mail.err are left out: syslog writes the same lines to them again.
USUAL_PATHS = (
    '/var/log/maillog*', '/var/log/mail.log*', '/var/log/mail*', '/var/log/postfix.log*',
    '/var/log/exim4/mainlog*', '/var/log/exim/main.log*', '/var/log/exim/mainlog*', '/var/log/exim_mainlog*', '/var/spool/exim/log/mainlog*',
    '/var/log/dovecot.log*', '/var/log/dovecot-info.log*',
)
# Exim's other logs, by the names that its distributors give them. What was rejected is in the main log too.
_NOT_MAIN = re.compile(r'(?:^|[/_])(?:rejectlog|paniclog|reject\.log|panic\.log)\Z')
MAX_FILES = 2000


class LocalFiles:
    """The files of the host that this runs on. A controller that fetches logs has another such class."""

    @staticmethod
    def matches(pattern):
        """Return the existing paths of a glob or a path."""
        return sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern][:os.path.lexists(pattern)]

    @staticmethod
    def source(path):
        """Return the log_files.Source of a path, not opened yet."""
        return log_files.Source(path)


def find(patterns, notices, budget=None, files=LocalFiles):
    """Return the opened Sources of the paths and globs, each log's rotations oldest first, duplicates marked.

    budget: the time that reading may take. files: where they are.
    Raise AuditError when nothing that was asked for by name or glob exists.
    """
    sources = _name_all(patterns, notices, files)
    for source in sources:
        source.budget = budget or source.budget
        if source.status == log_files.READ:
            source.open()
    in_order = sorted(sources, key=_order(sources))
    duplicates.mark_same_file(in_order)
    try:
        duplicates.mark_same_content(in_order)
    except OutOfTime:
        pass        # nothing will be read any more
    for source in in_order:
        if source.kind:
            notices.add(source.kind, '%s: %s' % (source.path, source.reason))
        if source.status != log_files.READ:
            source.close()
    return in_order


def _name_all(patterns, notices, files):
    """Return a log_files.Source, not opened yet, for each path that a pattern gives."""
    named = {}
    matches = dict((pattern, files.matches(pattern)) for pattern in (USUAL_PATHS if patterns is None else patterns))
    if patterns is not None:
        _require_matches(patterns, matches, notices)
    for pattern in USUAL_PATHS if patterns is None else patterns:
        for path in (os.path.normpath(path) for path in matches[pattern]):
            if path in named:
                continue
            if len(named) >= MAX_FILES:
                notices.add('too_many_files', 'only the first %d files that match are read' % MAX_FILES)
                return list(named.values())
            source = files.source(path)
            if glob.has_magic(pattern) and not is_log_of(pattern, path):
                if patterns is None:
                    continue        # the usual places hold much else
                source.status, source.reason = log_files.SKIPPED, 'not a log or a rotation of one, by its name'
            elif _NOT_MAIN.search(source.name.live):
                source.status, source.reason = log_files.SKIPPED, "Exim's main log has these lines too"
            named[path] = source
    return list(named.values())


def _require_matches(patterns, matches, notices):
    """Departments differ, so one list of paths serves many hosts: it is an error when none of it exists, a notice when some does not."""
    missing = [pattern for pattern in patterns if not matches[pattern]]
    if len(missing) == len(patterns):
        raise AuditError("paths: %s matches no file on this host" % ', '.join("'%s'" % printable(pattern) for pattern in patterns), 'no_log')
    for pattern in missing:
        notices.add('no_match', '%s matches no file' % pattern)


def _order(sources):
    """Return the sort key of sources: log by log, oldest rotation first.

    Where a log has both dated and numbered rotations its scheme was changed: the numbered are older when they were written earlier.
    """
    newest = {}
    for source in sources:
        kind = source.name.order()[0]
        if source.modified and kind < 3:
            key = (source.name.live, kind)
            newest[key] = max(newest.get(key, datetime.date.min), source.modified)

    def key(source):
        live, order = source.name.live, source.name.order()
        numbered_first = newest.get((live, 2), datetime.date.max) < newest.get((live, 1), datetime.date.min)
        return (live, 0 if numbered_first and order[0] == 2 else order[0]) + order[1:]
    return key
