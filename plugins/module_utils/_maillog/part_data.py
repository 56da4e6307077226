# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part as plain data that JSON can hold, and back: for worker processes and for the state file. PRIVATE to the collection.

Bytes from the log become text byte by byte (latin-1), tuples become lists. What is loaded is what was dumped, down to the order in which
names were met. A new field anywhere in a part belongs here, and calls for a new `VERSION`.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import zlib

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import calendar_data
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.parts import FileLines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.sessions import Fragment, Session

VERSION = 3

# What a session may have changed, each left out where it has the value of a new session.
_SESSION_FIELDS = ('special', 'handshake', 'attempted', 'failed', 'messages', 'rejected', 'unknown_user', 'before',
                   'transactions', 'queued_before', 'by_queue', 'tls_class')
_FRAGMENT_FIELDS = _SESSION_FIELDS + ('handshakes', 'fate', 'silent_class', 'counted')


def dump(part):
    """Return a part as data."""
    return {
        'notices': part.notices.as_list(),
        'services': [[_text(of) for of in service.key + service.instance] + [service.veiled] for service in part.services.by_number],
        'calendar': calendar_data.dump(part.calendar),
        'tally': _dump_tally(part.tally),
        'sessions': _dump_sessions(part.sessions),
        'logins': [list(key) + [count] for key, count in part.logins.counts.items()],
        'lines': part.lines,
        'mtas': sorted(part.mtas),
        'readers': _as_data(part.readers.dump()),
        'file': [part.file.lines, _text(part.file.first), _text(part.file.last), part.file.reason],
    }


def load(data, part):
    """Fill a new, headless part with what was dumped of one. Raise an exception of the standard library where the data is damaged."""
    for notice in data['notices']:
        part.notices.add(notice['kind'], notice['detail'], notice['count'])
    for host, name, instance_host, instance, veiled in data['services']:
        part.services.restore((_bytes(host), _bytes(name)), (_bytes(instance_host), _bytes(instance)), veiled)
    calendar_data.load(data['calendar'], part.calendar)
    _load_tally(data['tally'], part.tally)
    _load_sessions(data['sessions'], part)
    part.logins.counts.update(((day, str(protocol), str(kind)), count) for day, protocol, kind, count in data['logins'])
    part.lines.update((str(name), count) for name, count in data['lines'].items())
    part.mtas.update(str(name) for name in data['mtas'])
    part.readers.load(_as_memory(data['readers']))
    part.file = FileLines(data['file'][0], _bytes(data['file'][1]), _bytes(data['file'][2]), data['file'][3])
    return part


def _text(value):
    return None if value is None else value.decode('latin-1')


def _bytes(value):
    return None if value is None else value.encode('latin-1')


def _as_data(memory):
    """Return what a reader remembers, lists of bytes and numbers, as data."""
    if isinstance(memory, (list, tuple)):
        return [_as_data(item) for item in memory]
    return _text(memory) if isinstance(memory, bytes) else memory


def _as_memory(data):
    if isinstance(data, list):
        return [_as_memory(item) for item in data]
    return data if data is None or isinstance(data, (int, bool)) else _bytes(data)


def _dump_tally(tally):
    return {
        'groups': [[day, service, scope, cells] for (day, service, scope), cells in tally.groups.items()],
        'protocols': [[day, name, count] for (day, name), count in tally.protocols.items()],
        'ciphers': [[day, name, count] for (day, name), count in tally.ciphers.items()],
        'names': tally.names_in_order(),
        'tls_days': [[service, sorted(days)] for service, days in tally.tls_days.items()],
        'uncounted': [[day, service, times] for (day, service), times in tally.uncounted.items()],
        'marks': [[day, service, numbers] for (day, service), numbers in tally.marks.items()],
        'days': sorted(tally.days),
    }


def _load_tally(data, tally):
    for day, service, scope, cells in data['groups']:
        tally.groups[(day, service, str(scope))] = dict((str(name), cell) for name, cell in cells.items())
    for name in data['names']:
        tally.meet(name.encode('ascii'))
    for counts, rows in ((tally.protocols, data['protocols']), (tally.ciphers, data['ciphers'])):
        for day, name, count in rows:
            counts[(day, str(name))] = count
    for service, days in data['tls_days']:
        tally.tls_days[service] = set(days)
    tally.uncounted.update(((day, service), times) for day, service, times in data['uncounted'])
    tally.marks.update(((day, service), list(numbers)) for day, service, numbers in data['marks'])
    tally.days.update(data['days'])
    tally.restored()


def _dump_sessions(sessions):
    every = sessions.all()
    number = dict((id(session), position) for position, session in enumerate(every))
    ids = sessions.queue_ids
    return {
        'sessions': [_dump_session(session) for session in every],
        'open': [[_text(key), number[id(session)]] for key, session in sessions.open.items()],
        'fragments': [[_text(key), number[id(session)]] for key, session in sessions.fragments.items()],
        'clients': None if sessions.clients is None else [[_text(address), count] for address, count in sessions.clients.items()],
        'clock': ids.clock,
        'strays': [[clock, _text(key), event] for clock, key, event in ids.strays],
        'owners': [[_text(key), [number[id(owner[0])], owner[1], owner[2]] if owner.__class__ is tuple else owner] for key, owner in ids.owners()],
        'processes': _dump_processes(sessions.processes),
    }


def _dump_session(session):
    of, fields = (Fragment, _FRAGMENT_FIELDS) if session.fragment else (Session, _SESSION_FIELDS)
    new = of(None, None, None, None) if of is Session else of(None)
    changed = dict((field, getattr(session, field)) for field in fields if getattr(session, field) != getattr(new, field))
    if session.names:
        changed['names'] = [_text(name) for name in session.names]
    if session.msgid is not None:
        changed['msgid'] = _text(session.msgid)
    client = None if session.fragment else [session.client[0], _text(session.client[1])]
    return [session.day, session.service.number, client, changed]


def _load_session(row, part):
    day, number, client, changed = row
    service = part.services.by_number[number]
    if client is None:
        session = Fragment(service)
    else:
        scope, address = str(client[0]), _bytes(client[1])
        session = Session(day, service, (scope, address), part.tally.group(day, number, scope))
    for field, value in changed.items():
        if field == 'names':
            value = tuple(_bytes(name) for name in value)
        elif field == 'msgid':
            value = _bytes(value)
        elif field not in (_FRAGMENT_FIELDS if session.fragment else _SESSION_FIELDS):
            raise ValueError(field)
        setattr(session, str(field), value)
    return session


def _load_sessions(data, part):
    sessions, ids = part.sessions, part.sessions.queue_ids
    every = [_load_session(row, part) for row in data['sessions']]
    sessions.open.update((_bytes(key), every[number]) for key, number in data['open'])
    sessions.fragments.update((_bytes(key), every[number]) for key, number in data['fragments'])
    if sessions.clients is not None:
        sessions.clients.update((_bytes(address), count) for address, count in data['clients'])
    ids.strays.extend((clock, _bytes(key), event) for clock, key, event in data['strays'])
    for key, owner in data['owners']:
        ids.restore(_bytes(key), (every[owner[0]], owner[1], owner[2]) if isinstance(owner, list) else owner)
    ids.clock = data['clock']
    _load_processes(data['processes'], sessions.processes)


def _dump_processes(processes):
    return {
        'begun': [[_text(tag), _text(instance), _pack(bits)] for (tag, instance), bits in processes.begun.items()],
        'killed': [[_text(host), _pack(bits)] for host, bits in processes.killed.items()],
        'restarted': [[_text(host), _text(instance)] for host, instance in processes.restarted],
        'others': [_text(key) for key in processes.others],
    }


def _load_processes(data, processes):
    processes.begun.update(((_bytes(tag), _bytes(instance)), _unpack(bits)) for tag, instance, bits in data['begun'])
    processes.killed.update((_bytes(host), _unpack(bits)) for host, bits in data['killed'])
    processes.restarted.update((_bytes(host), _bytes(instance)) for host, instance in data['restarted'])
    processes.others.update(_bytes(key) for key in data['others'])


def _pack(bits):
    return _text(binascii.b2a_base64(zlib.compress(bytes(bits))).strip())


def _unpack(text):
    return bytearray(zlib.decompress(binascii.a2b_base64(_bytes(text))))
