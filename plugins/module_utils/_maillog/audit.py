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

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, facts, sources, syslog_lines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.calendar import Calendar
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.logins import Logins
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.registry import READERS
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import Networks
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices, printable
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.services import Services
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.sessions import Sessions
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.tally import Tally
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.visibility import Visibility
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.zone import Zone


class Context:
    """All that is filled while logs are read."""

    def __init__(self, networks, zone, include_clients, host_field):
        self.networks = networks
        self.zone = zone
        self.notices = Notices()
        self.tally = Tally()
        self.services = Services()
        self.logins = Logins()
        self.calendar = Calendar(self.notices)
        self.sessions = Sessions(self.tally, self.notices, include_clients)
        self.host = host_field.encode('utf-8') + b' ' if host_field else b''
        self.lines = {'read': 0, 'mail': 0, 'matched': 0, 'malformed': 0}
        self.mtas = set()


def audit_logs(paths=None, internal_networks=None, since=None, until=None, timezone=None, max_days=400,
               include_clients=False, host_field=None):
    """Return the facts of the logs that paths and globs name.

    paths: None takes the usual places. since, until: first and last date, YYYY-MM-DD, in the zone `timezone`. host_field: read the lines of
    this syslog host only.
    Raise AuditError for a bad option and where no log can be read; the message names the option or the file, and the value.
    """
    begun = time.time()
    networks = Networks(internal_networks)
    first_date, last_date = _dates(since, until)
    if max_days < 1:
        raise AuditError("max_days: %d is not a number of days from 1 up" % max_days)

    def wanted(date):
        return (first_date is None or date >= first_date) and (last_date is None or date <= last_date)

    with Zone(timezone) as zone:
        context = Context(networks, zone, include_clients, host_field)
        found = sources.find(paths, context.notices)
        try:
            _require_readable(found, paths)
            _read_all(found, context)
        finally:
            for source in found:
                source.close()
        if context.services.count_hosts() > 1:
            context.notices.add('multiple_hosts', 'the log holds lines of %d hosts, counted together' % context.services.count_hosts())
        visibility = Visibility(context.tally, context.services, context.calendar)
        result = facts.build(context, visibility, wanted, found, max_days)
    result['performance'] = {
        'seconds': round(time.time() - begun, 3),
        'bytes': sum(source.bytes for source in found if source.status == sources.READ),
        'resumed': False,
    }
    return result


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


def _require_readable(found, paths):
    if any(source.status == sources.READ for source in found):
        return
    refused = [source for source in found if source.status == sources.UNREADABLE]
    if refused:
        raise AuditError("no mail log can be read: %s. Give the audit account the group that owns the log (adm on Debian), or run with become"
                         % ', '.join('%s: %s' % (source.path, source.reason) for source in refused[:3]), 'no_permission')
    places = ', '.join(paths if paths is not None else sources.USUAL_PATHS)
    reasons = ', '.join('%s: %s' % (source.path, source.reason) for source in found[:3])
    raise AuditError("no mail log was found in %s%s. Name the log in paths" % (places, ' (%s)' % reasons if reasons else ''), 'no_log')


def _read_all(found, context):
    """Read log by log, each one's rotations as one stream."""
    readers = [reader(context) for reader in READERS]
    live = None
    for source in found:
        if source.status != sources.READ:
            continue
        if source.name.live != live:
            _end_log(context, live)
            live = source.name.live
        context.calendar.begin_file(source.latest_date() or datetime.date.today())
        try:
            for chunk in syslog_lines.whole_lines(source.blocks(), context.notices):
                _read_chunk(chunk, source, readers, context)
        except archives.Unreadable as error:
            source.reason = str(error)
            context.notices.add('truncated', '%s: %s' % (source.path, error))
        source.close()
    _end_log(context, live)
    if not context.mtas:
        context.notices.add('no_mail_lines', 'no line of a known mail server was found')


def _read_chunk(chunk, source, readers, context):
    lines, malformed, form = syslog_lines.describe(chunk)
    source.lines += lines
    context.lines['read'] += lines
    context.lines['malformed'] += malformed
    if source.first is None:
        stamp = syslog_lines.first_stamp(chunk)
        source.first = context.calendar.stamp(stamp) if stamp else None
    for reader in readers:
        if any(hint in chunk for hint in reader.HINTS):
            matched, mail = reader.read(chunk, form)
            if matched:
                if reader.NAME is not None:
                    context.mtas.add(reader.NAME)
                context.lines['matched'] += matched
                context.lines['mail'] += min(mail, lines)
    stamp = syslog_lines.last_stamp(chunk)
    source.last = (context.calendar.stamp(stamp) if stamp else None) or source.last


def _end_log(context, live):
    if live is not None:
        context.sessions.end_all('a session was still open at the end of %s' % live)
        context.calendar.settle()
