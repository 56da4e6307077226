# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sendmail's set-up: TLS, its log, and its filters, out of sendmail.cf. PRIVATE to the collection.

Sendmail Installation and Operation Guide, sections 5.6 (options) and 5.13 (`X` lines: `Xname, S=socket, F=flag`; F=R refuses and F=T defers mail
while the filter does not answer, without F mail passes). tls.c logs `STARTTLS=server` from LogLevel 9 on, which is the default.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

PATH = '/etc/mail/sendmail.cf'
DEFAULT_LOG_LEVEL = 9
TLS_LOG_LEVEL = 9


class SendmailConfig:
    """The set-up of Sendmail. readable: whether sendmail.cf could be read; without it all else is None or empty."""

    def __init__(self, host):
        text = host.read(PATH)
        self.readable = text is not None
        lines = (text or '').split('\n')
        self._options = dict(line[2:].strip().partition('=')[::2] for line in lines if line.startswith('O '))
        active = [name.strip() for name in self._options.get('InputMailFilters', '').split(',')]
        self.filters = [line[1:] for line in lines if line.startswith('X') and line[1:].partition(',')[0].strip() in active]

    def option(self, name, default=''):
        """Return an option's text."""
        return self._options.get(name, default).strip()

    def log_level(self):
        """Return LogLevel, or None."""
        text = self.option('LogLevel', str(DEFAULT_LOG_LEVEL))
        return int(text) if self.readable and text.isdigit() else None

    def logs_tls(self):
        """Tell whether handshakes are logged, or None."""
        level = self.log_level()
        return None if level is None else level >= TLS_LOG_LEVEL

    def starttls_offered(self):
        """Tell whether STARTTLS is offered: it takes a certificate and its key."""
        return bool(self.option('ServerCertFile') and self.option('ServerKeyFile')) if self.readable else None

    def clamav_filters(self):
        """Return (flag or None) of each active filter that is clamav-milter by its name or socket."""
        found = []
        for line in self.filters:
            if 'clam' in line:
                flag = re.search(r'\bF=(\w)', line)
                found.append(flag.group(1) if flag else None)
        return found
