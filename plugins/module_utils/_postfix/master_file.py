# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One -o option of one service in the text of master.cf, changed where it stands. PRIVATE to the collection.

`postconf -P` would do the same but lays the whole entry out anew, and before Postfix 3.8 at least refuses values with white space. Syntax: master(5):
an entry goes on in lines that begin with white space, comment lines may stand between, and since 3.0 a {group} is one argument.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters


def set_override(text, service, parameter, value):
    """Return the text of master.cf with the value of the service's `-o parameter=` changed.

    service: name/type. The option must be there. Raises KeyError where it is not.
    """
    start, end = _entry(text, service)
    arguments = milters.spans(_without_comments(text[start:end]), ' \t\r\n')
    for position, (first, last) in enumerate(arguments):
        argument = text[start + first:start + last]
        if argument == '-o' and position + 1 < len(arguments):
            first, last = arguments[position + 1]
        elif argument.startswith('-o'):
            first += 2
        else:
            continue
        name = re.match(r'\{?\s*(\w+)\s*=', text[start + first:start + last])
        if name and name.group(1) == parameter:
            return text[:start + first] + _setting(parameter, value) + text[start + last:]
    raise KeyError('%s has no -o %s' % (service, parameter))


def _setting(parameter, value):
    if '{' not in value:
        # Without groups a list needs no white space, and Postfix before 3.0 allows none.
        value = re.sub(r'[\s,]+', ',', value.strip())
    return '{ %s = %s }' % (parameter, value) if re.search(r'\s', value) else '%s=%s' % (parameter, value)


def _entry(text, service):
    """Return where the logical line of a service begins and ends."""
    position, found = 0, None
    for line in text.split('\n'):
        begins = line[:1].strip() and not line.startswith('#')
        if begins:
            if found is not None:
                return found, position
            fields = line.split()
            if len(fields) > 1 and '%s/%s' % (fields[0], fields[1]) == service:
                found = position
        position += len(line) + 1
    if found is None:
        raise KeyError('master.cf has no %s' % service)
    return found, len(text)


def _without_comments(text):
    """Return the text with white space in place of its comment lines, every other character where it was."""
    return re.sub(r'(?m)^[ \t]*#.*$', lambda match: ' ' * len(match.group()), text)
