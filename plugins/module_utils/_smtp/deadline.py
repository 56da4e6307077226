# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a conversation that takes too long in all. PRIVATE to the collection.

A socket's timeout is one for each wait, so a server that sends a byte now and then would hold its client for ever.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import socket
import threading


class Deadline(object):
    """Shuts a connection down when its time is over. seconds: for all of the conversation, from `watch` on."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.passed = False
        self._timer = self._connection = None

    def watch(self, connection):
        """Begin with a connected socket. A second handle of it: what TLS makes of the first one does not matter then."""
        descriptor = os.dup(connection.fileno())
        try:
            self._connection = socket.fromfd(descriptor, connection.family, connection.type)
        finally:
            os.close(descriptor)
        self._timer = threading.Timer(self.seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self):
        self.passed = True
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except (socket.error, OSError):
            pass        # it has ended already

    def close(self):
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._connection.close()
            self._timer = self._connection = None
