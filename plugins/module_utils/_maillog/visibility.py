# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the log could have shown TLS: "no TLS line" is plaintext only where it was. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import tally as classes

COMPLETE = 'complete'
PARTIAL = 'partial'
NONE = 'none'

# TLS logging that was seen on one day is taken to be on for so many days more. A server that nobody reaches over TLS for a week
# is rarer than one whose TLS logging was switched off.
CARRIED_DAYS = 7


class Visibility:
    """Knows on which dates the TLS of which service would have been logged."""

    def __init__(self, tally, services, calendar):
        self._services = services.by_number
        self._by_service = {}
        self._by_instance = {}
        for number, days in tally.tls_days.items():
            if self._services[number].is_rest:
                continue
            dates = set()
            for day in days:
                shown = calendar.date(day)
                dates.update(shown + datetime.timedelta(days=later) for later in range(CARRIED_DAYS + 1))
            self._by_service[number] = dates
            self._by_instance.setdefault(self._services[number].instance, set()).update(dates)

    def settle(self, tls_class, service, date):
        """Return (final session class, could the log have shown TLS) of a class that a session got while counting."""
        if tls_class in (classes.TLS, classes.TLS_FAILED, classes.PLAINTEXT):
            return tls_class, True
        if tls_class in (classes.OPEN, classes.UNKNOWN):
            return classes.UNKNOWN, True
        if tls_class == classes.VEILED or self._services[service].veiled:
            visible = date in self._by_service.get(service, ())
        else:
            visible = date in self._by_instance.get(self._services[service].instance, ())
        return (classes.PLAINTEXT, True) if visible else (classes.UNKNOWN, False)
