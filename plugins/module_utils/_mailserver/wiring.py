# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of Postfix's inbound services hand their mail to a scanner, and to which. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.clamav import CLAMAV

# Milters that are known not to scan for viruses: signatures, policies, spam scores, address rewriting.
_NO_SCANNER_WORDS = ('dkim', ':8891', 'dmarc', ':8893', 'spf', 'greylist', 'spamass', 'srs', 'arc', 'rspamd', ':11332')


class Wiring:
    """Looks at services. with_scanner, without: their labels; uncertain: something may scan, or let mail round the scanner, that is not known here.

    scanner: the first scanner found other than clamav-milter; failure_actions: what Postfix does in each service when the scanner's milter is down.
    """

    def __init__(self, clamav, others, services):
        self._clamav = clamav
        self._others = others
        self.with_scanner, self.without = [], []
        self.evidence = []
        self.failure_actions = []
        self.uncertain = False
        self.product = self.scanner = None
        for service in services:
            self._look_at(service)
        self.wired = bool(self.with_scanner) if services else None

    def _look_at(self, service):
        label = '%s (%s)' % (service.name, service.endpoint)
        product, element = self._scanner_of(service)
        self._note_unknown(service, label)
        if not product:
            self.without.append(label)
            return
        self.with_scanner.append(label)
        self.product = self.product or product
        if element is not None:
            self.failure_actions.append(milters.settings(element).get('default_action') or service.milter_default_action)
            if service.milter_maps:
                self.uncertain = True
                self.evidence.append('%s: smtpd_milter_maps may let clients go round the scanner' % label)

    def _scanner_of(self, service):
        """Return (name, its list element or None) of the scanner that gets a service's mail, or (None, None)."""
        for element in service.milters:
            text = milters.endpoint(element)
            found = milters.normalise(text, service.chrooted, service.queue_directory)
            if self._clamav.milter_present and found is not None and found == self._clamav.milter_endpoint and milters.is_local(text):
                return CLAMAV, element
            if found is not None and 'clam' in str(found[1]):
                self._note_unreachable(service, text, found)
        for scanner in self._others:
            if scanner.gets(service):
                self.scanner = self.scanner or scanner
                by_milter = [element for element in service.milters if scanner.name in element or ':11332' in element]
                return scanner.name, by_milter[0] if by_milter else None
        return None, None

    def _note_unreachable(self, service, text, found):
        actual = self._clamav.milter_endpoint
        self.evidence.append("%s: the milter %s (%s %s) is not clamav-milter's socket%s" % (
            service.endpoint, text, found[0], found[1], ' %s %s' % actual if actual else ''))

    def _note_unknown(self, service, label):
        """Note filters that may scan for all that is known of them: then no scanner found is not no scanner."""
        ours = [text for text in service.handed_to() if any(scanner.gets(service) for scanner in self._others)]
        for text in [milters.endpoint(element) for element in service.milters] + [text for text in service.handed_to() if text not in ours]:
            local_clamav = 'clam' in text and milters.is_local(text) or self._clamav.milter_endpoint is not None and milters.is_local(text) and (
                milters.normalise(text, service.chrooted, service.queue_directory) == self._clamav.milter_endpoint)
            if not local_clamav and not any(word in text for word in _NO_SCANNER_WORDS):
                if not any(scanner.name in text for scanner in self._others):
                    self.uncertain = True
                    self.evidence.append('%s: mail goes through %s, which is not known here' % (label, text))
