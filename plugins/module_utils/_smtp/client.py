# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands one mail to a mail server and tells what became of it. PRIVATE to the collection.

RFC 5321 for the codes, RFC 3207 for STARTTLS. Certificates are not checked, as no MTA checks them on its way to another.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import smtplib
import socket
import ssl

# What became of a mail.
ACCEPTED, REFUSED, DEFERRED = 'accepted', 'refused', 'deferred'
# Why it could not be tried: no connection or one that broke off, no STARTTLS on offer, or a handshake that failed.
BROKEN, NO_STARTTLS, TLS_FAILED = 'broken', 'no_starttls', 'tls_failed'


class Delivery(object):
    """One attempt. verdict: one of the words above; stage, code, text: the last command and the server's answer; tls: version, cipher, certificate."""

    def __init__(self):
        self.verdict = BROKEN
        self.stage = 'connect'
        self.code = None
        self.text = ''
        self.tls = None
        # Whether a firewall wrote over the server's extensions (`250-XXXXXXXA`).
        self.masked = False

    def answered(self, stage, code, text):
        """Note an answer. Return whether it was positive."""
        self.stage, self.code, self.text = stage, code, _text(text)
        if 400 <= code < 500:
            self.verdict = DEFERRED
        elif code >= 500:
            self.verdict = REFUSED
        return code < 400

    def result(self):
        """Return it as a mapping for a module's result."""
        return {'verdict': self.verdict, 'stage': self.stage, 'code': self.code, 'text': self.text, 'tls': self.tls, 'masked': self.masked}


def deliver(host, port, helo, sender, recipient, message=None, starttls=False, timeout=30):
    """Try to hand over a message. message: bytes; None stops after the recipient and hands over nothing. Return a Delivery."""
    delivery = Delivery()
    client = None
    try:
        client = smtplib.SMTP(local_hostname=helo, timeout=timeout)
        if delivery.answered('connect', *client.connect(host, port)):
            _converse(client, delivery, sender, recipient, message, starttls, host)
    except (smtplib.SMTPException, socket.error, OSError, IOError, ValueError) as error:
        failed_handshake = isinstance(error, ssl.SSLError) or delivery.stage == 'handshake'
        delivery.verdict = TLS_FAILED if failed_handshake else BROKEN
        delivery.text = _text(str(error) or error.__class__.__name__)
    finally:
        if client is not None:
            _close(client)
    return delivery


def _converse(client, delivery, sender, recipient, message, starttls, host):
    if not delivery.answered('ehlo', *client.ehlo()):
        return
    delivery.masked = b'XXXXXXX' in client.ehlo_resp.upper()
    if starttls:
        if not client.has_extn('starttls'):
            delivery.verdict, delivery.stage = NO_STARTTLS, 'starttls'
            return
        if not _start_tls(client, delivery, host):
            return
    delivery.stage = 'mail'
    if not delivery.answered('mail', *client.mail(sender)):
        return
    delivery.stage = 'rcpt'
    if not delivery.answered('rcpt', *client.rcpt(recipient)):
        return
    if message is not None:
        delivery.stage = 'data'
        try:
            code, text = client.data(message)
        except smtplib.SMTPDataError as error:
            code, text = error.smtp_code, error.smtp_error
        if not delivery.answered('data', code, text):
            return
    delivery.verdict = ACCEPTED


def _start_tls(client, delivery, host):
    """Start TLS. Return whether it is on. smtplib's own starttls would hide whether the server refused or the handshake failed."""
    if not delivery.answered('starttls', *client.docmd('STARTTLS')):
        return False
    delivery.stage = 'handshake'
    context = ssl.SSLContext(ssl.PROTOCOL_SSLv23)
    context.verify_mode = ssl.CERT_NONE
    client.sock = context.wrap_socket(client.sock, server_hostname=host if ssl.HAS_SNI else None)
    client.file = smtplib.SSLFakeFile(client.sock) if hasattr(smtplib, 'SSLFakeFile') else None
    certificate = client.sock.getpeercert(True)
    delivery.tls = {'version': client.sock.version() if hasattr(client.sock, 'version') else None, 'cipher': client.sock.cipher()[0],
                    'certificate_sha256': hashlib.sha256(certificate).hexdigest() if certificate else None}
    client.helo_resp = client.ehlo_resp = None
    client.esmtp_features, client.does_esmtp = {}, 0
    return delivery.answered('ehlo', *client.ehlo())


def _close(client):
    try:
        client.quit()
    except (smtplib.SMTPException, socket.error, OSError, IOError, ValueError):
        client.close()


def _text(answer):
    text = answer.decode('utf-8', 'replace') if isinstance(answer, bytes) else answer
    return ' '.join(text.split())[:300]
