# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of looking at a mail server. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

ARGUMENTS = dict(
    config_dir=dict(type='path'),
    signature_max_age_days=dict(type='float', default=3),
    command_timeout=dict(type='int', default=10),
    mode=dict(type='str', choices=['module', 'fetch', 'auto'], default='module'),
)
