# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings in the text of clamd.conf, clamav-milter.conf and freshclam.conf. PRIVATE to the collection.

clamd.conf(5): one setting a line, its name and its value. A line `Example` keeps a daemon from starting. Debian's own maintenance of these files reads
them line by line, so a setting stands once, where it stood.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re


def with_settings(text, settings):
    """Return the text with these settings (name -> value). The first line of a name takes the value, others of that name go."""
    left = dict(settings)
    lines = []
    for line in text.split('\n'):
        match = re.match(r'^[ \t]*(\w+)(?:[ \t]+(.*?))?[ \t\r]*$', line)
        name = match.group(1) if match else None
        if name == 'Example' and not match.group(2):
            continue
        if name not in settings:
            lines.append(line)
        elif name in left:
            value = left.pop(name)
            lines.append(line if match.group(2) == value else '%s %s' % (name, value))
    if left:
        if lines and lines[-1] == '':
            lines.pop()
        lines.extend('%s %s' % (name, left[name]) for name in sorted(left))
        lines.append('')
    return '\n'.join(lines)
