# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which test mails are sent, in which order, and which of them once more. PRIVATE to the collection.

Clean mail goes first. Where it does not get in, EICAR is not sent the same way: nothing could be learned from it. A server that defers mail of strangers
(greylisting) gets the deferred ones once more, from the same senders, after a while.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import client, test_mail

NOTHING = 'none'            # goes as far as the recipient
PLAINTEXT, STARTTLS = 'plaintext', 'starttls'
NOT_SENT = 'not_sent'


class Step(object):
    """One mail and its way. run: a random word; sender: the envelope's."""

    def __init__(self, run, mail, over, sender, unique_sender):
        self.mail, self.over = mail, over
        self.marker = test_mail.marker(run, mail, over)
        self.sender = test_mail.sender(sender, self.marker) if unique_sender else sender

    def about(self):
        """Return what tells the step from others, as a mapping for a module's result."""
        return {'mail': self.mail, 'over': self.over, 'message_id': test_mail.message_id(self.marker), 'sender': self.sender,
                'subject': test_mail.subject(self.marker)}


def steps(run, mails, over, sender, unique_sender):
    """Return the steps in their order."""
    return [Step(run, mail, way, sender, unique_sender) for mail in mails for way in over]


def not_sent(step, why):
    """Return the result of a step that was not tried."""
    return dict(step.about(), verdict=NOT_SENT, cause=None, stage=None, code=None, text=why, tls=None, masked=False, attempts=0, at=None)


class Rounds(object):
    """Sends the steps. server: a client.Server; pace: waits before each mail that is handed over; greylist_wait: seconds, 0 for no second try."""

    def __init__(self, server, recipient, pace, greylist_wait, sleep=time.sleep):
        self._server, self._recipient, self._pace = server, recipient, pace
        self._greylist_wait, self._sleep = greylist_wait, sleep
        self._results = {}

    def run(self, wanted):
        """Return the result of each step, in their order."""
        self._round(wanted)
        deferred = [step for step in wanted if self._verdict(step) == client.DEFERRED and step.mail != NOTHING]
        if deferred and self._greylist_wait:
            self._sleep(self._greylist_wait)
            self._round(deferred)
        return [self._results[step.marker] for step in wanted]

    def _verdict(self, step):
        return self._results[step.marker]['verdict']

    def _round(self, wanted):
        for step in wanted:
            control = self._control_of(step)
            if control is not None and control['verdict'] not in (client.ACCEPTED, client.DEFERRED):
                self._results[step.marker] = not_sent(step, 'clean mail did not get in this way: %s' % control['verdict'])
            else:
                self._send(step)

    def _control_of(self, step):
        if step.mail != test_mail.EICAR:
            return None
        found = [other for other in self._results.values() if other['mail'] == test_mail.CLEAN and other['over'] == step.over]
        return found[0] if found else None

    def _send(self, step):
        message = None
        if step.mail != NOTHING:
            message = test_mail.message(step.mail, step.marker, step.sender, self._recipient)
            self._pace.wait()
        delivery = client.deliver_to(self._server, step.sender, self._recipient, message, step.over == STARTTLS)
        attempts = self._results.get(step.marker, {}).get('attempts', 0) + 1
        self._results[step.marker] = dict(delivery.result(), attempts=attempts, at=time.strftime('%Y-%m-%dT%H:%M:%S+00:00', time.gmtime()), **step.about())
