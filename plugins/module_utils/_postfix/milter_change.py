# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What putting one milter into Postfix, or taking it out, changes. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.postfix_config import PostfixConfig
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._postfix import milter_list

PARAMETER = 'smtpd_milters'


class Refused(Exception):
    """A change that is not made. Its text says why, and what would help."""


class MilterChange:
    """The edit that a wish comes to, made nowhere yet.

    postconf: a Postconf; wish: endpoint, settings (or None), position, state (present or absent) and services, whose own lists change too.
    parameters and overrides hold what to set; both are empty where nothing changes.
    """

    def __init__(self, postconf, endpoint, settings=None, position=milter_list.LAST, state='present', services=()):
        self._postconf = postconf
        self._endpoint, self._settings, self._position, self._state = endpoint, settings, position, state
        if settings and state == 'present' and postconf.version() < (3, 0):
            raise Refused('settings: Postfix %s has no settings of single milters; that needs 3.0 or newer' % postconf.value('mail_version'))
        self.before = postconf.value(PARAMETER)
        self.after = self._changed(self.before)
        self.parameters = {PARAMETER: self.after} if self.after != self.before else {}
        self.overrides = {}
        self.own_lists = []
        self._look_at_services(postconf.services(), list(services))

    def _look_at_services(self, entries, wanted):
        unknown = sorted(name for name in wanted if name not in entries)
        if unknown:
            raise Refused('services: master.cf has no %s; it has %s' % (', '.join(unknown), ', '.join(sorted(entries))))
        for name in sorted(entries):
            own = entries[name].overrides.get(PARAMETER)
            if own is None:
                continue
            if name in wanted:
                after = self._changed(own)
                if after != own:
                    self.overrides[(name, PARAMETER)] = after
                own = after
            self.own_lists.append({'service': name, 'milters': milters.split_list(own), 'has_it': self._holds(own)})

    def _changed(self, text):
        try:
            return self._edited(text)
        except (milter_list.BadPosition, milter_list.BadList) as error:
            raise Refused(str(error))

    def _edited(self, text):
        referred = self._references(text)
        if self._state == 'absent':
            if referred and not milter_list.find(text, self._endpoint):
                raise Refused('%s comes from %s in %s; take it out there' % (self._endpoint, referred[0], PARAMETER))
            return milter_list.removed(text, self._endpoint)
        if referred:
            return text
        return milter_list.added(text, self._endpoint, self._settings, self._position)

    def _references(self, text):
        """Return the elements such as $my_milters behind which the milter already stands."""
        found = []
        for element in milters.split_list(text):
            if '$' in element:
                expanded = PostfixConfig.expand(element, self._postconf.value)
                if expanded != element and milter_list.find(expanded, self._endpoint):
                    found.append(element)
        return found

    def _holds(self, text):
        return bool(milter_list.find(text, self._endpoint) or self._references(text))

    @property
    def changed(self):
        """Whether anything changes."""
        return bool(self.parameters or self.overrides)
