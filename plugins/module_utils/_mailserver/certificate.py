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


def describe(host, path, key_path, now):
    """Return the fact about the first certificate in a PEM file and its key. path: None where none is configured; now: seconds since 1970.

    valid: can a handshake succeed with it: it has begun and not ended, and the key fits. A server with any other still offers STARTTLS and then
    answers 454.
    """
    fact = {'path': path, 'readable': None, 'not_before': None, 'not_after': None, 'days_left': None, 'self_signed': None, 'key_matches': None,
            'valid': None, 'error': None}
    if not path:
        return fact
    fact['readable'] = host.read(path) is not None
    if not fact['readable']:
        fact['error'] = 'the file could not be read'
        if host.is_absent(path):
            fact['valid'], fact['error'] = False, 'the file does not exist'
        return fact
    openssl = host.program('openssl')
    if openssl is None:
        host.hidden('validity of %s' % path, 'openssl is not installed')
        return fact
    output = host.run(openssl, 'x509', '-noout', '-startdate', '-enddate', '-subject', '-issuer', '-in', host.root + path)
    if output is None:
        fact['valid'], fact['error'] = False, 'no certificate could be read from the file'
        return fact
    values = dict(line.partition('=')[::2] for line in output.splitlines() if '=' in line)
    begin, end = _moment(values.get('notBefore')), _moment(values.get('notAfter'))
    if end is None:
        fact['error'] = 'its end date could not be read'
        return fact
    fact['not_before'], fact['not_after'] = rfc3339(begin), rfc3339(end)
    fact['days_left'] = int((end - now) // 86400)
    fact['self_signed'] = values.get('subject', '').strip() == values.get('issuer', ' ').strip()
    fact['key_matches'] = _key_matches(host, openssl, path, key_path)
    if end <= now or (begin is not None and begin > now):
        fact['valid'], fact['error'] = False, 'it has ended' if end <= now else 'it has not begun'
    elif fact['key_matches'] is False:
        fact['valid'], fact['error'] = False, 'the key %s does not fit it' % key_path
    elif fact['key_matches']:
        fact['valid'] = True
    return fact


def _moment(text):
    """Return `Nov 24 10:41:00 2036 GMT`, as openssl writes it in the C locale, in seconds since 1970, or None."""
    try:
        return calendar.timegm(time.strptime(' '.join((text or '').split()), '%b %d %H:%M:%S %Y GMT'))
    except ValueError:
        return None


def _key_matches(host, openssl, path, key_path):
    """Tell whether certificate and key have the same public key; None where the key could not be read. The key itself is not looked at here."""
    if not key_path:
        return None
    if host.read_bytes(key_path, 1) is None:
        return False if host.is_absent(key_path) else None
    of_certificate = host.run(openssl, 'x509', '-noout', '-pubkey', '-in', host.root + path)
    of_key = host.run(openssl, 'pkey', '-pubout', '-passin', 'pass:', '-in', host.root + key_path)
    if of_certificate is None or of_key is None:
        return None
    return of_certificate.split() == of_key.split()
