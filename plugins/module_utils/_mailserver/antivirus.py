# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the server scans mail itself: is a scanner there, does it run, does all inbound mail pass it, are its signatures fresh.

PRIVATE to the collection.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters, mta
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.clamav import ClamAv
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.moments import rfc3339

WORKING = 'working'
STALE = 'stale'
STOPPED = 'stopped'
NOT_WIRED = 'not_wired'
PARTLY_WIRED = 'partly_wired'
ABSENT = 'absent'
UNKNOWN = 'unknown'

# Other scanners that mail may be handed to, by the words in the endpoints that their documentation uses.
_AMAVIS_WORDS = ('amavis', 'amavisfeed', ':10024', ':10026')
_RSPAMD_WORDS = ('rspamd', ':11332')
# Milters that are known not to scan for viruses: signatures, policies, spam scores, address rewriting.
_NO_SCANNER_WORDS = ('dkim', ':8891', 'dmarc', ':8893', 'spf', 'greylist', 'spamass', 'srs', 'arc') + _RSPAMD_WORDS


class Antivirus:
    """Looks at a host's antivirus.

    services: inbound services of Postfix, None where they could not be read or the mail server is another; max_age_days: of signatures.
    """

    def __init__(self, host, server, services, now, max_age_days):
        self._host = host
        self._now = now
        self._max_age_days = max_age_days
        self.clamav = ClamAv(host)
        self.evidence = []
        self.product = None
        self.present = self.running = self.wired = None
        self.wired_services, self.unwired_services = [], []
        self.unrecognised = []
        self._look_for_products()
        if server.name == mta.POSTFIX and services is not None:
            self._look_at_services([service for service in services if not service.loopback_only])
        elif server.name == mta.SENDMAIL:
            self._look_at_sendmail()
        elif server.name == mta.EXIM:
            self._look_at_exim()
        self._judge_product()

    def _look_for_products(self):
        host = self._host
        self._amavis = bool(host.program('amavisd', 'amavisd-new', 'amavisd-milter')) or host.exists('/etc/amavis')
        self._rspamd = bool(host.program('rspamd')) and any(
            host.exists('/etc/rspamd/%s/antivirus.conf' % folder) for folder in ('local.d', 'override.d'))
        self._mailscanner = bool(host.program('MailScanner'))

    def _scanner_of(self, service):
        """Return which scanner gets the mail of a service, or None."""
        for element in service.milters:
            text = milters.endpoint(element)
            found = milters.normalise(text, service.chrooted, service.queue_directory)
            if self.clamav.milter_present and found is not None and found == self.clamav.milter_endpoint:
                return 'clamav'
            if found is not None and 'clam' in str(found[1]):
                self._note_unreachable(service, text, found)
            if self._rspamd and any(word in text for word in _RSPAMD_WORDS):
                return 'rspamd'
            if self._amavis and 'amavis' in text:
                return 'amavis'
        for handed_to in (service.content_filter, service.proxy_filter):
            if handed_to and self._amavis and any(word in handed_to for word in _AMAVIS_WORDS):
                return 'amavis'
        return None

    def _note_unreachable(self, service, text, found):
        where = '%s %s' % (found[0], found[1])
        actual = self.clamav.milter_endpoint
        self.evidence.append("%s: the milter %s (%s) is not clamav-milter's socket%s" % (
            service.endpoint, text, where, ' %s %s' % actual if actual else ''))

    def _look_at_services(self, services):
        products = []
        for service in services:
            scanner = self._scanner_of(service)
            label = '%s (%s)' % (service.name, service.endpoint)
            self._note_unrecognised(service, label)
            if scanner:
                products.append(scanner)
                self.wired_services.append(label)
            else:
                self.unwired_services.append(label)
        self.wired = bool(self.wired_services) if services else None
        if products:
            self.product = products[0]

    def _note_unrecognised(self, service, label):
        """Note filters that may scan for all that is known of them: then no scanner found is not no scanner."""
        handed_to = [milters.endpoint(element) for element in service.milters] + [service.content_filter, service.proxy_filter]
        for text in handed_to:
            if text and 'clam' not in text and not any(word in text for word in _NO_SCANNER_WORDS) and not (
                    self._amavis and any(word in text for word in _AMAVIS_WORDS)):
                self.unrecognised.append(text)
                self.evidence.append('%s: mail goes through %s, which is not known here' % (label, text))

    def _look_at_sendmail(self):
        text = self._host.read('/etc/mail/sendmail.cf')
        if text is None:
            return
        active = [name.strip() for line in text.split('\n') if line.startswith('O InputMailFilters=') for name in line.partition('=')[2].split(',')]
        filters = [line for line in text.split('\n') if line.startswith('X') and line[1:].partition(',')[0].strip() in active]
        self.wired = any('clam' in line for line in filters)
        if self.wired:
            self.product = 'clamav'
            self.wired_services.append('sendmail')
        else:
            self.unwired_services.append('sendmail')

    def _look_at_exim(self):
        program = self._host.program('exim4', 'exim')
        scanner = (self._host.run(program, '-bP', 'av_scanner') or '').partition('=')[2].strip()
        if scanner:
            self.product = 'clamav' if scanner.startswith('clamd') else scanner.partition(':')[0]
            self.evidence.append('av_scanner = %s' % scanner)
            self._host.hidden('whether an ACL of Exim calls the scanner', 'ACLs are not evaluated')
        else:
            self.wired = False

    def _judge_product(self):
        clamav = self.clamav
        if self.product is None:
            for name, found in (('clamav', clamav.clamd_present or clamav.milter_present), ('amavis', self._amavis), ('rspamd', self._rspamd),
                                ('mailscanner', self._mailscanner)):
                if found:
                    self.product = name
                    break
        self.present = self.product is not None
        if self.product == 'clamav':
            needed = [('clamd', clamav.clamd_running)]
            if clamav.milter_present:
                needed.append(('clamav-milter', clamav.milter_running))
            self.running = all(runs for unused, runs in needed)
            self.evidence.extend('%s %s' % (name, 'runs' if runs else 'does not run') for name, runs in needed)
        elif self.product == 'amavis':
            # amavis asks clamd; without it, it passes mail on unscanned or falls back to a program.
            self.running = self._host.runs('amavisd', 'amavisd-new') and clamav.clamd_running
        elif self.product == 'rspamd':
            self.running = self._host.runs('rspamd') and clamav.clamd_running
        elif self.product == 'mailscanner':
            self.running = self._host.runs('MailScanner')
            self._host.hidden('whether MailScanner scans', 'its set-up is not evaluated')

    def signature_age_days(self):
        """Return the age of the signatures in days, or None."""
        if self.clamav.signature_time is None:
            return None
        return max(0.0, round((self._now - self.clamav.signature_time) / 86400.0, 1))

    def state(self):
        """Return the one word for it; unknown where any part that it needs could not be seen."""
        if not self.present:
            return UNKNOWN if self.unrecognised else ABSENT
        if self.running is False:
            return STOPPED
        if self.wired is None or self.running is None or self.product == 'mailscanner':
            return UNKNOWN
        if not self.wired:
            return NOT_WIRED
        if self.unwired_services:
            return PARTLY_WIRED
        age = self.signature_age_days()
        if age is None:
            return UNKNOWN
        return WORKING if age <= self._max_age_days else STALE

    def fact(self):
        """Return the antivirus as a fact."""
        return {
            'state': self.state(), 'product': self.product, 'present': self.present, 'running': self.running, 'wired': self.wired,
            'wired_services': self.wired_services, 'unwired_services': self.unwired_services, 'engine_version': self.clamav.engine_version,
            'signature_date': rfc3339(self.clamav.signature_time), 'signature_age_days': self.signature_age_days(), 'evidence': self.evidence,
        }
