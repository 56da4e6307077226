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
  - Hands over a clean mail and one with the harmless EICAR test file, each in plaintext and over STARTTLS as asked, and returns the server's answers. Each mail
    has a Message-ID, a subject and a sender of its own.
  - Clean mail goes first. EICAR is not sent in a way in which clean mail did not get in.
  - The EICAR file is put together at run time. Certificates are not checked, as no mail server checks them; one that has expired is told.
  - Send to a mailbox whose owner agreed to it only.
  - What the server says is one of the sources that tell what became of a mail. M(mailfleet.tls_audit.mail_trail) finds the others on the server.
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
    description:
      - Its port. On port 465 the connection is under TLS from the start, so that V(starttls) in O(over) means just that, and V(plaintext) is not sent.
    type: int
    default: 25
  recipient:
    description: The mailbox that the mails are for.
    type: str
    required: true
  sender:
    description: The sender in the envelope. By default C(mail-test) at the name of O(helo).
    type: str
  unique_sender:
    description:
      - Give each mail a sender of its own, such as C(probe+5f3a9c21-eicar-starttls@example.net) for O(sender=probe@example.net), by which it is found in a log
        that has no Message-ID.
    type: bool
    default: true
  helo:
    description: The name that the server is greeted with. By default that of this host, and V(localhost.localdomain) to loopback.
    type: str
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
    description: A word that stands in each mail's Message-ID with the step's name, of letters and digits. If not set, a random one.
    type: str
  timeout:
    description: Seconds to wait for one answer. Some servers answer late on purpose.
    type: int
    default: 60
  max_seconds:
    description: Seconds that one mail may take in all, so that a server which sends a byte now and then ends, too.
    type: int
    default: 180
  interval:
    description:
      - Seconds to wait before each mail, the first one too. At least, and by default, 10.
      - Less is taken only where no mail server of anyone else's can be, that is, where O(host) is a loopback address, V(localhost), or an address of the
        networks that are reserved for documentation (RFC 5737). For loopback the default is 0.
    type: int
  greylist_wait:
    description:
      - Seconds to wait before those mails are sent once more that the server deferred, as greylisting does. V(0) for no second try.
      - The task takes that much longer.
    type: int
    default: 0
  look:
    description: Also return what the server shows to clients from here, in RV(view). Without a connection no mail is tried.
    type: bool
    default: false
  server_name:
    description: The name to ask for in the TLS handshake, for servers with several certificates. By default O(host).
    type: str
  username:
    description: An account to log in with, for the ports of mail submission. It is used over TLS only.
    type: str
  password:
    description: Its password.
    type: str
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details: In check mode nothing is connected to for V(clean) and V(eicar). RV(plan) says what would be sent.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: N/A
    details: It changes nothing.
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
seealso:
  - module: mailfleet.tls_audit.mail_trail
'''

EXAMPLES = r'''
- name: See whether the server itself refuses viruses
  mailfleet.tls_audit.smtp_av_probe:
    recipient: av-test@example.edu

- name: See what becomes of mail from outside
  mailfleet.tls_audit.smtp_av_probe:
    host: mx1.example.edu
    recipient: av-test@example.edu
    sender: probe@example.net
    helo: probe.example.net
    greylist_wait: 600
    look: true
  delegate_to: probe.example.net
'''

RETURN = r'''
run:
  description: The word in the Message-IDs.
  returned: success
  type: str
  sample: 5f3a9c21
plan:
  description: What was sent, or would be in check mode. C(attachment_sha256) is the digest of what the mail carries.
  returned: success
  type: list
  elements: dict
  sample: [{"mail": "eicar", "over": "plaintext", "message_id": "5f3a9c21-eicar-plaintext@test.invalid", "sender": "probe+5f3a9c21-eicar-plaintext@example.net",
            "subject": "Mail server test 5f3a9c21-eicar-plaintext", "recipient": "av-test@example.edu", "host": "mx1.example.edu", "port": 25,
            "attachment_sha256": "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"}]
deliveries:
  description:
    - What became of each mail. C(verdict) is V(accepted), V(refused), V(deferred), V(no_starttls), V(no_plaintext) (the server wants TLS first), V(tls_failed),
      V(broken) (no connection, or one that broke off) or V(not_sent). C(stage), C(code) and C(text) are the last command and the answer to it.
    - C(cause) says why a connection broke, V(refused), V(timeout), V(lost) or V(other). C(attempts) is 2 where it was sent again after O(greylist_wait).
    - C(masked) says that something on the way wrote over the server's extensions.
  returned: success
  type: list
  elements: dict
  sample: [{"mail": "eicar", "over": "plaintext", "message_id": "5f3a9c21-eicar-plaintext@test.invalid", "sender": "probe+5f3a9c21-eicar-plaintext@example.net",
            "subject": "Mail server test 5f3a9c21-eicar-plaintext", "verdict": "refused", "cause": null, "stage": "data", "code": 550,
            "text": "5.7.1 virus found", "tls": null, "masked": false, "attempts": 1, "at": "2026-11-24T10:15:00+00:00"}]
view:
  description:
    - What the server shows from here. C(banner) is its greeting, C(ehlo) what it offers before TLS, C(starttls) whether STARTTLS is among that (null without an
      answer), C(tls) the first handshake, with the certificate's fingerprint and end, and C(certificates) the fingerprints of all certificates that it shows.
  returned: with O(look=true)
  type: dict
  sample: {"verdict": "accepted", "cause": null, "stage": "ehlo", "code": 250, "text": "mx1.example.edu", "banner": "mx1.example.edu ESMTP",
           "ehlo": ["STARTTLS"],
           "masked": false, "starttls": true, "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "certificate_sha256": "5f3a", "expired": false,
           "not_after": "2027-11-24T10:41:00+00:00"}, "certificates": ["5f3a"]}
'''

import binascii
import os
import re
import socket

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import client, pace, rounds, test_mail
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp.view import view

# What goes into an SMTP command or a header: no line breaks, no blanks, no angle brackets.
_ADDRESS = re.compile(r'[^\s<>@]{1,64}@[^\s<>@]{1,255}\Z')
_NAME = re.compile(r'[A-Za-z0-9._:\[\]-]{1,255}\Z')
_RUN = re.compile(r'[A-Za-z0-9]{1,32}\Z')
IMPLICIT_TLS_PORT = 465


class BadOption(Exception):
    """An option that cannot be used. Its text names it."""


def checked(options):
    """Return the seconds between two mails. Raise BadOption."""
    for name in ('host', 'helo', 'server_name'):
        if options[name] is not None and not _NAME.match(options[name]):
            raise BadOption('%s: %r is no host name or address' % (name, str(options[name])))
    for name in ('recipient', 'sender'):
        if not _ADDRESS.match(options[name]) or not all(33 <= ord(character) < 127 for character in options[name]):
            raise BadOption('%s: %r is no mail address' % (name, str(options[name])))
    if options['run'] is not None and not _RUN.match(options['run']):
        raise BadOption('run: letters and digits, at most 32')
    if not 0 < options['port'] < 65536:
        raise BadOption('port: %d is no port' % options['port'])
    for name, low, high in (('timeout', 1, 600), ('max_seconds', 1, 3600), ('greylist_wait', 0, 3600), ('interval', 0, 3600)):
        if options[name] is not None and not low <= options[name] <= high:
            raise BadOption('%s: %d is not from %d to %d' % (name, options[name], low, high))
    if bool(options['username']) != bool(options['password']):
        raise BadOption('username and password: give both or none')
    least = pace.least_interval(options['host'])
    if options['interval'] is None:
        return 0 if pace.is_loopback(options['host']) else pace.INTERVAL
    if options['interval'] < least:
        raise BadOption('interval: at least %d seconds between two mails to %s' % (least, options['host']))
    return options['interval']


def probe(options, interval, run, check_mode):
    """Return the module's result."""
    implicit = options['port'] == IMPLICIT_TLS_PORT
    steps = rounds.steps(run, options['mails'], options['over'], options['sender'], options['unique_sender'])
    plan = [dict(step.about(), recipient=options['recipient'], host=options['host'], port=options['port'],
                 attachment_sha256=test_mail.attachment_sha256(step.mail)) for step in steps if step.mail != rounds.NOTHING]
    result = {'run': run, 'plan': plan}
    why = dict((step.marker, 'check mode') for step in steps if check_mode and step.mail != rounds.NOTHING)
    if options['look'] and not check_mode:
        result['view'] = seen = view(options['host'], options['port'], options['helo'], options['timeout'], options['server_name'], implicit)
        if seen['stage'] == 'connect' and seen['verdict'] != client.ACCEPTED:
            why.update((step.marker, 'no connection: %s' % seen['text']) for step in steps)
    if implicit:
        why.update((step.marker, 'port 465 takes no plaintext') for step in steps if step.over == rounds.PLAINTEXT)
    server = client.Server(options['host'], options['port'], options['helo'], options['timeout'], options['max_seconds'], implicit,
                           (options['username'], options['password']) if options['username'] else None, options['server_name'])
    sending = rounds.Rounds(server, options['recipient'], pace.Pace(interval), options['greylist_wait'])
    sent = dict((delivery['message_id'], delivery) for delivery in sending.run([step for step in steps if step.marker not in why]))
    result['deliveries'] = [rounds.not_sent(step, why[step.marker]) if step.marker in why else sent[test_mail.message_id(step.marker)] for step in steps]
    return result


def main():
    module = AnsibleModule(
        argument_spec=dict(
            host=dict(type='str', default='127.0.0.1'),
            port=dict(type='int', default=25),
            recipient=dict(type='str', required=True),
            sender=dict(type='str'),
            unique_sender=dict(type='bool', default=True),
            helo=dict(type='str'),
            mails=dict(type='list', elements='str', choices=['none', 'clean', 'eicar'], default=['clean', 'eicar']),
            over=dict(type='list', elements='str', choices=['plaintext', 'starttls'], default=['plaintext', 'starttls']),
            run=dict(type='str'),
            timeout=dict(type='int', default=60),
            max_seconds=dict(type='int', default=180),
            interval=dict(type='int'),
            greylist_wait=dict(type='int', default=0),
            look=dict(type='bool', default=False),
            server_name=dict(type='str'),
            username=dict(type='str'),
            password=dict(type='str', no_log=True),
        ),
        supports_check_mode=True,
    )
    options = module.params
    options['helo'] = options['helo'] or ('localhost.localdomain' if pace.is_loopback(options['host']) else socket.getfqdn())
    options['sender'] = options['sender'] or 'mail-test@%s' % options['helo']
    try:
        interval = checked(options)
    except BadOption as error:
        module.fail_json(msg=str(error))
    run = options['run'] or binascii.hexlify(os.urandom(4)).decode('ascii')
    module.exit_json(changed=False, **probe(options, interval, run, module.check_mode))


if __name__ == '__main__':
    main()
