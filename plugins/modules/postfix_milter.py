#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: postfix_milter
short_description: Put one milter into Postfix or take it out, leaving all others as they are
version_added: 0.2.0
description:
  - Adds one element to Postfix's C(smtpd_milters), or removes it. Every other element stays, byte for byte and in its order.
  - Per-milter settings in braces, as in C({ inet:127.0.0.1:7357, default_action=accept }), count as one element.
  - Edits main.cf by C(postconf), and in master.cf the one option alone, so that comments and the rest of the files stay. The edit
    is tried on a copy first. When postconf warns of something that it did not warn of before, nothing is changed.
  - Does not reload Postfix. Notify a handler.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host.
options:
  endpoint:
    description:
      - Where the milter listens, as Postfix writes it, such as V(inet:127.0.0.1:7357) or V(unix:/clamav/clamav-milter.ctl).
      - A relative or chrooted service looks for a socket below Postfix's queue folder.
    type: str
    required: true
  settings:
    description:
      - Settings of this milter alone, such as C(default_action). Needs Postfix 3.0 or newer.
      - If not set, those of an element that is there already stay. An empty mapping takes them off.
    type: dict
  state:
    description: Whether the milter shall be in the list.
    type: str
    choices: [present, absent]
    default: present
  position:
    description:
      - Where a new element goes, V(first), V(last), V(before:REGEX) or V(after:REGEX). The expression is searched for in each other element.
      - An element that is there already is not moved.
    type: str
    default: last
  services:
    description:
      - Services of master.cf, such as V(submission/inet), whose own list (C(-o smtpd_milters=...)) changes as well.
      - A service without a list of its own has that of main.cf and stays as it is.
    type: list
    elements: str
    default: []
  config_dir:
    description: The folder of main.cf and master.cf. If not set, the one that postconf names.
    type: path
  backup:
    description: Keep a copy of each file that changes, beside it.
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
  - module: mailfleet.tls_audit.mailserver_facts
'''

EXAMPLES = r'''
- name: Let ClamAV see all mail, and let mail pass when ClamAV is down
  mailfleet.tls_audit.postfix_milter:
    endpoint: inet:127.0.0.1:7357
    settings:
      default_action: accept
    backup: true
  notify: Reload postfix

- name: The same for submission, which has a list of its own, and before the DKIM signer
  mailfleet.tls_audit.postfix_milter:
    endpoint: inet:127.0.0.1:7357
    position: before:8891
    services: [submission/inet]
  notify: Reload postfix

- name: Take it out again
  mailfleet.tls_audit.postfix_milter:
    endpoint: inet:127.0.0.1:7357
    state: absent
    services: [submission/inet]
  notify: Reload postfix
'''

RETURN = r'''
before:
  description: The elements of C(smtpd_milters) before.
  returned: success
  type: list
  elements: str
  sample: ["inet:127.0.0.1:8891"]
after:
  description: The elements after, or what they would be.
  returned: success
  type: list
  elements: str
  sample: ["inet:127.0.0.1:8891", "{ inet:127.0.0.1:7357, default_action=accept }"]
own_lists:
  description: The services of master.cf with a list of their own, after the change. They do not have the milter unless C(has_it) says so.
  returned: success
  type: list
  elements: dict
  sample: [{"service": "submission/inet", "milters": [], "has_it": false}]
backup_files:
  description: The copies of the files that changed.
  returned: changed, and backup was asked for
  type: list
  elements: str
  sample: ["/etc/postfix/main.cf.4711.2026-11-24@08:26:22~"]
'''

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.milters import split_list
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._postfix.milter_change import MilterChange, Refused
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._postfix.postconf import FILES, Postconf, PostconfError


def run(module):
    """Make the change, or say what it would be. Return the result."""
    options = module.params
    postconf = Postconf(module.run_command, module.get_bin_path('postconf', required=True, opt_dirs=['/usr/sbin']), options['config_dir'])
    settings = options['settings']
    if settings is not None:
        settings = dict((name, str(value)) for name, value in settings.items())
    change = MilterChange(postconf, options['endpoint'], settings, options['position'], options['state'], options['services'])
    result = {'changed': change.changed, 'before': split_list(change.before), 'after': split_list(change.after), 'own_lists': change.own_lists}
    if not change.changed:
        return result
    before, after = postconf.preview(change.parameters, change.overrides)
    changed_files = [name for name in FILES if before[name] != after[name]]
    result['diff'] = [{'before': before[name], 'after': after[name], 'before_header': postconf.path(name), 'after_header': postconf.path(name)}
                      for name in changed_files]
    if module.check_mode:
        return result
    if options['backup']:
        result['backup_files'] = [module.backup_local(postconf.path(name)) for name in changed_files]
    master = postconf.edit(change.parameters, change.overrides)
    if 'master.cf' in changed_files:
        handle, path = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, 'wb') as temporary:
            temporary.write(master)
        module.atomic_move(path, postconf.path('master.cf'))
    return result


def main():
    module = AnsibleModule(
        argument_spec=dict(
            endpoint=dict(type='str', required=True),
            settings=dict(type='dict'),
            state=dict(type='str', choices=['present', 'absent'], default='present'),
            position=dict(type='str', default='last'),
            services=dict(type='list', elements='str', default=[]),
            config_dir=dict(type='path'),
            backup=dict(type='bool', default=False),
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except (Refused, PostconfError) as error:
        module.fail_json(msg=str(error))
    except (IOError, OSError) as error:
        module.fail_json(msg='Postfix configuration: %s' % error)


if __name__ == '__main__':
    main()
