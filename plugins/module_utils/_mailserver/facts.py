# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts `mailserver`. Schema version 1. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import certificate, mta
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.antivirus import Antivirus

SCHEMA_VERSION = 1
MAX_ITEMS = 50


def collect_as_asked(host, options):
    """Return the facts that the module's options ask for. Raise ValueError for a bad one; the message names it."""
    for option in ('signature_max_age_days', 'command_timeout'):
        if options[option] <= 0:
            raise ValueError('%s: %s is not a number above 0' % (option, options[option]))
    config_dir = options['config_dir']
    if config_dir and not host.exists(config_dir + '/main.cf'):
        raise ValueError("config_dir: '%s' holds no main.cf" % printable(config_dir))
    return collect(host, config_dir, options['signature_max_age_days'])


def collect(host, config_dir=None, signature_max_age_days=3.0, now=None):
    """Return the facts of a Host. config_dir: Postfix's folder; now: seconds since 1970, for tests."""
    now = time.time() if now is None else now
    has_postfix = bool(host.program('postconf')) or host.exists((config_dir or '/etc/postfix') + '/master.cf')
    config = _postfix(host, config_dir) if has_postfix else None
    server = mta.Mta(host, config.version if config else None)
    inbound = _inbound(config) if config and server.name == mta.POSTFIX else None
    exim = _exim(host) if server.name == mta.EXIM else None
    sendmail = _sendmail(host) if server.name == mta.SENDMAIL else None
    antivirus = Antivirus(host, server, inbound, exim, sendmail, now, signature_max_age_days)
    facts = {
        'schema_version': SCHEMA_VERSION,
        'python': host.python,
        'mta': server.fact(),
        'tls_logging': _tls_logging(inbound, exim, sendmail),
        'starttls': {'offered': _starttls_offered(config, inbound, exim, sendmail)},
        'services': [service.fact() for service in inbound or []],
        'certificate': certificate.describe(host, *_certificate_paths(config, inbound, exim, sendmail), now=now),
        'antivirus': antivirus.fact(),
    }
    facts['unseen'] = host.unseen
    return _bounded(facts)


# A host has one mail server, and Python compiles what Ansible sends to it at every run: the code of each is loaded where it is.

def _postfix(host, config_dir):
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.postfix_config import PostfixConfig
    return PostfixConfig(host, config_dir)


def _inbound(config):
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import services
    return services.inbound(config)


def _exim(host):
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.exim_config import EximConfig
    return EximConfig(host)


def _sendmail(host):
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.sendmail_config import SendmailConfig
    return SendmailConfig(host)


def _tls_logging(inbound, exim, sendmail):
    """Return the weakest TLS log level of the services that outsiders reach."""
    if exim is not None and exim.logs_tls() is not None:
        return {'level': None, 'enabled': exim.logs_tls(), 'source': 'log_selector'}
    if sendmail is not None and sendmail.log_level() is not None:
        return {'level': sendmail.log_level(), 'enabled': sendmail.logs_tls(), 'source': 'LogLevel'}
    levels = [service.tls_loglevel for service in inbound or [] if not service.loopback_only]
    if not levels or None in levels:
        return {'level': None, 'enabled': None, 'source': 'not seen'}
    return {'level': min(levels), 'enabled': min(levels) > 0, 'source': 'smtpd_tls_loglevel'}


def _starttls_offered(config, inbound, exim, sendmail):
    """Tell whether any service that outsiders reach offers STARTTLS: the level allows it and there is a certificate."""
    if exim is not None or sendmail is not None:
        return (exim or sendmail).starttls_offered()
    if inbound is None:
        return None
    levels = [service.tls_level for service in inbound if not service.loopback_only and not service.wrapper_mode]
    if not levels or None in levels:
        return None
    return config.has_certificate() and any(level in ('may', 'encrypt') for level in levels)


def _certificate_paths(config, inbound, exim, sendmail):
    """Return the paths of the server's certificate and of its key, None for what is not set or is an expression."""
    if sendmail is not None:
        paths = [sendmail.option('ServerCertFile'), sendmail.option('ServerKeyFile')]
    elif exim is not None:
        paths = [exim.certificate or '', exim.private_key or exim.certificate or '']
    elif inbound is not None:
        chain = config.value('smtpd_tls_chain_files').replace(',', ' ').split()
        certificate_file = config.value('smtpd_tls_cert_file')
        # A chain file holds the key as well; a key file that is not set is the certificate's.
        paths = [chain[0], chain[0]] if chain else [certificate_file, config.value('smtpd_tls_key_file') or certificate_file]
    else:
        paths = []
    return [path if path.startswith('/') else None for path in paths] or [None, None]


def _bounded(value):
    """Return facts with texts made printable and short, and lists and mappings cut: a host's configuration is not ours to trust."""
    if isinstance(value, dict):
        return dict((printable(key, 100), _bounded(value[key])) for key in sorted(value)[:MAX_ITEMS])
    if isinstance(value, list):
        return [_bounded(item) for item in value[:MAX_ITEMS]]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return printable(value, 300)
