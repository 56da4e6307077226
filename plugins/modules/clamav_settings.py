#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: clamav_settings
short_description: Set single settings of clamd.conf, clamav-milter.conf or freshclam.conf
version_added: 0.2.0
description:
  - Sets each setting where it stands and leaves every other line as it is. A line C(Example), with which no daemon of ClamAV starts, is taken out.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host.
options:
  path:
    description: The file. In check mode it may be missing, as long as its package is.
    type: path
    required: true
  settings:
    description: The values by the settings' names.
    type: dict
    required: true
  backup:
    description: Keep a copy of the file beside it.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
'''

EXAMPLES = r'''
- name: Refuse mail with viruses
  mailfleet.tls_audit.clamav_settings:
    path: /etc/clamav/clamav-milter.conf
    settings:
      OnInfected: Reject
      LogInfected: Full
  notify: Restart clamav-milter
'''

RETURN = r'''
backup_file:
  description: The copy.
  returned: changed, and backup was asked for
  type: str
  sample: "/etc/clamav/clamd.conf.4711.2026-11-24@08:26:22~"
'''

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._clamav.config_file import with_settings


def run(module):
    """Set what differs, or say what would be set. Return the result."""
    path = module.params['path']
    before = ''
    if os.path.exists(path) or not module.check_mode:
        with open(path, 'rb') as handle:
            before = handle.read().decode('latin-1')
    after = with_settings(before, dict((name, str(value)) for name, value in module.params['settings'].items()))
    result = {'changed': after != before, 'diff': {'before': before, 'after': after, 'before_header': path, 'after_header': path}}
    if after == before or module.check_mode:
        return result
    if module.params['backup']:
        result['backup_file'] = module.backup_local(path)
    handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, 'wb') as new:
        new.write(after.encode('latin-1'))
    # Owner and mode stay those of the file.
    module.atomic_move(temporary, path)
    return result


def main():
    module = AnsibleModule(
        argument_spec=dict(path=dict(type='path', required=True), settings=dict(type='dict', required=True), backup=dict(type='bool', default=False)),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except (IOError, OSError) as error:
        module.fail_json(msg='%s' % error)


if __name__ == '__main__':
    main()
