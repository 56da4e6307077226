# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One element put into or taken out of a list of milters, every other byte of which stays. PRIVATE to the collection.

The form of the list: smtpd_milters in postconf(5), and MILTER_README on `{ endpoint, name=value }` (Postfix 3.0 and newer).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters

FIRST = 'first'
LAST = 'last'
# A position beside another element: the first one that the expression matches.
BESIDE = re.compile(r'^(before|after):(.+)\Z', re.DOTALL)


class BadPosition(ValueError):
    """A position that the list does not have. Its text names the position."""


class BadList(ValueError):
    """A list whose braces do not match, which Postfix does not read either. Its text holds the list."""


def element(endpoint, settings):
    """Return the list element of an endpoint. settings: per-milter settings, name -> value; none give the bare endpoint."""
    if not settings:
        return endpoint
    return '{ %s }' % ', '.join([endpoint] + ['%s=%s' % (name, _quoted(settings[name])) for name in sorted(settings)])


def _quoted(value):
    # A value with a comma or a space is a group of its own (MILTER_README: `milter_macro_daemon_name` and the like).
    return '{ %s }' % value if re.search(r'[\s,]', value) else value


def same_endpoint(one, other):
    """Tell whether two endpoints are one: `local:` is `unix:`, and localhost 127.0.0.1."""
    return _canonical(one) == _canonical(other)


def _canonical(endpoint):
    text = re.sub(r'^local:', 'unix:', endpoint.strip())
    return re.sub(r'^inet:localhost:', 'inet:127.0.0.1:', text)


def find(text, endpoint):
    """Return the spans of the elements of a list that have this endpoint."""
    return [(start, end) for start, end in milters.spans(text) if same_endpoint(milters.endpoint(text[start:end]), endpoint)]


def added(text, endpoint, settings=None, position=LAST):
    """Return the list with the element in it.

    settings: None leaves those of an element that is there already. position: first, last, `before:REGEX` or `after:REGEX`; an element that is
    there already stays where it is. Raises BadPosition and BadList.
    """
    _check(text)
    there = find(text, endpoint)
    if there:
        start, end = there[0]
        if settings is None or milters.settings(text[start:end]) == settings:
            return text
        return text[:start] + element(endpoint, settings) + text[end:]
    new = element(endpoint, settings)
    spans = milters.spans(text)
    beside = BESIDE.match(position)
    if beside:
        spans = [span for span in spans if re.search(beside.group(2), text[span[0]:span[1]])]
        if not spans:
            raise BadPosition("position: no element of '%s' matches '%s'" % (text, beside.group(2)))
    elif position not in (FIRST, LAST):
        raise BadPosition("position: '%s' is none of first, last, before:REGEX, after:REGEX" % position)
    if not spans:
        return new
    if position == FIRST or beside and beside.group(1) == 'before':
        start = spans[0][0]
        return '%s%s, %s' % (text[:start], new, text[start:])
    end = spans[0][1] if beside else spans[-1][1]
    return '%s, %s%s' % (text[:end], new, text[end:])


def _check(text):
    depth = 0
    for brace in re.findall(r'[{}]', text):
        depth += 1 if brace == '{' else -1
        if depth < 0:
            break
    if depth != 0:
        raise BadList("the braces of the list '%s' do not match" % text)


def removed(text, endpoint):
    """Return the list without the element, and without the separator that came with it. Raises BadList."""
    _check(text)
    for unused in find(text, endpoint):
        start, end = find(text, endpoint)[0]
        before, after = text[:start], text[end:]
        if re.search(r'[^\s,]', before):
            # The separator before the element goes with it, the one after it keeps its neighbours apart.
            text = re.sub(r'[\s,]+\Z', '', before) + after
        else:
            text = before + re.sub(r'^[\s,]+', '', after)
    return text
