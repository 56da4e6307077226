# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a mail server shows to whoever connects from here: its greeting, what it offers, its certificates. PRIVATE to the collection.

Seen from two sides, the difference is what somebody between them does.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import client

# A server may have a certificate of each kind, and which one it shows depends on the client's own TLS library.
_KINDS = (None, 'aRSA', 'aECDSA')


def view(host, port, helo, timeout=30, server_name=None, implicit=False, kinds=_KINDS):
    """Return what the server shows. No mail is sent.

    starttls: is it offered (None: EHLO got no answer); masked: was the EHLO answer written over; tls: of the first handshake; certificates: the fingerprints
    of all that it shows.
    """
    first = client.greet(client.Server(host, port, helo, timeout, 3 * timeout, implicit, server_name=server_name), True)
    shown = {'verdict': first.verdict, 'cause': first.cause, 'stage': first.stage, 'code': first.code, 'text': first.text, 'banner': first.banner,
             'ehlo': first.extensions, 'masked': first.masked, 'tls': first.tls, 'starttls': None, 'certificates': []}
    if first.extensions is not None:
        shown['starttls'] = implicit or any(line.upper().split()[:1] == ['STARTTLS'] for line in first.extensions)
    if first.tls is not None:
        seen = [first.tls['certificate_sha256']]
        for ciphers in kinds[1:]:
            other = client.greet(client.Server(host, port, helo, timeout, 3 * timeout, implicit, server_name=server_name, ciphers=ciphers), True)
            seen.append((other.tls or {}).get('certificate_sha256'))
        shown['certificates'] = sorted(set(fingerprint for fingerprint in seen if fingerprint))
    return shown
