#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: audit_host
short_description: Audit one mail server and write its record
version_added: 0.2.0
description:
  - Does what M(mailfleet.tls_audit.mailserver_facts) and M(mailfleet.tls_audit.maillog_facts) do, in one go over the connection, and writes the
    host's record on the controller as soon as the host has answered.
  - Returns no facts. What a host told is in its record alone, so that the controller's memory does not grow with them.
  - A host that could not be reached, or that took longer than the task's C(timeout), gets its record from M(mailfleet.tls_audit.audit_records)
    later, which takes what this module's task registered as C(audit_result). An audit that is interrupted keeps the records of the hosts that have
    answered, and O(max_age) resumes it.
  - Options that the task does not set are taken from the host's variables of the role C(audit), as far as those are set - O(paths) from
    C(audit_log_paths), O(since) from C(audit_since), and the others alike.
  - With the variable C(audit_become) the host is read as root, or as the user that C(ansible_become_user) names, as with the keyword C(become).
    The variable C(audit_timeout), by default 1800, is the number of seconds that one host may take where the task has no keyword C(timeout).
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host. With O(mode=fetch) none. Nothing else.
  - The tool C(xz) for xz archives on Python 2.7, and C(zstd) for zstd archives.
  - C(openssl) on the host for the certificate's validity.
extends_documentation_fragment:
  - mailfleet.tls_audit.maillog
  - mailfleet.tls_audit.mailserver
options:
  dir:
    description:
      - The report's folder on the controller. The record goes to C(records) below it, written whole or not at all, with mode C(0600).
      - A link in the place of a record, or of C(records), is refused.
      - If not set, the variable C(audit_report_dir), or else C(report_dir), or else the folder C(report) where the command was given.
    type: str
  run_id:
    description:
      - A name for the run, the same for all its hosts. Letters, digits and C(._:+-), at most 64.
      - If not set, the variable C(audit_run_id), or else a name that is made of the time.
    type: str
  max_age:
    description:
      - A host with a record of less than this age is not connected to; its record stays. A number and a unit, V(m), V(h), V(d) or V(w), such as
        V(12h).
      - The record must be of an audit that succeeded, by this version of the collection, with the same O(internal_networks). It is not told
        whether other options were the same.
      - If not set, every host is audited.
    type: str
  mode:
    description:
      - V(module) reads the host with its Python. Nothing but counts and settings leaves the host.
      - V(fetch) is for hosts without a Python that Ansible can use; see M(mailfleet.tls_audit.maillog_facts).
      - V(auto) tries V(module), and takes V(fetch) when the host has no such Python.
    type: str
    choices: [module, fetch, auto]
    default: module
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details: In check mode O(state_dir) is read and not written, and no record is written.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: N/A
    details: It changes nothing on the host.
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
seealso:
  - module: mailfleet.tls_audit.audit_records
  - module: mailfleet.tls_audit.maillog_facts
  - module: mailfleet.tls_audit.mailserver_facts
'''

EXAMPLES = r'''
- name: Audit one mail server
  mailfleet.tls_audit.audit_host:
    dir: /srv/mail-audit
    run_id: 20261124T101500Z-ab12cd
    max_age: 12h
  timeout: 1800
  register: audit_result
  ignore_errors: true
  ignore_unreachable: true

- name: Write the records of the hosts that did not answer
  mailfleet.tls_audit.audit_records:
    hosts: "{{ ansible_play_hosts_all }}"
    dir: /srv/mail-audit
    run_id: 20261124T101500Z-ab12cd
  delegate_to: localhost
  run_once: true
'''

RETURN = r'''
audit_mode:
  description: How the host was read, V(module) or V(fetch).
  returned: when the host was read
  type: str
  sample: module
record:
  description: The host's record.
  returned: when it is there
  type: dict
  contains:
    file:
      description: Its file on the controller.
      returned: always
      type: str
      sample: /srv/mail-audit/records/mx.example.edu.json
    status:
      description: V(audited), V(failed), V(unreachable) or V(skipped).
      returned: always
      type: str
    reason:
      description: Why the host was not audited, as in M(mailfleet.tls_audit.audit_records). Null for one that was.
      returned: always
      type: dict
    fresh:
      description: Whether the record is an earlier one, not older than O(max_age), and the host was not connected to.
      returned: always
      type: bool
    changed:
      description: Whether the record's file was written.
      returned: always
      type: bool
'''

from ansible.module_utils.basic import AnsibleModule
# First: it is about how the others are loaded.
from ansible_collections.mailfleet.tls_audit.plugins.module_utils import _quick_start  # noqa: F401, pylint: disable=unused-import
from ansible_collections.mailfleet.tls_audit.plugins.module_utils import _quick_end
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._audit_options import ARGUMENTS
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.options import audit_as_asked
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.facts import collect_as_asked
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host


def _audit():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    facts = {}
    try:
        facts['mailserver'] = collect_as_asked(Host(timeout=module.params['command_timeout']), module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    except Exception as error:
        # The figures are worth having without the set-up.
        module.warn('The set-up of the mail server was not seen: %s: %s' % (type(error).__name__, error))
    try:
        facts['maillog'] = audit_as_asked(module.params, not module.check_mode)
    except AuditError as error:
        module.fail_json(msg=str(error), reason_kind=error.kind, ansible_facts=facts)
    module.exit_json(changed=False, ansible_facts=facts)


def main():
    _quick_end.after(_audit)


if __name__ == '__main__':
    main()
