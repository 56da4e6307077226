#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: smtp_av_probe
short_description: Send clean mail and the EICAR test file to a mail server, and say what became of each
version_added: 0.2.0
description:
  - Hands over a clean mail and one with the harmless EICAR test file, each in plaintext and over STARTTLS as asked, and returns the server's answers.
  - The EICAR file is put together at run time. Certificates are not checked, as no mail server checks them.
  - Send to a mailbox whose owner agreed to it only.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host.
options:
  host:
    description: The mail server.
    type: str
    default: 127.0.0.1
  port:
    description: Its port.
    type: int
    default: 25
  recipient:
    description: The mailbox that the mails are for.
    type: str
    required: true
  sender:
    description: The sender in the envelope.
    type: str
    default: mail-test@localhost.localdomain
  helo:
    description: The name that the server is greeted with.
    type: str
    default: localhost.localdomain
  mails:
    description: What to send. V(none) goes as far as the recipient and hands over nothing.
    type: list
    elements: str
    choices: [none, clean, eicar]
    default: [clean, eicar]
  over:
    description: How to send each.
    type: list
    elements: str
    choices: [plaintext, starttls]
    default: [plaintext, starttls]
  run:
    description: A word that stands in each mail's Message-ID with the step's name. If not set, a random one.
    type: str
  timeout:
    description: Seconds to wait for one answer. Some servers answer late on purpose.
    type: int
    default: 60
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details: In check mode no mail is handed over. Each attempt stops after the recipient.
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
- name: See whether the server itself refuses viruses
  mailfleet.tls_audit.smtp_av_probe:
    recipient: av-test@example.edu
'''

RETURN = r'''
run:
  description: The word in the Message-IDs.
  returned: success
  type: str
  sample: 5f3a9c21
deliveries:
  description:
    - What became of each mail. C(verdict) is V(accepted), V(refused), V(deferred), V(no_starttls), V(tls_failed) or V(broken) (no connection, or one
      that broke off). C(stage), C(code) and C(text) are the last command and the answer to it.
    - C(masked) says that something on the way wrote over the server's extensions.
  returned: success
  type: list
  elements: dict
  sample: [{"mail": "eicar", "over": "plaintext", "message_id": "5f3a9c21-eicar-plaintext@test.invalid", "verdict": "refused", "stage": "data", "code": 550,
            "text": "5.7.1 virus found", "tls": null, "masked": false}]
'''

import binascii
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import client, test_mail

NOTHING = 'none'


def attempt(options, run, mail, over, hand_over):
    """Make one attempt. Return it as a mapping."""
    marker = '%s-%s-%s' % (run, mail, over)
    message = test_mail.message(mail, marker, options['sender'], options['recipient']) if hand_over and mail != NOTHING else None
    delivery = client.deliver(options['host'], options['port'], options['helo'], options['sender'], options['recipient'], message,
                              over == 'starttls', options['timeout'])
    return dict(delivery.result(), mail=mail, over=over, message_id='%s@test.invalid' % marker)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            host=dict(type='str', default='127.0.0.1'),
            port=dict(type='int', default=25),
            recipient=dict(type='str', required=True),
            sender=dict(type='str', default='mail-test@localhost.localdomain'),
            helo=dict(type='str', default='localhost.localdomain'),
            mails=dict(type='list', elements='str', choices=['none', 'clean', 'eicar'], default=['clean', 'eicar']),
            over=dict(type='list', elements='str', choices=['plaintext', 'starttls'], default=['plaintext', 'starttls']),
            run=dict(type='str'),
            timeout=dict(type='int', default=60),
        ),
        supports_check_mode=True,
    )
    options = module.params
    run = options['run'] or binascii.hexlify(os.urandom(4)).decode('ascii')
    deliveries = [attempt(options, run, mail, over, not module.check_mode) for mail in options['mails'] for over in options['over']]
    module.exit_json(changed=False, run=run, deliveries=deliveries)


if __name__ == '__main__':
    main()
