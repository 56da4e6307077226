#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: postfix_parameter
short_description: Set parameters of Postfix's main.cf, leaving the rest of the file as it is
version_added: 0.2.0
description:
  - Sets parameters by C(postconf), which keeps comments and layout. The edit is tried on a copy first. When postconf warns of something that it did
    not warn of before, nothing is changed.
  - Does not reload Postfix. A service of master.cf with a value of its own (C(-o NAME=...)) keeps it and is named in C(overridden).
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host.
options:
  parameters:
    description: The values by the parameters' names. One that is set to the same value already is left alone.
    type: dict
    required: true
  config_dir:
    description: The folder of main.cf and master.cf. If not set, the one that postconf names.
    type: path
  backup:
    description: Keep a copy of main.cf beside it.
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
seealso:
  - module: mailfleet.tls_audit.postfix_milter
'''

EXAMPLES = r'''
- name: Log TLS
  mailfleet.tls_audit.postfix_parameter:
    parameters:
      smtpd_tls_loglevel: 1
'''

RETURN = r'''
before:
  description: The values before of those that change.
  returned: success
  type: dict
  sample: {"smtpd_tls_loglevel": "0"}
overridden:
  description: The services of master.cf that have a value of their own for one of the parameters.
  returned: success
  type: list
  elements: str
  sample: ["submission/inet"]
backup_file:
  description: The copy of main.cf.
  returned: changed, and backup was asked for
  type: str
  sample: "/etc/postfix/main.cf.4711.2026-11-24@08:26:22~"
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._postfix.postconf import Postconf, PostconfError


def run(module):
    """Set what differs, or say what would be set. Return the result."""
    postconf = Postconf(module.run_command, module.get_bin_path('postconf', required=True, opt_dirs=['/usr/sbin']), module.params['config_dir'])
    wanted = dict((name, str(value)) for name, value in module.params['parameters'].items())
    before = dict((name, postconf.value(name)) for name in wanted)
    edit = dict((name, value) for name, value in wanted.items() if before[name] != value)
    result = {'changed': bool(edit), 'before': dict((name, before[name]) for name in edit),
              'overridden': sorted(name for name, entry in postconf.services().items() if any(parameter in entry.overrides for parameter in wanted))}
    if not edit:
        return result
    old, new = postconf.preview(edit, {})
    path = postconf.path('main.cf')
    result['diff'] = {'before': old['main.cf'], 'after': new['main.cf'], 'before_header': path, 'after_header': path}
    if module.check_mode:
        return result
    if module.params['backup']:
        result['backup_file'] = module.backup_local(path)
    postconf.edit(edit, {})
    return result


def main():
    module = AnsibleModule(
        argument_spec=dict(parameters=dict(type='dict', required=True), config_dir=dict(type='path'), backup=dict(type='bool', default=False)),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except PostconfError as error:
        module.fail_json(msg=str(error))
    except (IOError, OSError) as error:
        module.fail_json(msg='Postfix configuration: %s' % error)


if __name__ == '__main__':
    main()
