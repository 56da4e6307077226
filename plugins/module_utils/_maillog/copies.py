# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mail that two logs tell of in different forms. PRIVATE to the collection.

Exim with `log_file_path = syslog : /var/log/exim4/%slog` writes each line to its own file and to syslog. The two files differ byte for
byte (duplicates.py finds those that do not), but the message ids of a day are the same.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


def find(context):
    """Return the (date, service number) that another service counts too: of two, the one with fewer messages. Adds a notice.

    context: what was counted (see audit.py), its calendar settled.
    """
    marks, messages = {}, {}
    for (day, service), numbers in context.tally.marks.items():
        marks.setdefault(context.calendar.date(day), {}).setdefault(service, set()).update(numbers)
    if not any(len(services) > 1 for services in marks.values()):
        return set()
    for (day, service, unused), group in context.tally.groups.items():
        key = (context.calendar.date(day), service)
        messages[key] = messages.get(key, 0) + sum(cell[1] for cell in group.values())
    found = set()
    for date, services in marks.items():
        # The fullest first; where two are as full, the one that was read first.
        order = sorted(services, key=lambda service: (-messages.get((date, service), 0), service))
        for position, service in enumerate(order):
            if any((date, other) not in found and services[other] & services[service] for other in order[:position]):
                found.add((date, service))
    if found:
        name = context.services.by_number[min(service for unused, service in found)].name
        context.notices.add('duplicate_source', '%s logs the same mail to syslog and to a file of its own; each day is counted from one' % name, len(found))
    return found
