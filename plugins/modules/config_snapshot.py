#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: config_snapshot
short_description: Keep configuration files as they are before a change, and put them back exactly
version_added: 0.2.0
description:
  - Keeps the content, owner and mode of files that are about to be changed, and digests of what the change made of them.
  - A run of changes goes from V(begun) to V(finished). V(undone) goes back to where the run began, V(restored) to before the first run.
  - V(restored) is refused when somebody else changed a file since, unless O(force=true). The difference is shown.
  - The role P(mailfleet.tls_audit.remediate#role) uses it. A file that did not exist is taken away again.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host.
options:
  state:
    description:
      - V(begun) keeps the files that are not kept yet, before they are changed. V(finished) takes them as they are now for the outcome.
      - V(undone) puts them back as they were when the run began, V(restored) as they were before the first run.
    type: str
    choices: [begun, finished, undone, restored]
    required: true
  folder:
    description: Where the snapshots lie. Made with rights for its owner alone.
    type: path
    default: /var/backups/mailfleet.tls_audit
  files:
    description: The files, for O(state=begun).
    type: list
    elements: path
    default: []
  notes:
    description: What else is to be known when it is undone. The first value of each name stays.
    type: dict
    default: {}
  force:
    description: Put back even what somebody else changed since, or what a run left half done.
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
- name: Keep Postfix's configuration
  mailfleet.tls_audit.config_snapshot:
    state: begun
    files: [/etc/postfix/main.cf, /etc/postfix/master.cf]

- name: Put it back
  mailfleet.tls_audit.config_snapshot:
    state: restored
'''

RETURN = r'''
unfinished:
  description: Whether a run before this one began and did not come to its end.
  returned: success
  type: bool
  sample: false
changed_since:
  description: The files that somebody changed after the change that the snapshot belongs to.
  returned: success
  type: list
  elements: str
  sample: []
restored:
  description: The files that were put back, or would be.
  returned: success
  type: list
  elements: str
  sample: ["/etc/postfix/main.cf"]
notes:
  description: The notes.
  returned: when files were put back
  type: dict
  sample: {"services": ["clamav-milter"]}
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._snapshot.journal import Journal
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._snapshot.snapshot import SnapshotError

REFUSED = (
    "not undone, for these were changed since: %s. With check mode and force, --diff shows what putting them back would change; "
    "force puts them back all the same")


def run(module):
    """Do what is asked. Return the result."""
    state = module.params['state']
    journal = Journal(module.params['folder'], module.atomic_move)
    result = {'changed': False, 'unfinished': journal.unfinished, 'changed_since': journal.first.changed_since(), 'restored': []}
    if state in ('undone', 'restored'):
        snapshot = journal.run if state == 'undone' else journal.first
        plan = snapshot.plan_restore()
        result.update(changed=snapshot.exists, notes=snapshot.notes, restored=[path for path, unused_now, unused_then in plan],
                      diff=[{'before': _text(now), 'after': _text(then), 'before_header': path, 'after_header': path} for path, now, then in plan])
        if state == 'restored' and result['changed_since'] and not module.params['force']:
            module.fail_json(msg=REFUSED % ', '.join(result['changed_since']), **result)
        if snapshot.exists and not module.check_mode:
            (journal.undo_run if state == 'undone' else journal.undo_all)()
    elif not module.check_mode:
        if state == 'begun':
            result['changed'] = journal.begin(module.params['files'], module.params['notes'])
        else:
            journal.finish()
    return result


def _text(data):
    return '' if data is None else data.decode('utf-8', 'replace')


def main():
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type='str', choices=['begun', 'finished', 'undone', 'restored'], required=True),
            folder=dict(type='path', default='/var/backups/mailfleet.tls_audit'),
            files=dict(type='list', elements='path', default=[]),
            notes=dict(type='dict', default={}),
            force=dict(type='bool', default=False),
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except SnapshotError as error:
        module.fail_json(msg=str(error))
    except (IOError, OSError) as error:
        module.fail_json(msg='snapshot: %s' % error)


if __name__ == '__main__':
    main()
