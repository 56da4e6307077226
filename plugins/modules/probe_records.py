#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

# Documentation alone: the work is done on the controller, by the action plugin of the same name.
DOCUMENTATION = r'''
module: probe_records
short_description: Write what a probe from outside showed into the hosts' records
version_added: 0.2.0
description:
  - Takes what the tasks of the role C(probe) registered for each host, C(probe_before), C(probe_inside), C(probe_sent) and C(probe_trail), works out what
    became of each mail and what that says of the host, and writes it into the host's record under C(probe).
  - A host without a record gets one that says that it was not audited. A host that could not be probed keeps what an earlier probe showed.
  - Works on the controller alone and opens no connection, whichever host the task runs for. Use C(run_once=true). One task does all hosts.
  - What hosts answered is read without templating, checked for its shape and cut to size. File names come from inventory names, never from an answer.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
options:
  hosts:
    description: The inventory names of the hosts. Those that the role did not come to are left out.
    type: list
    elements: str
    required: true
  dir:
    description: The report's folder. The records are in C(records) below it.
    type: path
    required: true
  probed_at:
    description: When the probe ran, in RFC 3339 with offset.
    type: str
    required: true
  run_id:
    description: A name for the run. Letters, digits and C(._:+-), at most 64.
    type: str
    required: true
  origin:
    description: Where the mails came from, for the record.
    type: str
    required: true
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: partial
    details: Writes nothing and reports no change.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
seealso:
  - module: mailfleet.tls_audit.smtp_av_probe
  - module: mailfleet.tls_audit.mail_trail
  - module: mailfleet.tls_audit.fleet_report
'''

EXAMPLES = r'''
- name: Keep what the probe showed
  mailfleet.tls_audit.probe_records:
    hosts: "{{ ansible_play_hosts_all }}"
    dir: "{{ playbook_dir }}/report"
    probed_at: "{{ lookup('ansible.builtin.pipe', 'date +%Y-%m-%dT%H:%M:%S%:z') }}"
    run_id: 20261124T101500Z-ab12cd
    origin: probe.example.net
  delegate_to: localhost
  run_once: true
'''

RETURN = r'''
records_dir:
  description: The folder of the records.
  returned: success
  type: str
  sample: /srv/mail-audit/records
counts:
  description: Probed hosts by state, those states alone that any host has.
  returned: success
  type: dict
  sample: {confirmed_blind: 3, covered_local: 17}
probes:
  description: The probed hosts.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The inventory name.
      returned: always
      type: str
    state:
      description:
        - C(confirmed_blind), C(covered_local), C(covered_path), C(stripped), C(intercepted), C(inconclusive), or C(not_tested) where nothing was sent.
      returned: always
      type: str
    evidence:
      description: What the state rests on, the reason first.
      returned: always
      type: list
      elements: str
'''
