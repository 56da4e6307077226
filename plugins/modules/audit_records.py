#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

# Documentation alone: the work is done on the controller, by the action plugin of the same name.
DOCUMENTATION = r'''
module: audit_records
short_description: Write one record per audited host
version_added: 0.1.0
description:
  - Takes what the audit's tasks registered for each host, as the variable C(audit_result) (from M(mailfleet.tls_audit.audit_host)), or as
    C(audit_maillog) (from M(mailfleet.tls_audit.maillog_facts)) and C(audit_mailserver) (from M(mailfleet.tls_audit.mailserver_facts)), and
    writes one JSON record per host, where M(mailfleet.tls_audit.audit_host) has not written it before.
  - Every host of O(hosts) gets a record, also one that was unreachable, failed or was never come to. The record then says why, in one line,
    with what to do about it.
  - Works on the controller alone and opens no connection, whichever host the task runs for. Use C(run_once=true). One task does all hosts.
  - A record that is there already is replaced, but for the result of a probe from outside (C(probe)), which stays.
  - A host chooses its own facts. They are read without templating, checked against their schema, bounded in size and cleaned of control
    characters; a host that breaks the bounds gets a failed record. File names come from inventory names through an allow-list, never from facts.
  - Also taken from a host's inventory variables are C(audit_labels) (a flat map of texts for the report), C(audit_declared_antivirus) (a text,
    shown as declared and never as verified) and C(audit_internal_networks). They are taken literally, templates in them are not resolved.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
options:
  hosts:
    description: The inventory names of the hosts. Give all that were to be audited, such as C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  dir:
    description:
      - The report's folder. The records go to C(records) below it, each written whole or not at all, with mode C(0600).
      - A link in the place of a record, or of C(records), is refused.
      - If not set, the variable C(audit_report_dir), or else C(report_dir), or else the folder C(report) where the command was given.
    type: path
  audited_at:
    description: When the audit ran, in RFC 3339 with offset. It becomes the report's date. If not set, now.
    type: str
  run_id:
    description:
      - A name for the run, the same in all its records. Letters, digits and C(._:+-), at most 64.
      - If not set, the variable C(audit_run_id), or else the name that M(mailfleet.tls_audit.audit_host) makes for the run.
    type: str
  internal_networks:
    description: The campus networks that the audit ran with, as CIDRs, for hosts that have no C(audit_internal_networks) of their own.
    type: list
    elements: str
    default: []
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: partial
    details: Returns counts and reasons, writes nothing and reports no change.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
seealso:
  - module: mailfleet.tls_audit.audit_host
  - module: mailfleet.tls_audit.fleet_report
  - module: mailfleet.tls_audit.maillog_facts
  - module: mailfleet.tls_audit.mailserver_facts
'''

EXAMPLES = r'''
- name: Write one record per host
  mailfleet.tls_audit.audit_records:
    hosts: "{{ ansible_play_hosts_all }}"
    dir: "{{ playbook_dir }}/report"
    audited_at: "{{ lookup('ansible.builtin.pipe', 'date +%Y-%m-%dT%H:%M:%S%:z') }}"
    run_id: 20261124T101500Z-ab12cd
  delegate_to: localhost
  run_once: true
'''

RETURN = r'''
records_dir:
  description: The folder of the records.
  returned: success
  type: str
  sample: /srv/mail-audit/records
total:
  description: How many records there are.
  returned: success
  type: int
  sample: 42
counts:
  description: Records by status.
  returned: success
  type: dict
  sample: {audited: 39, failed: 2, unreachable: 1, skipped: 0}
fresh:
  description: How many of the records are earlier ones that C(max_age) let stay.
  returned: success
  type: int
  sample: 0
  version_added: 0.2.0
summary:
  description: For people, one line each - how many records are earlier ones, and each host that was not audited, with the reason.
  returned: success
  type: list
  elements: str
  sample: ["mx.law.example.edu: no mail log was found"]
  version_added: 0.2.0
not_audited:
  description: The hosts that were not audited.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The inventory name.
      returned: always
      type: str
    status:
      description: C(failed), C(unreachable) or C(skipped).
      returned: always
      type: str
    kind:
      description:
        - C(unreachable), C(no_log), C(no_permission), C(no_mta), C(python_too_old), C(become), C(timeout), C(skipped) or C(error).
      returned: always
      type: str
    detail:
      description: What happened, in one line.
      returned: always
      type: str
    hint:
      description: What to do about it.
      returned: when there is advice
      type: str
'''
