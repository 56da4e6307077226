# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exim's set-up: TLS, its log, and whether an ACL has mail scanned. PRIVATE to the collection.

Exim specification: options av_scanner, acl_smtp_data, acl_smtp_mime, tls_advertise_hosts and log_selector, condition `malware`. `exim -bP` prints
an option's value, its default where it is not set; ACLs stand in the configuration file alone.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

_PROGRAMS = ('exim4', 'exim')


class EximConfig:
    """The set-up of Exim, None wherever it could not be told."""

    def __init__(self, host):
        self._host = host
        self._program = host.program(*_PROGRAMS)
        path = self._option('configure_file', bare=True)
        self._text = host.read(path) if path else None
        # A daemon built without it, such as Debian's exim4-daemon-light, does not even know the options.
        self._can_scan = 'Content_Scanning' in (host.run(self._program, '-bV') or '') if self._program else None
        self.scanner = self._option('av_scanner') if self._can_scan else None
        self.message_limit = self._option('message_size_limit')
        self.certificate = self._option('tls_certificate')
        self.private_key = self._option('tls_privatekey')
        self.checks, self.passes_on_failure = self._acls()

    def _option(self, name, bare=False):
        output = self._host.run(self._program, '-bP', name) if self._program else None
        if output is None:
            return None
        return output.strip() if bare else output.partition('=')[2].strip()

    def _acls(self):
        """Tell whether the ACL for the content of messages asks for malware, and whether it lets mail pass when there is no answer."""
        if self._can_scan is False:
            return False, None
        names = [self._option(option) for option in ('acl_smtp_data', 'acl_smtp_mime')]
        if self._text is None or None in names:
            return None, None
        if not any(names):
            return False, None
        conditions = []
        for name in names:
            # An ACL goes up to the next name with a colon, or the next section. A $ in the name is decided message by message.
            if name and '$' in name:
                return None, None
            body = re.search(r'(?ms)^%s[ \t]*:[ \t]*$(.*?)(?=^\w+[ \t]*:[ \t]*$|^begin\s|\Z)' % re.escape(name), self._text) if name else None
            lines = (body.group(1) if body else '').split('\n')
            conditions.extend(line for line in lines if re.match(r'^\s*(\w+\s+)?!?\s*malware\s*=', line))
        return bool(conditions), all('defer_ok' in line for line in conditions) if conditions else None

    def starttls_offered(self):
        """Tell whether STARTTLS is offered to anyone: without a certificate Exim makes one itself (since 4.87)."""
        hosts = self._option('tls_advertise_hosts')
        return None if hosts is None else bool(hosts)

    def logs_tls(self):
        """Tell whether accepted messages are logged with their cipher: tls_cipher is in the default selector."""
        selector = self._option('log_selector')
        if selector is None:
            return None
        shown = True
        for sign, name in re.findall(r'([+-])\s*(\w+)', selector):
            if name in ('tls_cipher', 'all'):
                shown = sign == '+'
        return shown
