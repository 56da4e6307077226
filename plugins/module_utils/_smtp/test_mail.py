# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test mails: a clean one, and one with the harmless EICAR test file (www.eicar.org), which every scanner takes for a virus.

The EICAR text is put together here at run time, so that no scanner takes this collection, or a log of it, for infected.

PRIVATE to the collection.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import email.utils
import hashlib

CLEAN = 'clean'
EICAR = 'eicar'
_BOUNDARY = 'mailfleet-test-part'
_DOMAIN = 'test.invalid'        # RFC 2606: nobody's


def eicar():
    """Return the EICAR test file."""
    words = ['X5O!P%@AP[4', '\\', 'PZX54(P^)7CC)7}$', 'EICAR', '-', 'STANDARD', '-', 'ANTIVIRUS', '-', 'TEST', '-', 'FILE', '!$H+H*']
    return ''.join(words).encode('ascii')


def attachment(kind):
    """Return what a test mail carries."""
    return eicar() if kind == EICAR else b'This attachment is harmless.\n'


def attachment_sha256(kind):
    """Return its digest, by which it is known again in a mailbox."""
    return hashlib.sha256(attachment(kind)).hexdigest()


def marker(run, kind, over):
    """Return what stands in a mail's Message-ID, subject, text and sender. run: a random word."""
    return '%s-%s-%s' % (run, kind, over)


def message_id(name):
    """Return the Message-ID of a marker, without its angle brackets."""
    return '%s@%s' % (name, _DOMAIN)


def subject(name):
    """Return the subject of a marker."""
    return 'Mail server test %s' % name


def sender(address, name):
    """Return an address that is one mail's alone: `probe+MARKER@example.net`."""
    local, at, domain = address.rpartition('@')
    return '%s+%s@%s' % (local, name, domain) if at else address


def message(kind, name, from_address, recipient):
    """Return a test mail as bytes. name: its marker, so that each mail can be found in a log."""
    lines = [
        'From: <%s>' % from_address,
        'To: <%s>' % recipient,
        'Subject: %s' % subject(name),
        'Date: %s' % email.utils.formatdate(),
        'Message-ID: <%s>' % message_id(name),
        'Auto-Submitted: auto-generated',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary="%s"' % _BOUNDARY,
        '',
        '--%s' % _BOUNDARY,
        'Content-Type: text/plain; charset=us-ascii',
        '',
        'This is a test by the administrators of this mail server (%s). It may be deleted.' % name,
        '--%s' % _BOUNDARY,
        'Content-Type: application/octet-stream',
        'Content-Disposition: attachment; filename="%s"' % ('test.com' if kind == EICAR else 'test.txt'),
        'Content-Transfer-Encoding: base64',
        '',
        base64.b64encode(attachment(kind)).decode('ascii'),
        '--%s--' % _BOUNDARY,
        '',
    ]
    return '\r\n'.join(lines).encode('ascii')
