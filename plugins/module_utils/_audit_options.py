# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of audit_host, for the module and its action. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.options import ARGUMENTS as MAILLOG
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.options import ARGUMENTS as MAILSERVER

# The first three are the action plugin's: the host has no use for them.
ARGUMENTS = dict(
    MAILLOG,
    dir=dict(type='str'),
    run_id=dict(type='str'),
    max_age=dict(type='str'),
    config_dir=MAILSERVER['config_dir'],
    signature_max_age_days=MAILSERVER['signature_max_age_days'],
    command_timeout=MAILSERVER['command_timeout'],
)
