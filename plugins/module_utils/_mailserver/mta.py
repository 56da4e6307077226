# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which mail servers are installed, and which one runs. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

POSTFIX = 'postfix'
EXIM = 'exim'
SENDMAIL = 'sendmail'
OPENSMTPD = 'opensmtpd'


class Mta:
    """The mail server of a host: name and version (None when there is none), whether it runs, and the others that are installed."""

    def __init__(self, host, postfix_version=None):
        installed = [name for name, present in (
            (POSTFIX, bool(host.program('postconf')) or host.exists('/etc/postfix/master.cf')),
            (EXIM, bool(host.program('exim4', 'exim'))),
            (SENDMAIL, host.exists('/etc/mail/sendmail.cf')),
            (OPENSMTPD, host.exists('/etc/smtpd.conf') and bool(host.program('smtpctl'))),
        ) if present]
        running = [name for name in installed if _runs(host, name)]
        # Of several, the one that runs is the host's mail server.
        self.name = (running or installed or [None])[0]
        self.running = None if self.name is None else self.name in running
        self.others = [name for name in installed if name != self.name]
        self.version = None if self.name is None else _version(host, self.name, postfix_version)

    def fact(self):
        """Return the mail server as a fact."""
        return {'name': self.name, 'version': self.version, 'running': self.running, 'others': self.others}


def _runs(host, name):
    if name == POSTFIX:
        return any(command[0].endswith('/master') and 'postfix' in command[0] for command in host.processes())
    if name == EXIM:
        return host.runs('exim4', 'exim')
    if name == SENDMAIL:
        # The daemon sets its title: `sendmail: MTA: accepting connections`.
        return any(command[0].startswith('sendmail: ') and 'accepting connections' in command[0] for command in host.processes())
    return any(command[0].startswith('smtpd: ') for command in host.processes()) or host.runs('smtpd')


def _version(host, name, postfix_version):
    if name == POSTFIX:
        return postfix_version
    if name == EXIM:
        match = re.search(r'^Exim version (\S+)', host.run(host.program('exim4', 'exim'), '-bV') or '', re.MULTILINE)
    elif name == SENDMAIL:
        match = re.search(r'^DZ(\S+)', host.read('/etc/mail/sendmail.cf') or '', re.MULTILINE)
    else:
        match = None
    return match.group(1) if match else None
