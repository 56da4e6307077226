# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points in time as facts. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import datetime


def rfc3339(seconds):
    """Return seconds since 1970 as RFC 3339 text in UTC; None stays None."""
    if seconds is None:
        return None
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(seconds))).strftime('%Y-%m-%dT%H:%M:%S+00:00')
