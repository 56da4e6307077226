# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs: lines in a row that begin alike, of which more is known at once than of each. PRIVATE to the collection.

Nearly all chunks of nearly all logs are one run: a day and a host. One search for the line that is unlike tells so, and saves looking at the stamp and the
host of each line, which takes longer than all else.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import stamps, syslog_lines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.syslog_lines import ANY, BSD, BSD_STAMP, ISO, ISO_STAMP, SECONDS

# As much of a line's start as tells a syslog line from any other.
_BEGINNING = re.compile(br'\n(?:<\d{1,3}>(?:1 )?)?(?:[A-Z][a-z][a-z] [ 0-3]|\d{4}-)')
_OFFSET = re.compile(br'(?:Z|[+-]\d\d:?\d\d)?\Z')


class AlikeExpression:
    """Finds a program's lines where all lines are of one host, and gives each as a row: `HOST TAG[PID]`, and the groups of the message.

    tag: expression of the syslog tag with its pid and colon; messages: of those that matter. What is captured for each line costs the most, so
    with keyed=False the row is the groups of the message alone.
    """

    def __init__(self, tag, messages, keyed=True):
        self._tag = tag
        self._messages = messages
        self._group = b'(' if keyed else b'(?:'
        self._by_host = {}

    def rows(self, run):
        """Return the rows of a Run's lines that match, in order."""
        expression = self._by_host.get((run.form, run.host))
        if expression is None:
            if len(self._by_host) > 100:
                self._by_host.clear()
            stamp = br'\n.{15} ' if run.form == BSD else br'\n\S{16,40} '
            key = self._group + re.escape(run.host) + b' ' + self._tag + b')'
            expression = self._by_host[(run.form, run.host)] = re.compile(stamp + key + b'(?:' + self._messages + b')')
        return expression.findall(run.text)


class Run:
    """Lines in a row that begin alike. text: begins with a line break; stamp: of the first line, for the day of all of them.

    sought: some line may have one of the tags that are asked for of each chunk.
    """

    def __init__(self, text, form, stamp, host, sought=True):
        self.text = text
        self.form = form
        self.stamp = stamp
        self.host = host
        self.sought = sought


# Where lines do not begin alike so often, it is quicker to look at each one.
_MAX_RUNS = 4
_FIRST = re.compile(br'\n(' + BSD_STAMP + br'|' + ISO_STAMP + br') (\S{1,255}) ')


def of(chunk, form):
    """Return the chunk in Runs, all in order; what is not alike makes one Run whose host is None."""
    if form == ANY:
        return [Run(chunk, ANY, None, None)]
    run = _only_run(chunk)
    if run is not None and _is_one_day(run.stamp):
        return [run]
    found = []
    while len(chunk) > 1 and len(found) < _MAX_RUNS:
        first = _FIRST.match(chunk)
        if first is None or not _is_one_day(first.group(1)):
            break
        other = _others_than(first).search(chunk)
        end = other.start() if other else len(chunk) - 1
        found.append(Run(chunk[:end + 1], form, *first.groups()))
        chunk = chunk[end:]
    if len(chunk) > 1:
        found.append(Run(chunk, form, None, None))
    return found


def _is_one_day(stamp):
    """Tell whether all times with the date and offset of a stamp are of the same day here."""
    if not stamp[:1].isdigit():
        return True
    offset = _OFFSET.search(stamp).group()
    return stamps.is_one_day(stamp[:11] + b'00:00' + offset, stamp[:11] + b'23:59' + offset)


_MONTH_DAY = re.compile(br'\n(?:<\d{1,3}>(?:1 )?)?([A-Z][a-z][a-z] [ 0-3]\d) ')


def days(chunk, form):
    """Return the chunk cut where the day of year-less stamps changes."""
    if form == ISO or _only_run(chunk) is not None:
        return [chunk]
    begin, found, day = 0, [], None
    matches = _MONTH_DAY.finditer(chunk) if form == ANY else _first_of_days(chunk)
    for match in matches:
        if day not in (None, match.group(1)):
            found.append(chunk[begin:match.start() + 1])
            begin = match.start()
        day = match.group(1)
    return found + [chunk[begin:]]


def _first_of_days(chunk):
    """Yield a match of _MONTH_DAY for the first line of each run of lines of one day."""
    match = _MONTH_DAY.search(chunk)
    while match:
        yield match
        other = re.compile(br'\n(?!\Z)(?!' + re.escape(match.group(1)) + br' )').search(chunk, match.start())
        match = _MONTH_DAY.search(chunk, other.start()) if other else None


# The chunk that was looked at last, and the Run that it is when it is a single one: each reader asks for it.
_latest = [None, None]

# Beginnings of tags that are asked for of each chunk, as seek() was told.
_sought = []


def seek(tags):
    """Take in beginnings of tags, each with the blank before it, that will be asked for of each chunk, and return them.

    One search for a line that is unlike the first or has any of them costs less than one for each.
    """
    _sought.extend(tag for tag in tags if tag not in _sought)
    return tags


def _only_run(chunk):
    """Return the Run that all lines of a chunk make up, which have one date as written, offset and host, or None."""
    if _latest[0] is not chunk:
        first, run = _FIRST.match(chunk), None
        if first is not None:
            other = _others_than(first, tuple(_sought)).search(chunk)
            if other is None or _others_than(first).search(chunk, other.start()) is None:
                stamp, host = first.groups()
                run = Run(chunk, ISO if stamp[:1].isdigit() else BSD, stamp, host, other is not None)
        _latest[:] = chunk, run
    return _latest[1]


def holds(chunk, hints):
    """Tell whether any of the hints is in the chunk. One that begins with a blank begins a syslog tag."""
    run = _only_run(chunk)
    if run is None:
        return any(hint in chunk for hint in hints)
    # Tags stand behind the host here: with it before them they are searched for faster, and nothing in a message is taken for one.
    before = b' ' + run.host
    return any((run.sought or hint not in _sought) and before + hint in chunk if hint.startswith(b' ') else hint in chunk for hint in hints)


_others = {}


def _others_than(first, tags=()):
    """Return the expression that finds the first line of another date, offset or host than those of _FIRST's match.

    tags: each with a blank before it, the lines of which are found, too.
    """
    stamp, host = first.groups()
    date, offset = (stamp[:11], _OFFSET.search(stamp).group()) if stamp[:1].isdigit() else (stamp[:6], None)
    key = date, offset, host, tags
    expression = _others.get(key)
    if expression is None:
        if len(_others) > 1000:
            _others.clear()
        if offset is None:
            time = re.escape(date) + br' \d\d:\d\d:\d\d '
        else:
            time = re.escape(date) + br'\d\d:\d\d' + SECONDS + re.escape(offset) + b' '
        behind = (b'(?!' + b'|'.join(map(re.escape, tags)) + b') ') if tags else b' '
        # The last line break begins no line.
        expression = _others[key] = re.compile(br'\n(?!' + time + re.escape(host) + behind + br'|\Z)')
    return expression


def describe(chunk):
    """Return (lines, lines that do not begin as a syslog line does, form) of a chunk."""
    lines = chunk.count(b'\n') - 1
    run = _only_run(chunk)
    if run is not None:
        return lines, 0, run.form
    # Nearly always all lines begin with the same few bytes, which are counted a hundred times faster than looked at one by one.
    if chunk[1:2] != b'<' and chunk.count(chunk[:6]) == lines and _BEGINNING.match(chunk):
        return lines, 0, ISO if chunk[1:2].isdigit() else BSD
    chunk = syslog_lines.without_empty_lines(chunk)
    return lines, chunk.count(b'\n') - 1 - len(_BEGINNING.findall(chunk)), ANY
