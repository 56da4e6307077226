# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a mail server is looked at: the options that mailserver_facts and audit_host share."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    """Read by ansible-doc."""

    DOCUMENTATION = r"""
options:
  config_dir:
    description: The folder of Postfix's main.cf and master.cf. If not set, the one that postconf names.
    type: path
  signature_max_age_days:
    description: Signatures up to this age, in days, are fresh.
    type: float
    default: 3
  command_timeout:
    description: How many seconds one program of the host may take to answer.
    type: int
    default: 10
"""
