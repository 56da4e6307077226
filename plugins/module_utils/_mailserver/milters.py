# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Milter and content filter endpoints, as Postfix and the filters write them. PRIVATE to the collection.

Postfix: smtpd_milters in postconf(5) and MILTER_README (`unix:path`, `local:path`, `inet:host:port`, `{ endpoint, name=value }` since 3.0).
libmilter and clamav-milter: `unix:path`, `local:path`, a bare path, `inet:port@host`.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import posixpath
import re


def spans(text, separators=', \t\r\n'):
    """Return (start, end) of each element of a list, a {group} being one element."""
    found, depth, start = [], 0, None
    for position, character in enumerate(text):
        if character == '{':
            depth += 1
        elif character == '}':
            depth = max(0, depth - 1)
        separates = depth == 0 and character in separators
        if separates and start is not None:
            found.append((start, position))
            start = None
        elif not separates and start is None:
            start = position
    if start is not None:
        found.append((start, len(text)))
    return found


def split_list(text):
    """Split a list at commas and white space, a {group} being one element."""
    return [text[start:end] for start, end in spans(text)]


def endpoint(element):
    """Return the endpoint of one list element, its per-milter settings taken off."""
    element = element.strip()
    if element.startswith('{'):
        element = (split_list(element.strip('{} \t')) or [''])[0]
    return element


def settings(element):
    """Return the per-milter settings of a list element as a mapping."""
    element = element.strip()
    if not element.startswith('{'):
        return {}
    inner = element[1:-1] if element.endswith('}') else element[1:]
    # Spaces round the sign are allowed: `default_action = accept`.
    pairs = [part.partition('=') for part in split_list(re.sub(r'\s*=\s*', '=', inner))[1:]]
    return dict((name, re.sub(r'^\{\s*|\s*\}\Z', '', value)) for name, unused, value in pairs)


def is_local(text):
    """Tell whether an endpoint of Postfix is on this host."""
    match = re.match(r'^inet6?:(.+):\w+\Z', text)
    return match is None or match.group(1).strip('[]') in ('127.0.0.1', 'localhost', '::1')


def normalise(text, chroot=None, queue_directory='/var/spool/postfix'):
    """Return ('unix', path), ('inet', port) or None for an endpoint.

    chroot: whether Postfix's daemon, if the endpoint is one of Postfix's, looks for it below the queue directory; None for a filter's own.
    """
    match = re.match(r'^(?:inet6?):(?:(\d+)@\S+|\S+:(\w+))\Z', text)
    if match:
        return 'inet', match.group(1) or match.group(2)
    match = re.match(r'^(?:(?:unix|local):)?(/?[^:\s]+)\Z', text)
    if not match or (':' not in text and not text.startswith('/')):
        return None
    path = match.group(1)
    if chroot is not None and (chroot or not path.startswith('/')):
        path = queue_directory + '/' + path
    path = posixpath.normpath(path)
    if path.startswith('//'):
        path = path[1:]
    return 'unix', '/run/' + path[9:] if path.startswith('/var/run/') else path
