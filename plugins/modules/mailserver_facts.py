#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: mailserver_facts
short_description: See how a mail server is set up for TLS, TLS logging and antivirus
version_added: 0.1.0
description:
  - Tells which mail server a host has, whether it logs and offers TLS, which milters each inbound service of Postfix uses, how long the
    certificate is valid, and whether antivirus on the host itself works.
  - Working antivirus is running, wired into every inbound service that is not on loopback alone, and has fresh signatures.
  - Reads only. Works without root as far as it can, and says in C(unseen) what it could not see.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
extends_documentation_fragment:
  - mailfleet.tls_audit.mailserver
requirements:
  - Python 2.7, or 3.6 and newer, on the host. With O(mode=fetch) none.
  - C(openssl) on the host for the certificate's validity.
options:
  mode:
    description:
      - V(module) looks at the host with its Python, V(fetch) through its shell, for hosts without a Python that Ansible can use. V(auto) tries
        V(module), and takes V(fetch) when the host has no such Python.
      - Over the shell clamd is not asked, only its process and its program are looked at.
    type: str
    choices: [module, fetch, auto]
    default: module
    version_added: 0.2.0
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
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
  - module: mailfleet.tls_audit.maillog_facts
'''

EXAMPLES = r'''
- name: See how the mail server is set up
  mailfleet.tls_audit.mailserver_facts:

- name: Name the services whose mail nobody scans
  ansible.builtin.debug:
    var: ansible_facts.mailserver.antivirus.unwired_services
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
    mailserver:
      description: How the mail server is set up. What could not be told is null.
      returned: success
      type: dict
      contains:
        schema_version:
          description: The version of these facts' form.
          type: int
          returned: success
          sample: 1
        python:
          description: The Python that the module ran with; null with O(mode=fetch).
          type: str
          returned: success
          sample: 3.11.2
        mta:
          description: Name (postfix, exim, sendmail, opensmtpd), version, whether it runs, and others that are installed.
          type: dict
          returned: success
          sample: {"name": "postfix", "version": "3.7.11", "running": true, "others": []}
        tls_logging:
          description: The lowest TLS log level of the services that outsiders reach (null for Exim, which has none), and whether TLS is logged at all.
          type: dict
          returned: success
          sample: {"level": 1, "enabled": true, "source": "smtpd_tls_loglevel"}
        starttls:
          description: Whether any service that outsiders reach offers STARTTLS.
          type: dict
          returned: success
          sample: {"offered": true}
        services:
          description: Postfix's inbound services with what holds for each, master.cf overrides included. Named as in the log.
          type: list
          elements: dict
          returned: success
          sample: [{"name": "smtps/smtpd", "endpoint": "465 inet", "port": 465, "loopback_only": false, "wrapper_mode": true, "tls_level": "may",
                    "tls_loglevel": 1, "milters": ["inet:127.0.0.1:7357"], "content_filter": null, "proxy_filter": null,
                    "overrides": {"smtpd_tls_wrappermode": "yes"}}]
        certificate:
          description:
            - The server certificate's path and validity. C(valid) says whether a handshake can succeed with it, that is, it has begun and not ended,
              and the key fits. It is null where the key could not be read.
          type: dict
          returned: success
          sample: {"path": "/etc/ssl/certs/mx.pem", "readable": true, "valid": true, "not_before": "2026-01-05T12:00:00+00:00",
                   "not_after": "2027-01-05T12:00:00+00:00", "days_left": 42, "self_signed": false, "key_matches": true, "error": null}
        antivirus:
          description:
            - C(state) is V(working), V(stale) (signatures too old), V(stopped), V(not_wired), V(partly_wired) (some services go round it),
              V(absent) or V(unknown) (a part of it could not be seen). The rest is what that was told from.
            - C(product) is V(clamav) (by clamav-milter or Exim), V(amavis), V(rspamd), V(mailscanner), or what Exim's C(av_scanner) names.
            - C(failure) says what becomes of mail while the scanner does not answer. Its C(effect) is V(open) (mail passes unscanned), V(closed) (mail
              waits or is refused) or V(mixed) (Postfix and clamav-milter disagree, so it depends on which part fails).
            - C(size_limits) holds in bytes the largest message that is accepted (0 for any) and how much of it is scanned. C(gap) says whether mail
              can be too large to be scanned.
          type: dict
          returned: success
          sample: {"state": "working", "product": "clamav", "present": true, "running": true, "wired": true, "wired_services": ["smtpd (smtp inet)"],
                   "unwired_services": [], "engine_version": "1.4.3", "signature_date": "2026-11-24T08:26:22+00:00", "signature_age_days": 0.4,
                   "failure": {"effect": "open", "on_milter_failure": "accept", "on_clamd_failure": "Accept"},
                   "size_limits": {"message": 10240000, "scanned": 26214400, "gap": false},
                   "evidence": ["clamd runs", "clamav-milter runs"]}
        unseen:
          description: What could not be seen, and why.
          type: list
          elements: dict
          returned: success
          sample: [{"what": "/etc/ssl/private/mx.pem", "why": "Permission denied"}]
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.facts import collect_as_asked
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.options import ARGUMENTS


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        mailserver = collect_as_asked(Host(timeout=module.params['command_timeout']), module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, ansible_facts={'mailserver': mailserver})


if __name__ == '__main__':
    main()
