# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in the mailbox of the test mails: their attachments' digests. PRIVATE to the collection.

Only mails with a marker are looked at, and nothing of them but whether the attachment is the one that was sent leaves the host.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import email
import errno
import glob
import hashlib
import os
import pwd
import re
import stat

MAX_MESSAGE = 1024 * 1024
MAX_MBOX = 8 * 1024 * 1024
MAX_MESSAGES = 500
_FOLDERS = ('new', 'cur', '.*/new', '.*/cur')
_LOCAL_PART = re.compile(r'[A-Za-z0-9_][A-Za-z0-9._-]*\Z')
# mbox(5).
_MBOX_BREAK = re.compile(br'(?:\A|\n)From [^\n]*\n')


def usual_places(recipient):
    """Return where the mailbox of an address may be: of the account that its local part names, without an extension."""
    user = recipient.partition('@')[0].partition('+')[0]
    if not _LOCAL_PART.match(user):
        return []
    places = ['/var/mail/%s' % user, '/var/spool/mail/%s' % user]
    try:
        home = pwd.getpwnam(user).pw_dir
    except (KeyError, ValueError):
        return places
    return places + ['%s/%s' % (home, name) for name in ('Maildir', '.maildir', 'mbox')]


class Mailbox(object):
    """The mailboxes at these paths. looked: those that could be read; unread: why another could not."""

    def __init__(self, paths, since):
        self._paths, self._since = paths, since
        self.looked = []
        self.unread = []

    def find(self, markers):
        """Return {marker: None, or {intact: whether an attachment is as sent, sha256: of the attachment, size}}. markers: {marker: the digest as sent}."""
        self.looked, self.unread = [], []
        found = dict.fromkeys(markers)
        for data in self._messages():
            for marker, digest in _of(data, markers):
                seen = _attachment(data, digest)
                if not (found[marker] and found[marker]['intact']):
                    found[marker] = seen
        return found

    def _messages(self):
        """Yield what may be a mail, as bytes."""
        for path in self._paths:
            try:
                if os.path.isdir(path):
                    for name in _newest(path, self._since):
                        yield _read(name, MAX_MESSAGE, False)
                    if not os.access(path + '/new', os.R_OK | os.X_OK):
                        self.unread.append('%s: not readable, or no Maildir' % path)
                        continue
                else:
                    for message in _MBOX_BREAK.split(_read(path, MAX_MBOX, True)):
                        yield message[:MAX_MESSAGE]
                self.looked.append(path)
            except (IOError, OSError) as error:
                if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                    self.unread.append('%s: %s' % (path, os.strerror(error.errno) if error.errno else 'not a regular file'))


def _newest(path, since):
    names = []
    for folder in _FOLDERS:
        for name in glob.glob('%s/%s/*' % (path, folder)):
            try:
                modified = os.lstat(name).st_mtime
            except (IOError, OSError):
                continue
            # The clock of a file server may go another way.
            if modified >= since - 300:
                names.append((modified, name))
    return [name for unused, name in sorted(names, reverse=True)[:MAX_MESSAGES]]


def _read(path, limit, from_end):
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(descriptor, 'rb') as handle:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise IOError(0, 'not a regular file')
        if from_end and facts.st_size > limit:
            handle.seek(-limit, os.SEEK_END)
        return handle.read(limit)


def _of(data, markers):
    """Return the markers that stand in the Message-ID or subject of a mail, with their digests."""
    if not any(marker.encode('ascii') in data for marker in markers):
        return []
    message = _parsed(data)
    named = '%s %s' % (message.get('Message-ID', ''), message.get('Subject', ''))
    return [(marker, digest) for marker, digest in markers.items() if re.search(r'(?<![0-9A-Za-z])%s(?![0-9A-Za-z-])' % re.escape(marker), named)]


def _attachment(data, digest):
    digests = []
    for part in _parsed(data).walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True) or b''
            if part.get_filename():
                digests.append(hashlib.sha256(content).hexdigest())
    return {'intact': digest in digests, 'sha256': digest if digest in digests else (digests or [None])[0], 'size': len(data)}


def _parsed(data):
    return email.message_from_bytes(data) if hasattr(email, 'message_from_bytes') else email.message_from_string(data)
