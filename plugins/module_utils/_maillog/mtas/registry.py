# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail systems whose logs are read. A new one is one file here and one line below. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.dovecot import Dovecot
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.exim import Exim
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.opensmtpd import OpenSMTPD
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.postfix import Postfix
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.mtas.sendmail import Sendmail

READERS = (Postfix, Exim, Sendmail, OpenSMTPD, Dovecot)
