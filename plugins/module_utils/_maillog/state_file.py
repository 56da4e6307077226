# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one file in which an incremental audit keeps what it has read. PRIVATE to the collection.

It is written as a whole and put in place in one step, with mode 0600, in a folder that must be the account's own, so that nobody else can
put a file, a link or figures of his own there. A file that is damaged, foreign or of another version is as good as none.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import hashlib
import os
import stat

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable

NAME = 'maillog-state.json'
# Some 100 KiB for each file of a log. What is more is read again each time.
MAX_BYTES = 32 * 1024 * 1024
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class StateFile:
    """The state file of a folder.

    folder: is made when its parent exists. Raise AuditError when others can write there.
    """

    def __init__(self, folder, make):
        self._folder = folder
        if not os.path.isabs(folder):
            raise AuditError("state_dir: '%s' is not an absolute path" % printable(folder))
        if make and not os.path.lexists(folder):
            try:
                os.mkdir(folder, 0o700)
            except (IOError, OSError) as error:
                raise AuditError("state_dir: '%s' cannot be made: %s" % (printable(folder), os.strerror(error.errno)))
        if os.path.lexists(folder):
            _require_own_folder(folder)

    def read(self):
        """Return the lines that were written last, none where there is nothing. Raise ValueError, with the reason, when they are damaged."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | getattr(os, 'O_CLOEXEC', 0)
        try:
            descriptor = os.open(os.path.join(self._folder, NAME), flags)
        except (IOError, OSError) as error:
            if error.errno == errno.ENOENT:
                return []
            raise ValueError('it cannot be opened (%s)' % os.strerror(error.errno))
        with os.fdopen(descriptor, 'rb') as handle:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & _OTHERS_MAY_WRITE:
                raise ValueError('it is not a file of this account alone')
            if facts.st_size > MAX_BYTES + 100:
                raise ValueError('it is too large')
            checksum, unused, content = handle.read().partition(b'\n')
        if checksum != _checksum(content):
            raise ValueError('its checksum does not match')
        return content.split(b'\n')

    def write(self, lines):
        """Put lines of bytes in place of what was written last."""
        data = b'\n'.join(lines)
        path = os.path.join(self._folder, NAME)
        new = '%s.%d' % (path, os.getpid())
        try:
            if os.path.lexists(new):
                os.unlink(new)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, 'wb') as handle:
                handle.write(_checksum(data) + b'\n' + data)
                handle.flush()
                os.fsync(descriptor)
            os.rename(new, path)
        except (IOError, OSError) as error:
            raise AuditError("state_dir: '%s' cannot be written: %s" % (printable(self._folder), os.strerror(error.errno)), 'error')


def _checksum(data):
    return hashlib.sha256(data).hexdigest().encode('ascii')


def _require_own_folder(folder):
    """Make sure that nobody but this account, or root, can put anything at this path."""
    facts = os.lstat(folder)
    if not stat.S_ISDIR(facts.st_mode):
        raise AuditError("state_dir: '%s' is not a folder (links are not followed)" % printable(folder))
    if facts.st_uid != os.geteuid() or facts.st_mode & _OTHERS_MAY_WRITE:
        raise AuditError("state_dir: '%s' must belong to the account that audits, and nobody else may write there" % printable(folder))
    above = os.path.realpath(os.path.dirname(folder))
    while True:
        facts = os.stat(above)
        sticky = facts.st_mode & stat.S_ISVTX
        if facts.st_uid not in (0, os.geteuid()) or (facts.st_mode & _OTHERS_MAY_WRITE and not sticky):
            raise AuditError("state_dir: others can replace '%s', for they may write to '%s'" % (printable(folder), printable(above)))
        if above == os.path.dirname(above):
            return
        above = os.path.dirname(above)
