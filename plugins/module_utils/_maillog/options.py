# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of reading a host's mail logs, and reading as they ask. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError

ARGUMENTS = dict(
    paths=dict(type='list', elements='str'),
    internal_networks=dict(type='list', elements='str'),
    since=dict(type='str'),
    until=dict(type='str'),
    timezone=dict(type='str'),
    max_days=dict(type='int', default=400),
    include_clients=dict(type='bool', default=False),
    host_field=dict(type='str'),
    journal=dict(type='str', default='auto', choices=['auto', 'always', 'never']),
    max_seconds=dict(type='int', default=1200),
    state_dir=dict(type='path'),
    workers=dict(type='int', default=1),
    nice=dict(type='int', default=10),
    mode=dict(type='str', choices=['module', 'fetch', 'auto'], default='module'),
    fetch_max_mib=dict(type='int', default=20480),
)
# What the action plugin has seen to.
OF_THE_ACTION = ('mode', 'fetch_max_mib')


def audit_as_asked(params, write_state):
    """Return the facts `maillog` that a module's parameters ask for, at their priority. Raise AuditError."""
    options = dict((name, params[name]) for name in ARGUMENTS if name not in OF_THE_ACTION)
    options['journal_mode'] = options.pop('journal')
    nice = options.pop('nice')
    if not 0 <= nice <= 19:
        raise AuditError('nice: %d is not a priority from 0 to 19' % nice)
    os.nice(nice)
    # The controller loads this file for its arguments.
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
    return audit_logs(write_state=write_state, **options)
