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
        runs.seek([hint for hint in hints if hint.startswith(b' ')])
        self._own_lines = own_lines

    def concerns(self, chunk, form):
        """Tell whether the chunk may hold lines of this mail system."""
        return runs.holds(chunk, self._hints) or self._own_lines and form != syslog_lines.BSD and bool(syslog_lines.OWN_LINE.search(chunk))


ENTRIES = (
    Entry(_postfix, (b'/smtpd', b'postfix')),
    # Exim's own lines hold no word of their own.
    Entry(_exim, (b' exim',), own_lines=True),
    Entry(_sendmail, (b' sendmail', b' sm-mta')),
    Entry(_opensmtpd, (b' smtpd',)),
    Entry(_dovecot, (b'-login: ',)),
)


class Readers(object):
    """The readers that fill a part, in the order of ENTRIES. Each is made when there is something to read: until then it would remember nothing."""

    def __init__(self, context):
        self._context = context
        self._made = [None] * len(ENTRIES)

    def concerned(self, chunk, form):
        """Return the readers of which a chunk may hold lines."""
        return [self._reader(number) for number, entry in enumerate(ENTRIES) if entry.concerns(chunk, form)]

    def merge(self, later, days):
        """Take in what the readers of the part that follows remember. days: its day numbers -> those here."""
        for number, reader in enumerate(later._made):
            if reader is not None or self._made[number] is not None:
                self._reader(number).merge(later._reader(number), days)

    def end_log(self, notice):
        """Take in that no more lines of this log come. notice: says so of a session that is still open."""
        for reader in self._made:
            if reader is not None:
                reader.end_log(notice)

    def dump(self):
        """Return what each remembers, as lists of bytes and numbers, or None."""
        return [None if reader is None else reader.dump() for reader in self._made]

    def load(self, memories):
        """Take what was dumped."""
        for number, memory in enumerate(memories):
            if memory is not None:
                self._reader(number).load(memory)

    def _reader(self, number):
        if self._made[number] is None:
            self._made[number] = ENTRIES[number].load()(self._context)
        return self._made[number]
