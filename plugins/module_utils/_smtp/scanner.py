# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether clamd and clamav-milter do their work, asked in their own protocols. PRIVATE to the collection.

clamd(8): `zINSTREAM`, then chunks of a 4-byte length and data, then a length of 0. The milter protocol: libmilter/mfdef.h, SMFIC_OPTNEG.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import pwd
import socket
import struct

_OPTIONS = struct.pack('>IcIII', 13, b'O', 6, 0x1ff, 0x1fffff)
_QUIT = struct.pack('>Ic', 1, b'Q')
_ERRORS = (socket.error, OSError, IOError, struct.error)


class NotReady(Exception):
    """It does not do its work. Its text says which part, and what happened."""


def connect(endpoint, timeout):
    """Return a socket connected to `unix:path` or `inet:host:port`."""
    kind, unused, address = endpoint.partition(':')
    if kind == 'unix':
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(timeout)
        client.connect(address)
        return client
    host, unused, port = address.rpartition(':')
    return socket.create_connection((host.strip('[]'), int(port)), timeout)


def scan(endpoint, data, timeout=30):
    """Return clamd's verdict on some bytes, such as `stream: OK`. Raises NotReady."""
    try:
        client = connect(endpoint, timeout)
        try:
            client.sendall(b'zINSTREAM\0' + struct.pack('>I', len(data)) + data + struct.pack('>I', 0))
            return client.recv(1024).rstrip(b'\0').decode('utf-8', 'replace')
        finally:
            client.close()
    except _ERRORS as error:
        raise NotReady('clamd does not answer at %s: %s' % (endpoint, error))


def negotiate(endpoint, timeout=10):
    """Ask a milter for its options. Raises NotReady unless it answers as one."""
    try:
        client = connect(endpoint, timeout)
        try:
            client.sendall(_OPTIONS)
            answer = client.recv(5)
            client.sendall(_QUIT)
        finally:
            client.close()
    except _ERRORS as error:
        raise NotReady('the milter does not answer at %s: %s' % (endpoint, error))
    if answer[4:5] != b'O':
        raise NotReady('what answers at %s is no milter' % endpoint)


def negotiate_as(user, endpoint, timeout=10):
    """The same as another account, whose rights decide whether it reaches the socket. Raises NotReady."""
    account = pwd.getpwnam(user)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            os.initgroups(account.pw_name, account.pw_gid)
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            negotiate(endpoint, timeout)
            problem = ''
        except Exception as error:  # pylint: disable=broad-except
            problem = str(error) or error.__class__.__name__
        os.write(writing, problem.encode('utf-8', 'replace')[:1000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, 'rb') as answer:
        problem = answer.read().decode('utf-8', 'replace')
    os.waitpid(child, 0)
    if problem:
        raise NotReady('as %s: %s' % (user, problem))
