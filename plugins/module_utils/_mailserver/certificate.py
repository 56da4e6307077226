# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the server's certificate is valid. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar
import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.moments import rfc3339


def describe(host, path, now):
    """Return the fact about the first certificate in a PEM file. path: None where none is configured; now: seconds since 1970."""
    fact = {'path': path, 'readable': None, 'not_after': None, 'days_left': None, 'self_signed': None, 'error': None}
    if not path:
        return fact
    if not host.exists(path):
        fact['readable'], fact['error'] = False, 'the file does not exist'
        return fact
    text = host.read(path)
    fact['readable'] = text is not None
    if text is None:
        fact['error'] = 'the file could not be read'
        return fact
    openssl = host.program('openssl')
    if openssl is None:
        host.hidden('validity of %s' % path, 'openssl is not installed')
        return fact
    output = host.run(openssl, 'x509', '-noout', '-enddate', '-subject', '-issuer', '-in', host.root + path)
    if output is None:
        fact['error'] = 'no certificate could be read from the file'
        return fact
    values = dict(line.partition('=')[::2] for line in output.splitlines() if '=' in line)
    try:
        # `notAfter=Nov 24 10:41:00 2036 GMT`, in the C locale.
        end = calendar.timegm(time.strptime(' '.join(values['notAfter'].split()), '%b %d %H:%M:%S %Y GMT'))
    except (KeyError, ValueError):
        fact['error'] = 'its end date could not be read'
        return fact
    fact['not_after'] = rfc3339(end)
    fact['days_left'] = int((end - now) // 86400)
    fact['self_signed'] = values.get('subject', '').strip() == values.get('issuer', ' ').strip()
    return fact
