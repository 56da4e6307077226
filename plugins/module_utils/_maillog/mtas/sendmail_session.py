# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Sendmail process that serves one client, as far as its lines told by now. PRIVATE to the collection.

The daemon forks for every connection (daemon.c, getrequests), so a process is a session. At the default LogLevel neither its beginning nor
its end is logged; what tells two sessions of one process id apart is the queue id: its first six characters are the second in which the
process took its first id, and stay (queue.c, assign_queueid: LastQueueTime). Its client is in some lines only, often in the last one, and
mail of local programs has none: until the client is known, what is counted goes nowhere.

A process is forgotten, which ends its session, once `WINDOW` lines of Sendmail's came without one of its own. So what a part of a log says of a
process behind that many of its lines does not depend on the parts before.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import LOCAL
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.sessions import Session

NO_CLIENT = (LOCAL, b'')
# So many processes are remembered for further lines of theirs: as many as a session may be overtaken by.
WINDOW = 10000


class Process(Session):
    """A session whose client may not be known yet."""

    by_queue = False
    # No mail, so no `proto=`: only lines that come at LogLevel 9 tell TLS from plaintext, see visibility.py.
    over = classes.VEILED
    identity = None         # first six characters of its queue ids
    turn = 0                # the clock at its last line
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
            if self.messages:
                self.messages -= 1
            elif self.before:
                # Accepted before a handshake that stands between its own line and this one.
                self.before[0] -= 1
            self.accepted = None
        self.refused = queue_id
        self.rejected += rejected


class Processes:
    """The processes that are remembered."""

    def __init__(self, sessions, tally):
        self.clock = 0              # lines so far
        self._open = {}             # process key -> Process
        self._sessions = sessions   # which tallies those that end
        self._tally = tally

    def begin(self, key, day, service):
        """Begin a session of a process, ending the one before."""
        self.end(key)
        if len(self._open) >= WINDOW + WINDOW // 2:
            for old in [old for old, process in self._open.items() if self.clock - process.turn >= WINDOW]:
                self.end(old)
        process = self._open[key] = Process(day, service, NO_CLIENT, {})
        process.turn = self.clock
        return process

    def end(self, key):
        """End the session of a process, if it has one."""
        process = self._open.pop(key, None)
        if process is not None:
            self._sessions.end(process, process.over)

    def end_all(self):
        """End all sessions: no more lines come."""
        for key in sorted(self._open):
            self.end(key)

    def drop(self, key):
        """Forget a process that served no client."""
        if self._get(key) is not None:
            del self._open[key]

    def _get(self, key):
        process = self._open.get(key)
        if process is not None:
            if self.clock - process.turn >= WINDOW:
                self.end(key)
                return None
            process.turn = self.clock
        return process

    def of_queue_id(self, key, queue_id, day, service, client=None):
        """Return the session of a process that logs this queue id, and this client where the line names one."""
        process = self._get(key)
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
        process = self._get(key)
        if process is None or _differ(process, client) or first and (process.identity or process.handshake or process.failed):
            process = self.begin(key, day, service)
        if client:
            process.meet(client, self._tally)
        return process

    def of_handshake(self, key, client, day, service):
        """Return the session of a process that logs a handshake of this client, or of one that it does not name."""
        process = self._get(key)
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

    def all(self):
        """Return key -> Process of those whose session has not ended."""
        return self._open

    def adopt(self, key, process):
        """Take in a process of the part that follows: the one here that had its number is forgotten by then."""
        self.end(key)
        self._open[key] = process


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


_CLASSES = (classes.PLAINTEXT, classes.SILENT, classes.VEILED)


def dump(process):
    """Return a process as a list of bytes and numbers."""
    client = [process.client[0].encode('ascii'), process.client[1]] if process.is_known() else None
    return [process.day, client, process.turn, process.identity, process.in_plaintext, process.late, process.accepted, process.refused,
            _CLASSES.index(process.over), process.handshake, process.failed, process.messages, process.rejected, process.unknown_user, process.before]


def load(row, service, tally):
    """Return the process of a service that was dumped."""
    process = Process(row[0], service, NO_CLIENT, {})
    if row[1]:
        process.meet((str(row[1][0].decode('ascii')), row[1][1]), tally)
    process.turn, process.identity, process.in_plaintext, process.late, process.accepted, process.refused = row[2:8]
    process.over, process.handshake, process.failed = _CLASSES[row[8]], row[9], row[10]
    process.special = process.special or process.handshake
    process.messages, process.rejected, process.unknown_user, process.before = row[11:]
    return process
