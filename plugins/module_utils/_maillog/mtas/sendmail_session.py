# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Sendmail process that serves one client, as far as its lines told by now. PRIVATE to the collection.

The daemon forks for every connection (daemon.c, getrequests), so a process is a session. At the default LogLevel neither its beginning nor
its end is logged; what tells two sessions of one process id apart is the queue id: its first six characters are the second in which the
process took its first id, and stay (queue.c, assign_queueid: LastQueueTime). Its client is in some lines only, often in the last one, and
mail of local programs has none: until the client is known, what is counted goes nowhere.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import LOCAL
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.sessions import Session

NO_CLIENT = (LOCAL, b'')
# So many processes are remembered for further lines of theirs: as many as a session may be overtaken by.
MAX_OPEN = 20000


class Process(Session):
    """A session whose client may not be known yet."""

    by_queue = False
    # No mail, so no `proto=`: only lines that come at LogLevel 9 tell TLS from plaintext, see visibility.py.
    over = classes.VEILED
    identity = None         # first six characters of its queue ids
    turn = 0                # order in which processes were met
    in_plaintext = False    # a message was begun without TLS
    late = None             # undoes the handshake that may belong to the next session of this process id, see Processes.handshake
    accepted = None         # queue id of the last message that counts as accepted
    refused = None          # queue id of the message whose content was refused or cut short

    def is_known(self):
        """Tell whether the client is known."""
        return self.client is not NO_CLIENT

    def meet(self, client, tally):
        """Note the client: from here on the session counts."""
        if not self.is_known():
            self.client = client
            self.group = tally.group(self.day, self.service.number, client[0])

    def accept(self, queue_id):
        """Count a message that was taken in, unless its content was refused before."""
        if self.refused != queue_id:
            self.accepted = queue_id
            self.messages += 1

    def refuse_content(self, queue_id, rejected):
        """Take a message back: the client's data ended in an error, which is logged before or after the message's own line."""
        if self.accepted == queue_id:
            self.messages -= 1
            self.accepted = None
        self.refused = queue_id
        self.rejected += rejected


class Processes:
    """The processes that are remembered: they live in `Sessions`, which tallies them."""

    def __init__(self, sessions, tally):
        self._sessions = sessions
        self._tally = tally
        self._turn = 0

    def begin(self, key, day, service):
        """Begin a session of a process, ending the one before."""
        self.end(key)
        sessions = self._sessions.open
        if len(sessions) >= MAX_OPEN:
            self._forget()
        process = sessions[key] = Process(day, service, NO_CLIENT, {})
        self._turn += 1
        process.turn = self._turn
        return process

    def end(self, key):
        """End the session of a process, if it has one."""
        process = self._sessions.open.pop(key, None)
        if process is not None:
            self._sessions.end(process, process.over)

    def drop(self, key):
        """Forget a process that served no client."""
        self._sessions.open.pop(key, None)

    def of_queue_id(self, key, queue_id, day, service, client=None):
        """Return the session of a process that logs this queue id, and this client where the line names one."""
        process = self._sessions.open.get(key)
        identity = queue_id[:6]
        if process is None or process.identity is None and _differ(process, client):
            process = self.begin(key, day, service)
        elif process.identity not in (None, identity):
            late = process.late
            if late:
                _undo(process)
            process = self.begin(key, day, service)
            if late:
                # Its names were counted with the line.
                process.handshake, process.failed = late[0], not late[0]
        process.identity = identity
        process.late = None
        if client:
            process.meet(client, self._tally)
        return process

    def of_client(self, key, client, day, service, first):
        """Return the session of a process that logs this client in a line without a queue id. first: nothing but the connection comes before it."""
        process = self._sessions.open.get(key)
        if process is None or _differ(process, client) or first and (process.identity or process.handshake or process.failed):
            process = self.begin(key, day, service)
        if client:
            process.meet(client, self._tally)
        return process

    def of_handshake(self, key, client, day, service):
        """Return the session of a process that logs a handshake of this client, or of one that it does not name."""
        process = self._sessions.open.get(key)
        return self.of_client(key, client, day, service, process is not None and (process.handshake or process.failed))

    def handshake(self, process, names):
        """Note a handshake: names are its protocol and cipher, or None when it failed.

        After a queue id it is either STARTTLS in mid-session or the next session of this process id from the same client. It counts as the
        first until a queue id of another process tells better.
        """
        if process.identity is not None:
            process.late = (names is not None, process.before)
        if names is None:
            process.failed = True
            return
        self._sessions.complete_handshake(process)
        if process.client[0] != LOCAL:
            self._tally.add_handshake(process.day, *names)

    def complete(self, process):
        """Note that a handshake completed after the session had begun in plaintext."""
        self._sessions.complete_handshake(process)

    def _forget(self):
        """End the older half."""
        mine = [(process.turn, key) for key, process in self._sessions.open.items() if isinstance(process, Process)]
        for unused, key in sorted(mine)[:max(len(mine) // 2, 1)]:
            self.end(key)


def _differ(process, client):
    return bool(client) and process.is_known() and process.client[1] != client[1]


def _undo(process):
    """Take back the late handshake of a process."""
    completed, before = process.late
    if not completed:
        process.failed = False
        return
    process.handshake = False
    if process.before:
        process.messages += process.before[0]
        process.rejected += process.before[1]
        process.unknown_user += process.before[2]
    process.before = before
