# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail systems whose logs are read. A new one is one file here and one entry below. PRIVATE to the collection.

A host has one or two of them, and Python compiles what Ansible sends to it at every run: a reader's code is loaded when the log may hold its lines.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import runs, syslog_lines


def _postfix():
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.postfix import Postfix
    return Postfix


def _exim():
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.exim import Exim
    return Exim


def _sendmail():
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.sendmail import Sendmail
    return Sendmail


def _opensmtpd():
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.opensmtpd import OpenSMTPD
    return OpenSMTPD


def _dovecot():
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.dovecot import Dovecot
    return Dovecot


class Entry(object):
    """A mail system. load: returns its reader's class. hints: a chunk with none of these has no line of it; a syslog tag is given with the blank before
    it. own_lines: lines by the time that its own file has are its own, too.
    """

    def __init__(self, load, hints, own_lines=False):
        self.load = load
        self._hints = hints
        self._own_lines = own_lines

    def __call__(self, context):
        """Return a reader that fills a part."""
        return _Late(self, context)

    def concerns(self, chunk, form):
        """Tell whether the chunk may hold lines of this mail system."""
        return runs.holds(chunk, self._hints) or self._own_lines and form != syslog_lines.BSD and bool(syslog_lines.OWN_LINE.search(chunk))


class _Late(object):
    """Stands for a reader, which is made when there is something to read. Until then it would remember nothing."""

    def __init__(self, entry, context):
        self._entry = entry
        self._context = context
        self._made = None

    @property
    def NAME(self):
        return self._reader().NAME

    def concerns(self, chunk, form):
        return self._entry.concerns(chunk, form)

    def read(self, chunk, form):
        return self._reader().read(chunk, form)

    def merge(self, later, days):
        if self._made is not None or later._made is not None:
            self._reader().merge(later._reader(), days)

    def end_log(self, notice):
        if self._made is not None:
            self._made.end_log(notice)

    def dump(self):
        return None if self._made is None else self._made.dump()

    def load(self, memory):
        self._reader().load(memory)

    def _reader(self):
        if self._made is None:
            self._made = self._entry.load()(self._context)
        return self._made


READERS = (
    Entry(_postfix, (b'/smtpd', b'postfix')),
    # Exim's own lines hold no word of their own.
    Entry(_exim, (b' exim',), own_lines=True),
    Entry(_sendmail, (b' sendmail', b' sm-mta')),
    Entry(_opensmtpd, (b' smtpd',)),
    Entry(_dovecot, (b'-login: ',)),
)
