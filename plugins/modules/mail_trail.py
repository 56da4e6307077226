#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
module: mail_trail
short_description: Find what became of test mails in a mail server's log and mailbox
version_added: 0.2.0
description:
  - Runs on the mail server that M(mailfleet.tls_audit.smtp_av_probe) sent its mails to. It is called twice. Without O(since) it returns where the log ends now.
    With it, it looks for the test mails in what was logged from there on, and in the mailbox.
  - It changes nothing. Nothing but what is about the test mails leaves the server - of the log a few lines that have their ids, of the mailbox whether the
    attachments are as they were sent.
  - Logs of Postfix, Exim, Sendmail and OpenSMTPD are understood, of clamav-milter and amavis where they log to the same files, and the journal of systemd.
    Mailboxes are Maildir folders and mbox files.
author:
  - mailfleet.tls_audit contributors (@mailfleet)
requirements:
  - Python 2.7, or 3.6 and newer, on the host.
options:
  since:
    description: What RV(moment) was before the mails were sent. Without it, nothing is looked for.
    type: str
  run:
    description: The word that all test mails have, as RV(mailfleet.tls_audit.smtp_av_probe#module:run) gives it.
    type: str
  mails:
    description: The kinds of mails that may have been sent.
    type: list
    elements: str
    choices: [clean, eicar]
    default: [clean, eicar]
  over:
    description: The ways that they may have been sent.
    type: list
    elements: str
    choices: [plaintext, starttls]
    default: [plaintext, starttls]
  recipient:
    description: The address that they were sent to. Its mailbox is looked for in the usual places of the account that its local part names.
    type: str
  mailbox:
    description: Where the mailbox is, a Maildir folder or an mbox file, where it is not in a usual place.
    type: path
  log_paths:
    description: The log files, as paths or globs. By default the usual places, and the journal.
    type: list
    elements: path
  wait:
    description: Seconds to wait at most for mails that are in the log, and not in the mailbox yet.
    type: int
    default: 60
  settle:
    description: Seconds to wait at least for mails that are nowhere yet.
    type: int
    default: 5
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
seealso:
  - module: mailfleet.tls_audit.smtp_av_probe
'''

EXAMPLES = r'''
- name: See where the log ends
  mailfleet.tls_audit.mail_trail:
  become: true
  register: before

- name: Send test mails
  mailfleet.tls_audit.smtp_av_probe:
    host: mx1.example.edu
    recipient: av-test@example.edu
  delegate_to: probe.example.net
  register: sent

- name: See what became of them
  mailfleet.tls_audit.mail_trail:
    since: "{{ before.moment }}"
    run: "{{ sent.run }}"
    recipient: av-test@example.edu
  become: true
'''

RETURN = r'''
moment:
  description: Where the log ends, in a form of this module's own.
  returned: without O(since)
  type: str
  sample: "1795904780|1312:88123|"
log:
  description: Whether any log could be read (C(readable)), and why files could not (C(unread)). C(lost_connections) counts connections from the test mails'
    client that were lost while a mail came in.
  returned: with O(since)
  type: dict
  sample: {"readable": true, "unread": [], "lost_connections": 0}
mailbox:
  description: The mailboxes that were looked into (C(looked)), and why others were not (C(unread)).
  returned: with O(since)
  type: dict
  sample: {"looked": ["/var/mail/av-test"], "unread": []}
mails:
  description:
    - What is known of each mail. In C(log), whether it was seen there, refused by the server, found infected, and delivered, with its size in bytes (null where
      the log does not say), its queue ids and a few lines.
    - In C(mailbox), null where it is not there, else whether the attachment is as it was sent (C(intact)), with its digest.
  returned: with O(since)
  type: list
  elements: dict
  sample: [{"mail": "clean", "over": "plaintext", "log": {"seen": true, "refused": false, "infected": false, "delivered": true, "size": 1204,
            "client": "192.0.2.7", "queue_ids": ["4B1C72E0"], "lines": []}, "mailbox": {"intact": true, "sha256": "5f3a", "size": 1320}}]
'''

import re
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import test_mail
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._trail import fate, mailbox, window

_RUN = re.compile(r'[A-Za-z0-9]{4,32}\Z')


def look(options, steps):
    """Return what is known now, and whether more may come."""
    logged = window.Window(options['log_paths'], options['since'], Notices())
    logged.read()
    markers = dict((test_mail.marker(options['run'], mail, over), (mail, over)) for mail, over in steps)
    fates = fate.of_markers(logged.text, markers)
    if not any(known['seen'] for known in fates.values()):
        # Text files that no daemon writes to any more are common.
        logged.read_journal()
        fates = fate.of_markers(logged.text, markers)
    box = mailbox.Mailbox([options['mailbox']] if options['mailbox'] else mailbox.usual_places(options['recipient'] or ''), logged.since)
    found = box.find(dict((marker, test_mail.attachment_sha256(step[0])) for marker, step in markers.items()))
    clients = sorted(set(known['client'] for known in fates.values() if known['client']))
    mails = [{'mail': step[0], 'over': step[1], 'log': fates[marker], 'mailbox': found[marker]} for marker, step in sorted(markers.items())]
    return {
        'log': {'readable': logged.readable, 'unread': logged.unread[:10], 'lost_connections': fate.lost_connections(logged.text, clients)},
        'mailbox': {'looked': box.looked, 'unread': box.unread[:10]},
        'mails': mails,
    }, any(may_change(entry, box.looked) for entry in mails)


def may_change(entry, looked):
    """Tell whether a mail that is in the log may still get into the mailbox."""
    known = entry['log']
    return known['seen'] and not known['refused'] and (entry['mailbox'] is None if looked else not known['delivered'])


def main():
    module = AnsibleModule(
        argument_spec=dict(
            since=dict(type='str'),
            run=dict(type='str'),
            mails=dict(type='list', elements='str', choices=['clean', 'eicar'], default=['clean', 'eicar']),
            over=dict(type='list', elements='str', choices=['plaintext', 'starttls'], default=['plaintext', 'starttls']),
            recipient=dict(type='str'),
            mailbox=dict(type='path'),
            log_paths=dict(type='list', elements='path'),
            wait=dict(type='int', default=60),
            settle=dict(type='int', default=5),
        ),
        required_by={'since': ('run',)},
        supports_check_mode=True,
    )
    options = module.params
    if options['since'] is None:
        module.exit_json(changed=False, moment=window.now(options['log_paths'], Host()))
    if not _RUN.match(options['run']):
        module.fail_json(msg='run: letters and digits, 4 to 32')
    steps = [(mail, over) for mail in options['mails'] for over in options['over']]
    begin = time.time()
    try:
        result, waiting = look(options, steps)
        while time.time() - begin < (options['wait'] if waiting else options['settle']) and not settled(result, waiting):
            time.sleep(1)
            result, waiting = look(options, steps)
    except window.NoMoment as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


def settled(result, waiting):
    """Tell whether all is known of all mails."""
    return not waiting and all(entry['log']['seen'] for entry in result['mails'])


if __name__ == '__main__':
    main()
