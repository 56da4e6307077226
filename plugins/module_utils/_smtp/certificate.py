# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate that a server showed: its fingerprint, and when it ends. PRIVATE to the collection.

No library of Python's own reads a certificate that it does not trust, so the few bytes are looked for here. X.690 for the encoding, RFC 5280 section
4.1 for the order of the fields: Certificate { tbsCertificate { [0] version, serial, signature, issuer, validity { notBefore, notAfter }, ...
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar
import hashlib
import time

_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x30, 0x17, 0x18, 0xa0


class _Malformed(Exception):
    pass


def describe(der, now=None):
    """Return {sha256, not_after, expired} of a certificate in DER. What cannot be read is None; not_after is in RFC 3339."""
    fact = {'sha256': hashlib.sha256(der).hexdigest(), 'not_after': None, 'expired': None}
    try:
        end = _not_after(bytearray(der))
    except (_Malformed, ValueError):
        return fact
    fact['not_after'] = time.strftime('%Y-%m-%dT%H:%M:%S+00:00', time.gmtime(end))
    fact['expired'] = end < (time.time() if now is None else now)
    return fact


def _not_after(data):
    certificate = _content(data, 0, _SEQUENCE)
    position, end = _content(data, certificate[0], _SEQUENCE)
    tag, begin, after = _element(data, position)
    if tag == _VERSION:
        position = after
    # serialNumber, signature, issuer.
    for unused in range(3):
        position = _element(data, position)[2]
    validity, unused = _content(data, position, _SEQUENCE)
    tag, begin, after = _element(data, _element(data, validity)[2])
    if after > end:
        raise _Malformed()
    text = bytes(data[begin:after]).decode('ascii')
    if tag == _UTC_TIME:
        # RFC 5280: years from 50 on are those of 1950.
        text = ('19' if text[:2] >= '50' else '20') + text
    elif tag != _GENERALIZED_TIME:
        raise _Malformed()
    return calendar.timegm(time.strptime(text, '%Y%m%d%H%M%SZ'))


def _content(data, position, wanted):
    tag, begin, end = _element(data, position)
    if tag != wanted:
        raise _Malformed()
    return begin, end


def _element(data, position):
    """Return (tag, where its content begins, where it ends)."""
    if position + 2 > len(data):
        raise _Malformed()
    tag, length = data[position], data[position + 1]
    begin = position + 2
    if length >= 0x80:
        count = length & 0x7f
        if not 0 < count <= 4 or begin + count > len(data):
            raise _Malformed()
        length = 0
        for byte in data[begin:begin + count]:
            length = length * 256 + byte
        begin += count
    if begin + length > len(data):
        raise _Malformed()
    return tag, begin, begin + length
