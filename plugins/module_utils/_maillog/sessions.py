# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions that are being put together from log lines, whichever MTA wrote them. PRIVATE to the collection.

A session is one client connection served by one process. The MTA's reader opens, feeds and closes it; what it was is tallied when it
ends, with the day of its beginning.

A part of a log may be read without the parts before it. What a process does there without having begun a session is a fragment: the rest of
a session that an earlier part may have left open. Merging (merged_sessions.py) gives it to that session, or drops it as an orphan.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import processes, tally as classes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.networks import EXTERNAL, LOCAL
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.queue_ids import QueueIds

MAX_CLIENTS = 100000
# So many processes at most can have had a session open at the beginning of a part.
MAX_FRAGMENTS = 20000
# More processes than the mail systems of hundreds of hosts have. Whoever can write a log can write any process number.
MAX_OPEN = 50000

_WITHOUT_TLS = (classes.PLAINTEXT, classes.SILENT, classes.VEILED)
CLOSED = 'closed'


class Session(object):
    """One client connection while its lines come in. What most sessions never set has its value here."""

    special = False         # there is more to its end than one cell of the tally
    fragment = False        # the part did not see it begin
    handshake = False       # completed, as a line of the log says
    names = None            # protocol and cipher of the handshake, where the log says
    messages = 0            # accepted, as far as known
    rejected = 0
    unknown_user = 0
    before = None           # [messages, rejected, unknown user] before the handshake: plaintext
    transactions = 0        # begun, as lines of the log say
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

    @property
    def attempted(self):
        """Whether a handshake was begun, as a line of the log says."""
        return self.special and self.__dict__.get('_attempted', False)

    @attempted.setter
    def attempted(self, value):
        self._attempted = value
        self.special = self.special or value

    @property
    def failed(self):
        """Whether a handshake failed, as a line of the log says."""
        return self.special and self.__dict__.get('_failed', False)

    @failed.setter
    def failed(self, value):
        self._failed = value
        self.special = self.special or value


class Fragment(Session):
    """The rest of a session that began before the part."""

    special = True
    fragment = True
    handshakes = 0          # lines that say so
    fate = None             # CLOSED, or what else ended it
    silent_class = None     # as its end says
    counted = None
    owner = None            # the session that it turned out to belong to
    behind = False          # which had its handshake behind it

    def __init__(self, service):
        super(Fragment, self).__init__(None, service, None, None)


class Sessions:
    """The open sessions, and the queue ids of messages that may still be accepted or rejected.

    headless: this is a part of a log, and what came before it is not known.
    """

    def __init__(self, tally, notices, include_clients=False, headless=False):
        self.tally = tally
        self.notices = notices
        self._groups = tally.groups
        self.headless = headless
        self.overflowed = False
        self.open = {}              # process key -> Session
        self.clients = {} if include_clients else None
        self.queue_ids = QueueIds(headless)
        self.fragments = {}         # process key -> Fragment, open or not
        self.processes = processes.Processes() if headless else None

    def begin(self, key, day, service, client, once=False):
        """Begin a session of a process. One that it still has open was never logged as closed: its process was killed or its line lost.

        once: no session before this part has the key; it is the session's, not a process's.
        """
        if key in self.open:
            self._end_as(self.open[key], processes.BEGUN)
        elif len(self.open) >= MAX_OPEN:
            self.overflowed = True
            self.notices.add('too_many_processes', 'more than %d sessions were open at once; they are taken to be still open' % MAX_OPEN)
            self.end_all('a session was still open when there were too many')
        if self.headless and not once and key not in self.processes.recent:
            self.processes.begin(key, service.instance)
        group = self._groups.get((day, service.number, client[0]))
        if group is None:
            group = self.tally.group(day, service.number, client[0])
        self.open[key] = Session(day, service, client, group)

    def resume(self, key, service):
        """Return the session that a process without an open one may have had since before this part, or None."""
        if not self.headless or not self._is_new(key, service):
            return None
        if len(self.fragments) >= MAX_FRAGMENTS:
            self.overflowed = True
            return None
        fragment = self.fragments[key] = self.open[key] = Fragment(service)
        return fragment

    def _is_new(self, key, service):
        return key not in self.fragments and self.processes.fate(key, service.instance) is None

    def complete_handshake(self, session, names=None):
        """Note that the handshake completed, with the names of protocol and cipher: what the session did before it, it did in plaintext."""
        if session.fragment:
            session.handshakes += 1
        if not session.handshake:
            session.handshake = session.special = True
            session.names = names
            if session.messages or session.rejected or session.before:
                session.before = [session.messages, session.rejected, session.unknown_user]
                session.messages = session.rejected = session.unknown_user = 0

    def close(self, key, session, silent_class, counted=None):
        """End a session as its process says. counted: the messages that the client sent, where that line tells."""
        del self.open[key]
        self.end(session, silent_class, counted)

    def end(self, session, silent_class, counted=None):
        """Tally a session. silent_class: what it is when no line told of TLS."""
        if session.fragment:
            session.fate, session.silent_class, session.counted = CLOSED, silent_class, counted
            return
        if counted is not None and not (session.handshake and session.queued_before):
            # A number without its lines proves nothing: whoever forges one line must not be able to count a million messages.
            session.messages = min(counted, session.transactions)
            session.by_queue = False
        if session.handshake:
            silent_class = classes.TLS
            if session.names and session.client[0] != LOCAL:
                self.tally.add_handshake(session.day, session.names[0], session.names[1])
        elif silent_class != classes.TLS and (session.failed or session.attempted):
            # Counters of its own that tell of a STARTTLS that succeeded say more than a line that may have been lost.
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
            self._count_client(session.client[1], 1)

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
                self._end_as(session, processes.KILLED, silent_class)

    def kill_process(self, host, process_id):
        """End the session of a process that is gone, given by its syslog host and its number."""
        ending, host_prefix = b'[%d]: ' % process_id, host + b' '
        self.kill(sorted(key for key in self.open if key.endswith(ending) and key.startswith(host_prefix)))
        if self.headless:
            self.processes.kill(host, process_id)

    def kill_instance(self, host, instance):
        """End the sessions of all processes of a mail system."""
        self.kill(sorted(key for key, session in self.open.items() if session.service.instance == (host, instance)))
        if self.headless:
            self.processes.restart(host, instance)

    def _end_as(self, session, fate, silent_class=classes.SILENT):
        """End a session whose process said nothing."""
        self.end(session, silent_class)
        if session.fragment:
            session.fate = fate
        elif fate == processes.KILLED:
            self.notices.add('killed_session', 'a process ended without closing its session')
        else:
            self.notices.add('missing_disconnect', 'a process began a session while another was still open')

    def note_orphan_end(self):
        """Note that a process closed a session that is not known."""
        self.notices.add('orphan_disconnect', 'a session ended that began before the logs do; it is not counted')

    def note_orphan_tls(self, count=1):
        """Note TLS of a session that is not known."""
        self.notices.add('orphan_tls', 'TLS was logged outside of any session; it is not counted', count)

    def queue(self, queue_key, session):
        """Remember that a session, or one that is not known (None), began a transaction with this queue id."""
        if session is None:
            self.queue_ids.disown(queue_key)
            return
        self.queue_ids.own(queue_key, session)
        session.transactions += 1
        if not session.handshake:
            session.queued_before = True

    def confirm(self, queue_key):
        """Count a message that the queue manager took over; each transaction once."""
        owner = self.queue_ids.confirm(queue_key)
        if owner is not None and owner[0].by_queue:
            self._credit(owner, 1, 0, 0)

    def reject_queued(self, queue_key, unknown_user):
        """Count a reject that names its queue id alone (cleanup's milter and content rejects). Return whether a session owns it."""
        owner = self.queue_ids.rejected(queue_key, unknown_user)
        if owner is None:
            return False
        self._credit(owner, 0, 1, unknown_user)
        return True

    def _credit(self, owner, messages, rejected, unknown_user):
        session, after_handshake = owner[:2]
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

    def _count_client(self, address, sessions):
        clients = self.clients
        clients[address] = clients.get(address, 0) + sessions
        if len(clients) > MAX_CLIENTS:
            # Keep the frequent half; a client that matters comes back.
            for rare in sorted(clients, key=clients.get)[:len(clients) // 2]:
                del clients[rare]
