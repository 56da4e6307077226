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

CLEAN = 'clean'
EICAR = 'eicar'
_BOUNDARY = 'mailfleet-test-part'


def eicar():
    """Return the EICAR test file."""
    words = ['X5O!P%@AP[4', '\\', 'PZX54(P^)7CC)7}$', 'EICAR', '-', 'STANDARD', '-', 'ANTIVIRUS', '-', 'TEST', '-', 'FILE', '!$H+H*']
    return ''.join(words).encode('ascii')


def message(kind, marker, sender, recipient):
    """Return a test mail as bytes. marker: stands in its Message-ID, subject and text, so that each mail can be found in a log."""
    attachment = eicar() if kind == EICAR else b'This attachment is harmless.\n'
    lines = [
        'From: <%s>' % sender,
        'To: <%s>' % recipient,
        'Subject: Mail server test %s' % marker,
        'Date: %s' % email.utils.formatdate(),
        'Message-ID: <%s@test.invalid>' % marker,
        'Auto-Submitted: auto-generated',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary="%s"' % _BOUNDARY,
        '',
        '--%s' % _BOUNDARY,
        'Content-Type: text/plain; charset=us-ascii',
        '',
        'This is a test by the administrators of this mail server (%s). It may be deleted.' % marker,
        '--%s' % _BOUNDARY,
        'Content-Type: application/octet-stream',
        'Content-Disposition: attachment; filename="%s"' % ('test.com' if kind == EICAR else 'test.txt'),
        'Content-Transfer-Encoding: base64',
        '',
        base64.b64encode(attachment).decode('ascii'),
        '--%s--' % _BOUNDARY,
        '',
    ]
    return '\r\n'.join(lines).encode('ascii')
