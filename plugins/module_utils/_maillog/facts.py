# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts `maillog`, made from a finished tally. Schema version 1. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime
import json

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import copies, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import EXTERNAL, INTERNAL, LOCAL
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.visibility import COMPLETE, NONE, PARTIAL

SCHEMA_VERSION = 1
MAX_NAMES = 32
MAX_SERVICES = 32
MAX_SOURCES = 100
# All facts of a host together, as JSON: they travel from hundreds of hosts to one controller.
MAX_BYTES = 64 * 1024
MAX_CLIENTS = 20
# Days without a single mail line, in a row, from which on a gap is noted: a quiet weekend is none.
GAP_DAYS = 3

TOTAL = 'total'
_SCOPES = (TOTAL, EXTERNAL, INTERNAL, LOCAL)
_SESSIONS, _MESSAGES, _REJECTED, _UNKNOWN_USER = range(4)


def empty_counts(of):
    """Return the zero counts of one scope: sessions, messages and rejected, as far as asked for."""
    counts = {
        'sessions': {'total': 0, 'tls': 0, 'plaintext': 0, 'tls_failed': 0, 'unknown': 0},
        'messages': {'total': 0, 'tls': 0, 'plaintext': 0, 'unknown': 0},
        'rejected': {'total': 0, 'tls': 0, 'plaintext': 0, 'unknown': 0, 'unknown_user': 0},
    }
    return dict((name, counts[name]) for name in of)


def _hide_sessions(counts):
    """Make a scope's sessions unknown: null, as a sum of which a part is unknown is neither 0 nor a count."""
    counts['sessions'] = dict.fromkeys(counts['sessions'])


def _add(counts, tls_class, cell):
    """Add one tally cell to a scope's counts; what is not known stays so."""
    for index, name in ((_SESSIONS, 'sessions'), (_MESSAGES, 'messages'), (_REJECTED, 'rejected')):
        if cell[index] and name in counts and counts[name]['total'] is not None:
            counts[name]['total'] += cell[index]
            counts[name][tls_class] += cell[index]
    if 'rejected' in counts:
        counts['rejected']['unknown_user'] += cell[_UNKNOWN_USER]


class Figures:
    """Adds up settled cells into the parts of the facts that count."""

    def __init__(self, context, visibility, wanted):
        self.inbound = dict((scope, empty_counts(('sessions', 'messages', 'rejected'))) for scope in _SCOPES)
        self.services = {}
        self.daily = {}
        self.hidden_dates = set()
        self.shown_sessions = 0
        self.copies = copies.find(context)
        self._hide(context, wanted)
        for (day, service, scope), group in context.tally.groups.items():
            date = context.calendar.date(day)
            if not wanted(date) or (date, service) in self.copies:
                continue
            for tls_class, cell in group.items():
                final, visible = visibility.settle(tls_class, service, date)
                self._count(context.services.by_number[service].name, scope, date, final, cell)
                if scope != LOCAL and cell[_SESSIONS]:
                    self._note_visibility(date, final, visible, cell[_SESSIONS])
        self.protocols = _by_name(context.tally.protocols, context.calendar, wanted)
        self.ciphers = _by_name(context.tally.ciphers, context.calendar, wanted)

    def _hide(self, context, wanted):
        """Make null what the log does not hold: the sessions of such a day and service, and every sum that they are a part of.

        Their scope is not known, as nothing is known of them: every scope's sum lacks them.
        """
        names, dates = set(), set()
        for (day, service), times in context.tally.uncounted.items():
            date = context.calendar.date(day)
            if times > 0 and wanted(date) and (date, service) not in self.copies:
                names.add(context.services.by_number[service].name)
                dates.add(date)
        if not dates:
            return
        for name in names:
            _hide_sessions(self._service(name))
        for counts in [self.inbound[scope] for scope in _SCOPES] + [self._day(date)[part] for date in dates for part in (EXTERNAL, TOTAL)]:
            _hide_sessions(counts)
        context.notices.add('sessions_unknown', 'the log does not hold the sessions of %s, on so many days' % ', '.join(sorted(names)), len(dates))

    def _service(self, name):
        return self.services.setdefault(name, empty_counts(('sessions', 'messages')))

    def _day(self, date):
        day = self.daily.get(date)
        if day is None:
            day = self.daily[date] = dict((name, empty_counts(('sessions', 'messages'))) for name in (EXTERNAL, TOTAL))
        return day

    def _note_visibility(self, date, final, visible, sessions):
        if not visible:
            self.hidden_dates.add(date)
        elif final in (classes.TLS, classes.PLAINTEXT):
            self.shown_sessions += sessions

    def _count(self, service, scope, date, tls_class, cell):
        _add(self.inbound[scope], tls_class, cell)
        if scope == LOCAL:
            return
        _add(self.inbound[TOTAL], tls_class, cell)
        _add(self._service(service), tls_class, cell)
        day = self._day(date)
        _add(day[TOTAL], tls_class, cell)
        if scope == EXTERNAL:
            _add(day[EXTERNAL], tls_class, cell)

    def tls_visibility(self):
        """Return complete, partial or none: could the log have shown the TLS of all, some or no sessions."""
        if not self.hidden_dates:
            return COMPLETE
        return PARTIAL if self.shown_sessions else NONE


def _by_name(counts, calendar, wanted):
    names = {}
    for (day, name), count in counts.items():
        if wanted(calendar.date(day)):
            names[name] = names.get(name, 0) + count
    if len(names) > MAX_NAMES:
        rare = sorted(names, key=lambda name: (-names[name], name))[MAX_NAMES - 1:]
        names[classes.OTHER] = names.get(classes.OTHER, 0) + sum(names.pop(name) for name in rare if name != classes.OTHER)
    return names


def _size(counts):
    return counts['messages']['total'] if counts['sessions']['total'] is None else counts['sessions']['total']


def _few_services(services):
    """Return the services, the smallest of too many folded into one: their names come from the log."""
    if len(services) <= MAX_SERVICES:
        return services
    kept = sorted(services, key=lambda name: (name == classes.OTHER, -_size(services[name]), name))
    folded = empty_counts(('sessions', 'messages'))
    for name in kept[MAX_SERVICES - 1:]:
        for part, counts in services[name].items():
            for key, count in counts.items():
                folded[part][key] = None if None in (count, folded[part][key]) else folded[part][key] + count
    few = dict((name, services[name]) for name in kept[:MAX_SERVICES - 1])
    few[classes.OTHER] = folded
    return few


def _note_gaps(dates, notices):
    ordered = sorted(dates)
    for before, after in zip(ordered, ordered[1:]):
        days = (after - before).days - 1
        if days >= GAP_DAYS:
            notices.add('gap', 'no mail line from %s to %s' % (before + datetime.timedelta(days=1), after - datetime.timedelta(days=1)), days)


def _lines(lines):
    """Return the counts of lines. Those of mail servers are told by a word that other lines may hold too."""
    counts = dict(lines)
    counts['mail'] = min(counts['read'], max(counts['mail'], counts['matched']))
    return counts


def _source_row(source, stamp_text):
    return {
        'path': printable(source.path), 'bytes': source.bytes, 'lines': source.lines, 'compression': source.compression,
        'first': stamp_text(source.first), 'last': stamp_text(source.last),
        'status': source.status, 'reason': None if source.reason is None else printable(source.reason),
    }


def _hosts(context, visibility, wanted, same):
    # Loaded where it is needed: Python compiles all that Ansible sends, at every run.
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import hosts
    return hosts.build(context, visibility, wanted, same, lambda: empty_counts(('sessions', 'messages')), _add)


def build(context, visibility, wanted, sources, max_days):
    """Return the facts.

    context: what was counted (see audit.py); wanted: tells whether a date is within since and until; sources: all files, read or not;
    max_days: the newest so many days are listed one by one.
    """
    figures = Figures(context, visibility, wanted)
    dates = set(date for date in (context.calendar.date(day) for day in context.tally.days) if wanted(date))
    _note_gaps(dates, context.notices)
    stamps = [context.calendar.local(stamp) for source in sources for stamp in (source.first, source.last) if stamp is not None]
    stamps = [stamp for stamp in stamps if wanted(stamp.date())]
    # A log that reaches beyond the period that was asked for: its first and last day are as far as it goes.
    if dates:
        stamps.extend(datetime.datetime.combine(date, clock) for date, clock in (
            (min(dates), datetime.time(0, 0, 0)), (max(dates), datetime.time(23, 59, 59))) if not any(stamp.date() == date for stamp in stamps))

    def stamp_text(stamp):
        return None if stamp is None else context.zone.rfc3339(context.calendar.local(stamp))

    if len(sources) > MAX_SOURCES:
        context.notices.add('too_many_sources', 'the facts list %d of %d files' % (MAX_SOURCES, len(sources)))
    hidden = len(figures.hidden_dates)
    result = {
        'schema_version': SCHEMA_VERSION,
        'period': {
            'first': context.zone.rfc3339(min(stamps)) if stamps else None,
            'last': context.zone.rfc3339(max(stamps)) if stamps else None,
            'days_with_logs': len(dates),
        },
        'mtas': sorted(context.mtas),
        'inbound': figures.inbound,
        'services': _few_services(figures.services),
        'tls': {'protocols': figures.protocols, 'ciphers': figures.ciphers},
        'daily': [{'date': date.isoformat(), EXTERNAL: figures.daily[date][EXTERNAL], TOTAL: figures.daily[date][TOTAL]}
                  for date in sorted(figures.daily)[-max_days:]],
        'coverage': {
            'tls_visibility': figures.tls_visibility(),
            'tls_visible_days': len(dates) - hidden,
            'notices': context.notices.as_list(),
            'lines': _lines(context.lines),
        },
        'sources': [_source_row(source, stamp_text) for source in sources[-MAX_SOURCES:]],
        'clients': _top_clients(context.sessions.clients),
        'logins': context.logins.as_facts(context.calendar, wanted),
        'hosts': _hosts(context, visibility, wanted, figures.copies) if context.splits_hosts else {},
    }
    _fit(result, context.notices)
    return result


def _fit(result, notices):
    """Leave out the oldest of the single days, then of the listed files, until the facts are small enough. All sums stay whole."""
    room = MAX_BYTES - 1024
    for name, least, text in (('daily', 0, 'days'), ('sources', 10, 'files')):
        rows = result[name]
        excess = len(json.dumps(result)) - room
        dropped = 0
        while excess > 0 and len(rows) - dropped > least:
            excess -= len(json.dumps(rows[dropped])) + 2
            dropped += 1
        if dropped:
            notices.add('shortened', 'the facts list the newest %d %s one by one, the sums count all' % (len(rows) - dropped, text), dropped)
            result[name] = rows[dropped:]
    result['coverage']['notices'] = notices.as_list()


def _top_clients(clients):
    if not clients:
        return []
    top = sorted(clients, key=lambda address: (-clients[address], address))[:MAX_CLIENTS]
    return [{'address': printable(address, 64), 'sessions': clients[address]} for address in top]
