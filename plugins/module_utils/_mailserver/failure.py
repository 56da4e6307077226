# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of mail while the scanner does not answer: it passes (open) or waits (closed). PRIVATE to the collection.

Two policies decide for clamav-milter, and a half-set pair surprises: Postfix's for a milter that it cannot reach (default_action of the milter, or
else milter_default_action: postconf(5)), and the milter's for a clamd that it cannot reach (OnFail: clamav-milter.conf(5)).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

OPEN, CLOSED, MIXED = 'open', 'closed', 'mixed'
_PASSES = ('accept',)
# Sendmail's flags of a filter as Postfix's words.
SENDMAIL_FLAGS = {None: 'accept', 'T': 'tempfail', 'R': 'reject'}


def effect_of(action):
    """Return open or closed for an action of Postfix, Sendmail or clamav-milter, None for none."""
    return None if action is None else OPEN if action.lower() in _PASSES else CLOSED


def fact(milter_actions, clamd_action=None, whole=None):
    """Return the fact. milter_actions: of the services with the scanner; clamd_action: OnFail; whole: the effect where the scanner decides it alone."""
    effects = set(effect_of(action) for action in milter_actions) | set([effect_of(clamd_action), whole])
    effects.discard(None)
    actions = sorted(set(milter_actions))
    return {
        'effect': None if not effects else MIXED if len(effects) > 1 else effects.pop(),
        'on_milter_failure': None if not actions else actions[0] if len(actions) == 1 else MIXED,
        'on_clamd_failure': clamd_action,
    }
