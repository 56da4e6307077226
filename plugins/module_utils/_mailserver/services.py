# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Postfix's inbound SMTP services. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters, sizes

_PORTS = {'smtp': 25, 'smtps': 465, 'submissions': 465, 'ssmtp': 465, 'urd': 465, 'submission': 587}
# smtpd_tls_loglevel takes numbers, and since 2.9 also names (tls_misc.c).
_LOG_LEVELS = {'none': 0, 'routine': 1, 'summary': 1}


class Service:
    """One inbound smtpd service as Postfix runs it."""

    def __init__(self, config, entry, listener):
        self.entry = entry
        self.chrooted = config.chrooted(entry)
        self.queue_directory = config.value('queue_directory', entry, '/var/spool/postfix')
        self.name = _daemon_name(config.value('syslog_name', entry, 'postfix'))
        self.endpoint = '%s %s' % (listener.name, listener.type)
        self.port = _port(listener.name)
        self.loopback_only = _is_loopback(listener.name) or (
            ':' not in listener.name and config.value('inet_interfaces', entry, 'all') in ('loopback-only', 'localhost', '127.0.0.1'))
        self.wrapper_mode = config.value('smtpd_tls_wrappermode', entry, 'no') == 'yes'
        self.tls_level = _tls_level(config, entry)
        self.tls_loglevel = _log_level(config.value('smtpd_tls_loglevel', entry, '0' if config.complete else ''))
        no_milters = 'no_milters' in config.value('receive_override_options', entry)
        self.milters = [] if no_milters else milters.split_list(config.value('smtpd_milters', entry))
        self.content_filter = config.value('content_filter', entry) or None
        self.proxy_filter = config.value('smtpd_proxy_filter', entry) or None
        self.milter_default_action = config.value('milter_default_action', entry, 'tempfail')
        # Since 3.2: clients with milters of their own, or none.
        self.milter_maps = config.value('smtpd_milter_maps', entry) or None
        unchecked = 'no_header_body_checks' in config.value('receive_override_options', entry)
        self.header_checks = '' if unchecked else config.value('header_checks', entry)
        self.message_size_limit = sizes.parse(config.value('message_size_limit', entry))

    def handed_to(self):
        """Return where its mail is handed on for inspection other than to milters."""
        return [text for text in (self.content_filter, self.proxy_filter) if text]

    def fact(self):
        """Return the service as a fact."""
        return {
            'name': self.name, 'endpoint': self.endpoint, 'port': self.port, 'loopback_only': self.loopback_only, 'wrapper_mode': self.wrapper_mode,
            'tls_level': self.tls_level, 'tls_loglevel': self.tls_loglevel, 'milters': self.milters, 'content_filter': self.content_filter,
            'proxy_filter': self.proxy_filter, 'chrooted': self.chrooted, 'overrides': dict(self.entry.overrides),
        }


def inbound(config):
    """Return the inbound Services; None when master.cf could not be read."""
    if config.entries is None:
        return None
    found = [Service(config, entry, entry) for entry in config.entries if entry.command == 'smtpd' and entry.type == 'inet']
    for screen in config.entries:
        if screen.command == 'postscreen' and screen.type == 'inet':
            # What postscreen lets pass is served by the smtpd service of type pass.
            wanted = config.value('smtpd_service_name', screen, 'smtpd')
            found.extend(Service(config, entry, screen) for entry in config.entries
                         if entry.command == 'smtpd' and entry.type == 'pass' and entry.name == wanted)
    return found


def _daemon_name(syslog_name):
    name = syslog_name or 'postfix'
    return 'smtpd' if name == 'postfix' else '%s/smtpd' % (name[8:] if name.startswith('postfix/') else name)


def _port(name):
    text = name.rsplit(':', 1)[-1]
    return int(text) if re.match(r'^\d{1,5}\Z', text) else _PORTS.get(text)


def _is_loopback(name):
    address = name.rpartition(':')[0].strip('[]')
    return address.startswith('127.') or address in ('localhost', '::1')


def _tls_level(config, entry):
    level = config.value('smtpd_tls_security_level', entry)
    if level in ('none', 'may', 'encrypt'):
        return level
    if level:
        return 'encrypt'
    # Before smtpd_tls_security_level (2.3) was set, these two say it.
    if config.value('smtpd_enforce_tls', entry, 'no') == 'yes':
        return 'encrypt'
    if config.value('smtpd_use_tls', entry, 'no') == 'yes':
        return 'may'
    return 'none' if config.complete or 'smtpd_tls_security_level' in config.parameters else None


def _log_level(text):
    if re.match(r'^\d+\Z', text):
        return int(text)
    names = [name for name in re.split(r'[\s,]+', text) if name]
    if not names:
        return None
    return max(_LOG_LEVELS.get(name, 2) for name in names)
