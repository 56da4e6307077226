#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: maillog_facts
short_description: Count TLS and plaintext sessions and messages in a mail server's logs
version_added: 0.1.0
description:
  - Reads the host's mail logs, rotated and compressed ones included, and counts inbound SMTP sessions, accepted messages and refused
    commands by TLS, plaintext and unknown, for all clients, for those outside and for those inside the campus.
  - Sessions are put together from the lines of one process. A session without a TLS line is plaintext only where the log could have shown
    TLS; otherwise it is C(unknown).
  - Reads only, and needs no more rights than it takes to read the logs. No client address leaves the host unless O(include_clients=true).
  - A text log cannot prove who wrote a line. Whoever may log on the host can forge whole sessions. The journal can, as far as accounts go.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
extends_documentation_fragment:
  - mailfleet.tls_audit.maillog
requirements:
  - Python 2.7, or 3.6 and newer, on the host. With O(mode=fetch) none. Nothing else.
  - The tool C(xz) for xz archives on Python 2.7, and C(zstd) for zstd archives.
options:
  mode:
    description:
      - V(module) reads the logs on the host, with its Python. Nothing but counts leaves the host.
      - V(fetch) is for hosts without a Python that Ansible can use. The logs are read through the host's shell and counted on the controller, where
        they lie in files without a name that end with the task. Nothing is written on the host. It needs C(stat), C(dd), C(readlink), and one of
        C(base64), C(openssl), C(uuencode) and C(od) there.
      - V(auto) tries V(module), and takes V(fetch) when the host has no such Python.
    type: str
    choices: [module, fetch, auto]
    default: module
    version_added: 0.2.0
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details: In check mode O(state_dir) is read and not written.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: N/A
    details: It changes nothing.
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: full
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
seealso:
  - module: mailfleet.tls_audit.mailserver_facts
'''

EXAMPLES = r'''
- name: Count what came over TLS
  mailfleet.tls_audit.maillog_facts:
    internal_networks:
      - 192.0.2.0/24
      - 2001:db8::/32

- name: Say it
  ansible.builtin.debug:
    msg: >-
      {{ ansible_facts.maillog.inbound.external.messages.tls }} of
      {{ ansible_facts.maillog.inbound.external.messages.total }} messages from outside came over TLS

- name: Count November in a log that is kept elsewhere
  mailfleet.tls_audit.maillog_facts:
    paths:
      - /srv/log/mx1/maillog*
    since: "2017-11-01"
    until: "2017-11-30"
    timezone: Asia/Tokyo

- name: Count on a host that has no Python, such as CentOS 6
  mailfleet.tls_audit.maillog_facts:
    mode: fetch

- name: Read only what is new since the last run, with two processes
  mailfleet.tls_audit.maillog_facts:
    state_dir: /var/lib/mailfleet
    workers: 2
'''

RETURN = r'''
audit_mode:
  description: How the host was read, V(module) or V(fetch).
  returned: always
  type: str
  sample: module
ansible_facts:
  description: The facts to add to the host.
  returned: success
  type: dict
  contains:
    maillog:
      description: What the mail logs tell. A count that the log cannot hold is null, never 0.
      returned: success
      type: dict
      contains:
        schema_version:
          description: The version of these facts' form.
          type: int
          returned: success
          sample: 1
        period:
          description: RV(ignore:first) and RV(ignore:last) time of the logs (RFC 3339), and on how many days they hold mail lines.
          type: dict
          returned: success
          sample: {"first": "2017-10-29T00:00:12+09:00", "last": "2017-12-10T23:59:48+09:00", "days_with_logs": 43}
        mtas:
          description: The mail servers seen in the logs.
          type: list
          elements: str
          returned: success
          sample: [postfix]
        inbound:
          description:
            - Counts for the scopes C(total) (which is C(internal) and C(external)), C(external), C(internal) and C(local), each with
              C(sessions), C(messages) and C(rejected).
            - C(sessions) is the sum of C(tls), C(plaintext), C(tls_failed) and C(unknown). A message is one accepted transaction. C(rejected)
              counts refused commands, C(unknown_user) of them for a recipient that does not exist.
            - A count that the log does not hold is null, and so is each sum that it is a part of. Where the log holds only some days' or some
              mail servers' sessions, C(daily) and C(services) still have those.
          type: dict
          returned: success
          sample:
            external:
              sessions: {"total": 49016, "tls": 1491, "plaintext": 47525, "tls_failed": 0, "unknown": 0}
              messages: {"total": 9120, "tls": 1402, "plaintext": 7718, "unknown": 0}
              rejected: {"total": 38120, "tls": 66, "plaintext": 38054, "unknown": 0, "unknown_user": 35004}
        services:
          description: Sessions and messages by inbound service, named as in the log, without local clients.
          type: dict
          returned: success
          sample: {"submission/smtpd": {"sessions": {"total": 5, "tls": 4, "plaintext": 1, "tls_failed": 0, "unknown": 0},
                                        "messages": {"total": 3, "tls": 3, "plaintext": 0, "unknown": 0}}}
        tls:
          description: Sessions by TLS protocol and by cipher, as far as the log names them, at most 32 names.
          type: dict
          returned: success
          sample: {"protocols": {"TLSv1.3": 30}, "ciphers": {"TLS_AES_256_GCM_SHA384": 30}}
        daily:
          description: Sessions and messages of the newest O(max_days) days, C(external) and C(total). A session belongs to the day it began.
          type: list
          elements: dict
          returned: success
        coverage:
          description:
            - How much the figures can be trusted.
            - C(tls_visibility) is V(complete), V(partial) or V(none), for whether the log could have shown TLS. C(tls_visible_days) counts the
              days on which it could for every session. C(notices) says what was odd. C(lines) counts lines read, of a mail server (about),
              that mattered, and in no known form.
          type: dict
          returned: success
          sample: {"tls_visibility": "complete", "tls_visible_days": 43, "notices": [],
                   "lines": {"read": 480, "mail": 480, "matched": 298, "malformed": 0}}
        sources:
          description: Each file that was found, whether it was read, and if not, why.
          type: list
          elements: dict
          returned: success
          sample: [{"path": "/var/log/maillog", "bytes": 58694, "lines": 480, "compression": "none", "first": "2017-12-03T03:25:01+09:00",
                    "last": "2017-12-10T23:59:48+09:00", "status": "read", "reason": null}]
        clients:
          description: External clients with the most plaintext sessions, only with O(include_clients=true).
          type: list
          elements: dict
          returned: success
          sample: []
        logins:
          description:
            - Logins to mail boxes (Dovecot) by protocol, where the log has them. They are no inbound mail, and in no other count.
            - C(local) are those from the host itself, a webmail for one, C(unknown) those logged in a form of the administrator's own.
          type: dict
          returned: success
          sample: {"imap": {"tls": 812, "plaintext": 3, "local": 140, "unknown": 0}}
        hosts:
          description:
            - Sessions and messages of each host of a central log, C(external) and C(total) (without local clients), only with
              O(host_field=each). At most 64 hosts, the busiest; the others are one, C(other), as are those of which no host has the name.
            - RV(ignore:tls_visibility) tells whether this host's log could have shown TLS, RV(ignore:days) on how many days it had sessions.
            - Each sender writes its own name into the log. Nobody checks it.
          type: dict
          returned: success
          sample: {"mx1": {"total": {"sessions": {"total": 5, "tls": 4, "plaintext": 1, "tls_failed": 0, "unknown": 0},
                                     "messages": {"total": 3, "tls": 3, "plaintext": 0, "unknown": 0}},
                           "external": {"sessions": {"total": 5, "tls": 4, "plaintext": 1, "tls_failed": 0, "unknown": 0},
                                        "messages": {"total": 3, "tls": 3, "plaintext": 0, "unknown": 0}},
                           "tls_visibility": "complete", "days": 43}}
        performance:
          description: Seconds that reading took, stored bytes that were read, and whether earlier runs had read the rest (O(state_dir)).
          type: dict
          returned: success
          sample: {"seconds": 4.4, "bytes": 987000000, "resumed": false}
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.options import ARGUMENTS, audit_as_asked


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        maillog = audit_as_asked(module.params, not module.check_mode)
    except AuditError as error:
        module.fail_json(msg=str(error), reason_kind=error.kind)
    module.exit_json(changed=False, ansible_facts={'maillog': maillog})


if __name__ == '__main__':
    main()
