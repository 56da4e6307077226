# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Up to which size messages are accepted, and up to which they are scanned. PRIVATE to the collection.

clamav-milter hands on the first MaxFileSize bytes of a message and says nothing of the rest (clamfi.c); clamd breaks off after StreamMaxLength
bytes and leaves out files above its own MaxFileSize. Defaults: clamd.conf(5) and clamav-milter.conf(5); 25M before ClamAV 0.105, 100M since.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

_UNITS = {'': 1, 'k': 1024, 'm': 1024 ** 2, 'g': 1024 ** 3}


def parse(text):
    """Return a size such as 25M in bytes, or None."""
    match = re.match(r'^(\d+)\s*([kKmMgG]?)\Z', text or '')
    return int(match.group(1)) * _UNITS[match.group(2).lower()] if match else None


def fact(message, scanned):
    """Return the fact. message: the largest message in bytes, 0 for no limit; scanned: limits of the scanner, None among them for unknown ones."""
    bounds = [limit for limit in scanned if limit]
    limit = min(bounds) if bounds and None not in scanned else None
    gap = None if message is None or limit is None else message == 0 or message > limit
    return {'message': message, 'scanned': limit, 'gap': gap}
