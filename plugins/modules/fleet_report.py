#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

# Documentation alone: the work is done on the controller, by the action plugin of the same name.
DOCUMENTATION = r'''
module: fleet_report
short_description: Make the fleet's report from host records
version_added: 0.1.0
description:
  - Reads a folder of host records, one JSON file per server, as M(mailfleet.tls_audit.audit_records) writes them, and writes the report on
    the whole fleet as one self-contained HTML page, as Markdown, as CSV, as JSON and as metrics for Prometheus.
  - Keeps the figures of each run in C(history) below O(report_dir), for the trend and for what changed since the previous run. A report on
    the same records again is the same run. A damaged file of the history is set aside in C(history/damaged), with a warning.
  - Works on the controller alone and opens no connection, whichever host the task runs for. Use C(run_once=true).
  - Everything in a record is data. It is bounded when read, escaped for each output format in that format's own way, and never templated.
    The page loads nothing and runs nothing but its own script, by its content security policy.
  - A file that is no valid record becomes a line under data quality. Of several records of one server the newest counts.
  - The same records, earlier runs and options give the same files, byte for byte. The report's date is that of the newest record, and only
    runs before it are looked at.
  - The commands that the report prints repeat how Ansible was called, so that they work in the folder where it was. Of its command line they
    take the program, the playbook's kind of name, the inventories, O(report_dir) and O(languages), and nothing else.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
options:
  report_dir:
    description:
      - The folder to write C(index.html), C(report.md), C(hosts.csv), C(fleet.json), C(fleet.prom) and C(history) to. Made with mode C(0700)
        where it does not exist.
      - Each file is written whole or not at all, with mode C(0600). A link in the place of one of them is refused.
    type: path
    required: true
  records_dir:
    description:
      - The folder of records.
      - If not set, C(records) below O(report_dir).
    type: path
  title:
    description:
      - The report's heading.
      - If not set, the language's own.
    type: str
  language:
    description: The language of the page and of the Markdown file. CSV and JSON have English names in every language.
    type: str
    default: en
  languages:
    description:
      - All languages of the report. The first is that of C(index.html) and C(report.md); each other one has files of its own, such as
        C(index.ja.html) and C(report.ja.md).
      - If empty, O(language) alone.
    type: list
    elements: str
    default: []
  thresholds:
    description: The limits that decide statuses. They are printed in the report.
    type: dict
    default: {}
    suboptions:
      exposed_messages_per_day:
        description: From this many external TLS messages a day on, a server without working antivirus is exposed. The default is V(1).
        type: float
      signature_max_age_days:
        description:
          - Antivirus with older signatures counts as degraded, even where the host was audited with a longer limit. The default is V(3).
        type: float
      record_max_age_days:
        description: A record this much older than the newest one is named under data quality. The default is V(7).
        type: float
      probe_max_age_days:
        description: A probe from outside that is this much older than the newest record no longer decides a status. The default is V(30).
        type: float
      trend_min_coverage_percent:
        description:
          - A day on which fewer of the measured servers had logs that show TLS is marked in the trend. The default is V(80).
        type: float
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: partial
    details: Reads the records and returns verdict and figures, writes nothing and reports no change.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
seealso:
  - module: mailfleet.tls_audit.audit_records
'''

EXAMPLES = r'''
- name: Make the report
  mailfleet.tls_audit.fleet_report:
    report_dir: "{{ playbook_dir }}/report"
  delegate_to: localhost
  run_once: true
  register: report

- name: Say what it shows
  ansible.builtin.debug:
    var: report.verdict

- name: Report on records that were copied together from several control nodes
  mailfleet.tls_audit.fleet_report:
    report_dir: /srv/mail-audit/report
    records_dir: /srv/mail-audit/all-records
    title: Mail servers of the university
    languages: [en, ja]
    thresholds:
      exposed_messages_per_day: 5
'''

RETURN = r'''
report_dir:
  description: The folder of the report.
  returned: success
  type: str
  sample: /srv/mail-audit
index:
  description: The page to open first.
  returned: success
  type: str
  sample: /srv/mail-audit/index.html
files:
  description: All files of the report.
  returned: success
  type: list
  elements: str
verdict:
  description: The report's headline, one sentence.
  returned: success
  type: str
  sample: 11 servers pass about 6,039 external messages a day that no local antivirus inspects.
figures:
  description: The key figures of the fleet, as in C(fleet.json). What could not be measured is null, never 0.
  returned: success
  type: dict
  contains:
    hosts:
      description: All servers that have a record.
      returned: success
      type: int
    measured:
      description: Those whose logs show TLS and count accepted messages.
      returned: success
      type: int
    unmeasured:
      description: The others.
      returned: success
      type: int
    statuses:
      description: Servers by status.
      returned: success
      type: dict
    external_tls:
      description: Accepted external messages over TLS (C(part)) of those that could be told apart (C(whole)), with the percentage.
      returned: success
      type: dict
    unscanned:
      description: Accepted external TLS messages on servers without working local antivirus, with the servers and the messages a day.
      returned: success
      type: dict
    unscanned_declared:
      description: The share of these on servers that the inventory declares to be scanned elsewhere.
      returned: success
      type: dict
    antivirus_unknown:
      description: External TLS messages a day on servers whose antivirus could not be checked. Not in C(unscanned).
      returned: success
      type: dict
    antivirus_working:
      description: Servers with working antivirus, of those whose set-up was seen.
      returned: success
      type: dict
    coverage:
      description: Servers with complete TLS logs, of all.
      returned: success
      type: dict
    inspection:
      description: External mail by where it was inspected.
      returned: success
      type: dict
    rejected_plaintext:
      description: Refused plaintext attempts from outside (C(part)) of all plaintext attempts (C(whole)), on measured servers.
      returned: success
      type: dict
    rejected_tls:
      description: The same over TLS.
      returned: success
      type: dict
    rejected_unknown_user:
      description: Refusals for an unknown user, of all refusals.
      returned: success
      type: dict
    probes:
      description: Servers by what a probe from outside showed, or by what is inferred without one.
      returned: success
      type: dict
'''
