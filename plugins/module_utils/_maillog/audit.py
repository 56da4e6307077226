# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From paths to facts: sources -> lines -> events -> sessions -> tally -> facts. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime
import re
import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import facts, journal_choice, log_files, logs, sources
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.budget import Budget
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import Networks
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices, printable
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.parts import Part
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.tally import OTHER
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.visibility import Visibility
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone

MAX_WORKERS = 64


def audit_logs(paths=None, internal_networks=None, since=None, until=None, timezone=None, max_days=400,
               include_clients=False, host_field=None, journal_mode='auto', max_seconds=0,
               workers=1, state_dir=None, write_state=True, files=sources.LocalFiles):
    """Return the facts of the logs that paths and globs name.

    paths: None takes the usual places, and the journal where they hold no mail. since, until: first and last date, YYYY-MM-DD, in the zone
    `timezone`. host_field: read the lines of this syslog host only; `each` counts each host apart, too. journal_mode: auto, always or never (see
    journal.py). max_seconds: reading ends then, and what was read counts; 0 is no bound. workers: so many processes read. state_dir: a folder
    that keeps what was read for the next run, which then reads only what is new; write_state: False leaves it as it is. files: where the logs
    are, see sources.find().
    Raise AuditError for a bad option and where no log can be read; the message names the option or the file, and the value.
    """
    begun = time.time()
    networks = Networks(internal_networks)
    first_date, last_date = _dates(since, until)
    if max_days < 1:
        raise AuditError("max_days: %d is not a number of days from 1 up" % max_days)
    if max_seconds < 0:
        raise AuditError("max_seconds: %d is not a number of seconds from 0 up" % max_seconds)
    budget = Budget(max_seconds)

    if not 1 <= workers <= MAX_WORKERS:
        raise AuditError("workers: %d is not a number of processes from 1 to %d" % (workers, MAX_WORKERS))

    def wanted(date):
        return (first_date is None or date >= first_date) and (last_date is None or date <= last_date)

    with Zone(timezone) as zone:
        notices = Notices()
        checkpoints = None
        if state_dir:
            configuration = [networks.names, time.tzname, time.timezone, include_clients, host_field]
            # Loaded where it is needed: Python compiles all that Ansible sends, at every run.
            from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.checkpoints import Checkpoints
            checkpoints = Checkpoints(state_dir, configuration, write_state, notices)
        found = [] if paths is None and journal_mode == 'always' else sources.find(paths, notices, budget, files)
        # What is kept for the next run serves any period: then all of the journal is read.
        limits = (None, None) if state_dir else (zone.epoch(first_date), zone.epoch(last_date))
        the_journal = journal_choice.choose(journal_mode, paths, found, limits, notices, budget)
        try:
            if the_journal is None:
                _require_readable(found, _places(paths, journal_mode))
            context = _whole(notices, networks, zone, include_clients, host_field)
            reading_done = _read(found, the_journal, context, workers, checkpoints)
            if checkpoints is not None:
                checkpoints.write()
            if context.is_folded and (workers > 1 or checkpoints is not None):
                # What is counted apart depends on the order in which it was met: only one read of the whole has that of the log.
                context = _whole(notices, networks, zone, include_clients, host_field)
                reading_done = _read(found, the_journal, context)
        finally:
            for source in found:
                source.close()
        if the_journal is not None:
            found += the_journal.sources()
            _require_readable(found, _places(paths, journal_mode))
        if context.tally.folded:
            context.notices.add('too_much_to_tell_apart', 'more hosts, services, days or names than are counted apart: those met last are in "%s"' % OTHER)
        if budget.is_spent():
            budget.note(context.notices)
        if not context.mtas:
            context.notices.add('no_mail_lines', 'no line of a known mail server was found')
        if context.services.count_hosts() > 1 and not context.splits_hosts:
            context.notices.add('multiple_hosts', 'the log holds lines of %d hosts, counted together; host_field=each tells them apart'
                                % context.services.count_hosts())
        visibility = Visibility(context.tally, context.services, context.calendar)
        result = facts.build(context, visibility, wanted, found, max_days)
    result['performance'] = {
        'seconds': round(time.time() - begun, 3),
        'bytes': reading_done.bytes,
        'resumed': reading_done.resumed,
    }
    return result


def _whole(notices, *options):
    """Return the part that all is read into. notices: of what was seen before."""
    whole = Part(*options)
    whole.notices.merge(notices)
    return whole


def _read(found, the_journal, context, workers=1, checkpoints=None):
    """Read all into the part that is the whole. Return what it took."""
    done = logs.read_all(found, context, workers, checkpoints)
    if the_journal is not None:
        the_journal.read(context, checkpoints, done)
    return done


def _dates(since, until):
    dates = []
    for option, value in (('since', since), ('until', until)):
        date = None
        if value:
            try:
                if not re.match(r'^\d{4}-\d\d-\d\d\Z', value):
                    raise ValueError(value)
                date = datetime.date(*[int(part) for part in value.split('-')])
            except ValueError:
                raise AuditError("%s: '%s' is not a date in the form YYYY-MM-DD" % (option, printable(value)))
        dates.append(date)
    if None not in dates and dates[0] > dates[1]:
        raise AuditError("since: '%s' is after until: '%s'" % (since, until))
    return dates


def _places(paths, journal_mode):
    """Return where logs were looked for, in words."""
    if paths is not None:
        return ', '.join(paths)
    if journal_mode == 'always':
        return 'the journal'
    return 'any of the usual places (%s and %d more)' % (', '.join(sources.USUAL_PATHS[:3]), len(sources.USUAL_PATHS) - 3)


def _require_readable(found, places):
    if any(source.status == log_files.READ for source in found):
        return
    refused = [source for source in found if source.status == log_files.UNREADABLE]
    if refused:
        raise AuditError("no mail log can be read: %s. Give the audit account the group that owns the log (adm on Debian), or run with become"
                         % ', '.join('%s: %s' % (source.path, source.reason) for source in refused[:3]), 'no_permission')
    if any(source.kind == 'fetch_limit' for source in found):
        raise AuditError("nothing was fetched: %s. Allow more with fetch_max_mib (audit_fetch_max_mib)"
                         % ', '.join('%s: %s' % (source.path, source.reason) for source in found[:3]))
    reasons = ', '.join('%s: %s' % (source.path, source.reason) for source in found[:3])
    raise AuditError("no mail log was found in %s%s. Name the log in paths" % (places, ' (%s)' % reasons if reasons else ''), 'no_log')
