# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands one mail to a mail server and tells what became of it. PRIVATE to the collection.

RFC 5321 for the codes, RFC 3207 for STARTTLS, RFC 8314 for TLS from the first byte on. Certificates are not checked, as no MTA checks them on its way to
another.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import smtplib
import socket
import ssl

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import certificate
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp.deadline import Deadline

# What became of a mail.
ACCEPTED, REFUSED, DEFERRED = 'accepted', 'refused', 'deferred'
# Why it could not be tried: no connection or one that broke off, no STARTTLS on offer, a handshake that failed, or a server that wants TLS first.
BROKEN, NO_STARTTLS, TLS_FAILED, NO_PLAINTEXT = 'broken', 'no_starttls', 'tls_failed', 'no_plaintext'
# Why a connection broke: nobody listens there, an answer did not come in time, the other side (or somebody between) ended it, or anything else.
CAUSE_REFUSED, CAUSE_TIMEOUT, CAUSE_LOST, CAUSE_OTHER = 'refused', 'timeout', 'lost', 'other'

ERRORS = (smtplib.SMTPException, socket.error, OSError, IOError, ValueError)
MUST_START_TLS = 530        # RFC 3207 section 4
_MAX_EXTENSIONS = 40


class Server(object):
    """Where to connect, and how. implicit: TLS from the first byte on (port 465). login: (name, password), only ever sent over TLS, or None.

    timeout: seconds for each wait; seconds: for the whole conversation. server_name: the name to ask for in TLS, by default the host's where it is one.
    ciphers: those to offer, in OpenSSL's words and without TLS 1.3, or None for all.
    """

    def __init__(self, host, port, helo, timeout=30, seconds=None, implicit=False, login=None, server_name=None, ciphers=None):
        self.host, self.port, self.helo, self.timeout = host, port, helo, timeout
        self.seconds = seconds or 10 * timeout
        self.implicit, self.login, self.ciphers = implicit, login, ciphers
        self.server_name = server_name or host


class Delivery(object):
    """One attempt. verdict: one of the words above; stage, code, text: the last command and the server's answer; tls: version, cipher, certificate."""

    def __init__(self, deadline):
        self._deadline = deadline
        self.verdict = BROKEN
        self.cause = None
        self.stage = 'connect'
        self.code = None
        self.good = False           # the last answer
        self.text = ''
        self.tls = None
        self.banner = None
        # What EHLO offered before any TLS; None before it was asked.
        self.extensions = None
        # Whether a firewall wrote over the server's extensions (`250-XXXXXXXA`).
        self.masked = False

    def answered(self, stage, code, text):
        """Note an answer. Return whether it was positive. Raise socket.timeout where time was up: smtplib takes the half of an answer for a whole one."""
        self.stage = stage
        if self._deadline.passed:
            raise socket.timeout('timed out')
        self.code, self.text, self.good = code, _text(text), 200 <= code < 300
        if 400 <= code < 500:
            self.verdict = DEFERRED
        elif 500 <= code < 600:
            self.verdict = REFUSED
        elif not self.good:
            self.text = 'not an answer of SMTP: %d %s' % (code, self.text)
        return self.good

    def failed(self, error):
        """Note that the conversation broke off, before the answer that its stage waited for."""
        self.code = None
        self.text = _text(str(error) or error.__class__.__name__)
        if self._deadline.passed:
            self.text = 'no end of the conversation within %d seconds' % self._deadline.seconds
        self.verdict = TLS_FAILED if self.stage == 'handshake' else BROKEN
        if self._deadline.passed or 'timed out' in self.text:
            self.cause = CAUSE_TIMEOUT
        elif 'refused' in self.text and self.stage == 'connect':
            self.cause = CAUSE_REFUSED
        # smtplib does not say more than this when sending fails.
        elif isinstance(error, smtplib.SMTPServerDisconnected) or 'reset by peer' in self.text or 'Broken pipe' in self.text or 'EOF' in self.text:
            self.cause = CAUSE_LOST
        else:
            self.cause = CAUSE_OTHER

    def result(self):
        """Return it as a mapping for a module's result."""
        return {'verdict': self.verdict, 'cause': self.cause, 'stage': self.stage, 'code': self.code, 'text': self.text, 'tls': self.tls,
                'masked': self.masked}


def deliver_to(server, sender, recipient, message=None, starttls=False):
    """Try to hand over a message. message: bytes; None stops after the recipient and hands over nothing. Return a Delivery."""
    return _conversation(server, starttls, lambda client, delivery: _transaction(client, delivery, sender, recipient, message))


def greet(server, starttls=False):
    """Only learn what the server offers. Return a Delivery whose verdict is `accepted` where greeting, and TLS if asked for, went well."""
    return _conversation(server, starttls, lambda client, delivery: None)


class _Client(smtplib.SMTP):
    """smtplib's, with TLS from the first byte on where that is asked for, and a deadline."""

    def __init__(self, server, delivery, deadline):
        # Not a class of type `object` under Python 2.
        smtplib.SMTP.__init__(self, local_hostname=server.helo, timeout=server.timeout)
        self.server, self._delivery, self._deadline = server, delivery, deadline

    def _get_socket(self, host, port, timeout):
        connection = smtplib.SMTP._get_socket(self, host, port, timeout)
        self._deadline.watch(connection)
        return self.secure(connection) if self.server.implicit else connection

    def secure(self, connection):
        """Return the connection under TLS, noted in the delivery."""
        self._delivery.stage = 'handshake'
        context = _context(self.server.ciphers)
        secured = context.wrap_socket(connection, server_hostname=self.server.server_name if ssl.HAS_SNI else None)
        self.file = smtplib.SSLFakeFile(secured) if hasattr(smtplib, 'SSLFakeFile') else None
        der = secured.getpeercert(True)
        shown = certificate.describe(der) if der else {'sha256': None, 'not_after': None, 'expired': None}
        self._delivery.tls = {'version': secured.version() if hasattr(secured, 'version') else None, 'cipher': secured.cipher()[0],
                              'certificate_sha256': shown['sha256'], 'not_after': shown['not_after'], 'expired': shown['expired']}
        return secured


def _context(ciphers):
    """Return a context that takes what any MTA takes: old servers are probed like new ones."""
    context = ssl.SSLContext(ssl.PROTOCOL_SSLv23)
    context.verify_mode = ssl.CERT_NONE
    if hasattr(ssl, 'TLSVersion'):
        context.minimum_version = ssl.TLSVersion.TLSv1
    if ciphers:
        context.options |= getattr(ssl, 'OP_NO_TLSv1_3', 0)
    try:
        context.set_ciphers('%s:@SECLEVEL=0' % (ciphers or 'DEFAULT'))
    except ssl.SSLError:
        # Before OpenSSL 1.1.0 there were no levels.
        context.set_ciphers(ciphers or 'DEFAULT')
    return context


def _conversation(server, starttls, rest):
    """Connect, greet, start TLS where that is asked for, do the rest. Return a Delivery."""
    deadline, client = Deadline(server.seconds), None
    delivery = Delivery(deadline)
    try:
        client = _Client(server, delivery, deadline)
        code, text = client.connect(server.host, server.port)
        delivery.banner = _text(text)
        if delivery.answered('connect', code, text) and _ready(client, delivery, starttls):
            rest(client, delivery)
            if delivery.good:
                delivery.verdict = ACCEPTED
        client.sock.settimeout(min(server.timeout, 10))
        client.quit()
    except ERRORS as error:
        # All is said once the last answer has come: a server that does not answer QUIT changes nothing.
        if delivery.verdict == BROKEN:
            delivery.failed(error)
        if client is not None:
            client.close()
    finally:
        deadline.close()
    return delivery


def _ready(client, delivery, starttls):
    """Greet, start TLS, log in. Return whether a transaction can begin."""
    if not delivery.answered('ehlo', *client.ehlo()):
        return False
    lines = client.ehlo_resp.decode('utf-8', 'replace').splitlines()[1:]
    delivery.extensions = [_text(line)[:100] for line in lines[:_MAX_EXTENSIONS]]
    delivery.masked = b'XXXXXXX' in client.ehlo_resp.upper() or '****' in (delivery.banner or '')
    if starttls and not client.server.implicit:
        if not client.has_extn('starttls'):
            delivery.verdict, delivery.stage = NO_STARTTLS, 'starttls'
            return False
        if not _start_tls(client, delivery):
            return False
    return delivery.tls is None or _log_in(client, delivery)


def _start_tls(client, delivery):
    """Start TLS. Return whether it is on. smtplib's own starttls would hide whether the server refused or the handshake failed."""
    if not delivery.answered('starttls', *client.docmd('STARTTLS')):
        return False
    client.sock = client.secure(client.sock)
    client.helo_resp = client.ehlo_resp = None
    client.esmtp_features, client.does_esmtp = {}, 0
    return delivery.answered('ehlo', *client.ehlo())


def _log_in(client, delivery):
    if client.server.login is None:
        return True
    delivery.stage = 'auth'
    try:
        return delivery.answered('auth', *client.login(*client.server.login))
    except smtplib.SMTPAuthenticationError as error:
        return delivery.answered('auth', error.smtp_code, error.smtp_error)


def _transaction(client, delivery, sender, recipient, message):
    delivery.stage = 'mail'
    if not delivery.answered('mail', *client.mail(sender)):
        if delivery.code == MUST_START_TLS and 'TLS' in delivery.text.upper() and delivery.tls is None:
            delivery.verdict = NO_PLAINTEXT
        return
    delivery.stage = 'rcpt'
    if not delivery.answered('rcpt', *client.rcpt(recipient)):
        return
    if message is not None:
        delivery.stage = 'data'
        try:
            code, text = client.data(message)
        except smtplib.SMTPDataError as error:
            # It also raises this where DATA was answered with anything but 354.
            code, text = error.smtp_code if error.smtp_code >= 400 else -1, error.smtp_error
        delivery.answered('data', code, text)


def _text(answer):
    text = answer.decode('utf-8', 'replace') if isinstance(answer, bytes) else answer
    return ' '.join(text.split())[:300]
