#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: clamav_ready
short_description: Wait until clamd finds a virus and clamav-milter answers
version_added: 0.2.0
description:
  - Has clamd scan the harmless EICAR test file, and asks clamav-milter for its options in the milter protocol, as the account that will do so.
  - A service that counts as started may still lack its signatures or its socket. This tells whether it does its work. Changes nothing.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host.
options:
  clamd:
    description: Where clamd listens, as V(unix:PATH) or V(inet:HOST:PORT). Not asked if not set.
    type: str
  milter:
    description: Where the milter listens, as V(unix:PATH) or V(inet:HOST:PORT), seen from outside of any chroot. Not asked if not set.
    type: str
  milter_user:
    description: Ask the milter as this account.
    type: str
    default: postfix
  timeout:
    description: How many seconds to wait for both. Loading the signatures takes a minute or more.
    type: int
    default: 420
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: N/A
    details: It changes nothing.
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
'''

EXAMPLES = r'''
- name: Wait for ClamAV
  mailfleet.tls_audit.clamav_ready:
    clamd: unix:/run/clamav/clamd.ctl
    milter: unix:/var/spool/postfix/clamav/clamav-milter.ctl
'''

RETURN = r'''
verdict:
  description: What clamd said of the test file.
  returned: success, and clamd was asked
  type: str
  sample: "stream: Eicar-Test-Signature FOUND"
waited:
  description: Seconds that it took.
  returned: success
  type: float
  sample: 41.3
'''

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import scanner, test_mail


def ask(options):
    """Ask both. Return clamd's verdict, None where it is not asked. Raises NotReady."""
    verdict = None
    if options['clamd']:
        verdict = scanner.scan(options['clamd'], test_mail.eicar())
        if not verdict.endswith('FOUND'):
            raise scanner.NotReady('clamd does not find the EICAR test file, it says: %s' % verdict)
    if options['milter']:
        scanner.negotiate_as(options['milter_user'], options['milter'])
    return verdict


def main():
    module = AnsibleModule(
        argument_spec=dict(clamd=dict(type='str'), milter=dict(type='str'), milter_user=dict(type='str', default='postfix'),
                           timeout=dict(type='int', default=420)),
        supports_check_mode=True,
    )
    start = time.time()
    while True:
        try:
            verdict = ask(module.params)
            module.exit_json(changed=False, verdict=verdict, waited=round(time.time() - start, 1))
        except scanner.NotReady as error:
            if time.time() - start >= module.params['timeout']:
                module.fail_json(msg='%s (waited %d seconds)' % (error, module.params['timeout']))
        except (KeyError, ValueError) as error:
            module.fail_json(msg='milter_user or address: %s' % error)
        time.sleep(1)


if __name__ == '__main__':
    main()
