# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions that are being put together from log lines, whichever MTA wrote them. PRIVATE to the collection.

A session is one client connection served by one process. The MTA's reader opens, feeds and closes it; what it was is tallied when it
ends, with the day of its beginning.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import EXTERNAL

# Queue ids whose fate is not known yet. Aborted transactions never get one, so the oldest are forgotten.
MAX_PENDING = 20000
MAX_CLIENTS = 100000

_WITHOUT_TLS = (classes.PLAINTEXT, classes.SILENT, classes.VEILED)


class Session(object):
    """One client connection while its lines come in. What most sessions never set has its value here."""

    handshake = False       # completed, as a line of the log says
    attempted = False       # begun, as a line of the log says
    failed = False
    messages = 0            # accepted, as far as known
    rejected = 0
    unknown_user = 0
    before = None           # [messages, rejected, unknown user] before the handshake: plaintext
    queued_before = False   # a transaction was begun before any handshake
    by_queue = True         # messages are counted as the queue manager confirms them
    tls_class = None        # set at the end
    over = None             # what it is when no more lines come, where its MTA logs no end of a session; None where it does
    msgid = None            # of the last message, where its MTA logs one more than once

    def __init__(self, day, service, client, group):
        self.day = day
        self.service = service
        self.client = client    # scope, address
        self.group = group      # where it is tallied


class Sessions:
    """The open sessions, and the queue ids of messages that may still be accepted or rejected."""

    def __init__(self, tally, notices, include_clients=False):
        self.tally = tally
        self.notices = notices
        self.open = {}              # process key -> Session
        self.clients = {} if include_clients else None
        self._pending = {}          # queue id key -> (Session, transaction was behind the handshake)
        self._pending_before = {}

    def begin(self, key, day, service, client):
        """Begin a session of a process. One that it still has open was never logged as closed: its process was killed or its line lost."""
        previous = self.open.get(key)
        if previous is not None:
            self.notices.add('missing_disconnect', 'a process began a session while another was still open')
            self.end(previous, classes.SILENT)
        self.open[key] = Session(day, service, client, self.tally.group(day, service.number, client[0]))

    def complete_handshake(self, session):
        """Note that the handshake completed: what the session did before it, it did in plaintext."""
        if not session.handshake:
            session.handshake = True
            if session.messages or session.rejected or session.before:
                session.before = [session.messages, session.rejected, session.unknown_user]
                session.messages = session.rejected = session.unknown_user = 0

    def end(self, session, silent_class):
        """Tally a session. silent_class: what it is when no line told of TLS."""
        if session.handshake:
            silent_class = classes.TLS
        elif session.failed or session.attempted:
            silent_class = classes.TLS_FAILED
        session.tls_class = silent_class
        add, group = self.tally.add, session.group
        if silent_class == classes.TLS_FAILED:
            # Its mail, if any, was sent before the handshake that ended it.
            add(group, classes.TLS_FAILED, 1, 0, 0, 0)
            if session.messages or session.rejected:
                add(group, classes.PLAINTEXT, 0, session.messages, session.rejected, session.unknown_user)
        else:
            add(group, silent_class, 1, session.messages, session.rejected, session.unknown_user)
            if session.before:
                add(group, classes.PLAINTEXT, 0, *session.before)
        if self.clients is not None and session.client[0] == EXTERNAL and silent_class in _WITHOUT_TLS:
            self._count_client(session.client[1])

    def end_all(self, notice):
        """End what is still open: at the end of the logs, or when the mail system was stopped."""
        for key in sorted(self.open):
            session = self.open[key]
            if session.over is not None:
                self.end(session, session.over)
                continue
            self.end(session, classes.OPEN)
            self.notices.add('open_session', notice)
        self.open.clear()

    def kill(self, keys, silent_class=classes.SILENT):
        """End the sessions of processes that are gone."""
        for key in keys:
            session = self.open.pop(key, None)
            if session is not None:
                self.notices.add('killed_session', 'a process ended without closing its session')
                self.end(session, silent_class)

    def queue(self, queue_key, session):
        """Remember that a session began a transaction with this queue id. Short ids are used again: the latest owner counts."""
        if len(self._pending) >= MAX_PENDING:
            self._pending_before, self._pending = self._pending, {}
        self._pending[queue_key] = (session, session.handshake)
        if not session.handshake:
            session.queued_before = True

    def _owner(self, queue_key):
        owner = self._pending.get(queue_key)
        return owner if owner is not None else self._pending_before.get(queue_key)

    def confirm(self, queue_key):
        """Count a message that the queue manager took over; each queue id once."""
        owner = self._pending.pop(queue_key, None) or self._pending_before.pop(queue_key, None)
        if owner is not None and owner[0].by_queue:
            self._credit(owner, 1, 0, 0)

    def reject_queued(self, queue_key, unknown_user):
        """Count a reject that names its queue id alone (cleanup's milter and content rejects). Return whether a session owns it."""
        owner = self._owner(queue_key)
        if owner is None:
            return False
        self._credit(owner, 0, 1, unknown_user)
        return True

    def _credit(self, owner, messages, rejected, unknown_user):
        session, after_handshake = owner
        if session.tls_class is not None:
            tls_class = session.tls_class
            if tls_class == classes.TLS_FAILED or (tls_class == classes.TLS and session.handshake and not after_handshake):
                tls_class = classes.PLAINTEXT
            self.tally.add(session.group, tls_class, 0, messages, rejected, unknown_user)
        elif session.handshake and not after_handshake:
            before = session.before = session.before or [0, 0, 0]
            before[0] += messages
            before[1] += rejected
            before[2] += unknown_user
        else:
            session.messages += messages
            session.rejected += rejected
            session.unknown_user += unknown_user

    def _count_client(self, address):
        clients = self.clients
        clients[address] = clients.get(address, 0) + 1
        if len(clients) > MAX_CLIENTS:
            # Keep the frequent half; a client that matters comes back.
            for rare in sorted(clients, key=clients.get)[:len(clients) // 2]:
                del clients[rare]
