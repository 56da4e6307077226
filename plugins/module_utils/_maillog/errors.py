# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error that users of the parser see. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class AuditError(Exception):
    """A bad option or no usable log. The message is complete: it names the option or the file, and the value.

    kind: option, no_log or no_permission.
    """

    def __init__(self, message, kind='option'):
        super(AuditError, self).__init__(message)
        self.kind = kind
