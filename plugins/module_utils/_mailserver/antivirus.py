# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the server scans mail itself: is a scanner there, does it run, does all inbound mail pass it, are its signatures fresh.

PRIVATE to the collection.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import failure, mta, sizes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.clamav import CLAMAV, ClamAv
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.moments import rfc3339

WORKING = 'working'
STALE = 'stale'
STOPPED = 'stopped'
NOT_WIRED = 'not_wired'
PARTLY_WIRED = 'partly_wired'
ABSENT = 'absent'
UNKNOWN = 'unknown'

# Where none of these is, there is no scanner but ClamAV, and what knows the others is not loaded.
OTHER_PROGRAMS = ('amavisd', 'amavisd-new', 'amavisd-milter', 'rspamd', 'MailScanner')
OTHER_PLACES = ('/etc/amavis',)


class Antivirus:
    """Looks at a host's antivirus.

    server: an Mta; services: Postfix's inbound services, None where they could not be read; exim, sendmail: that set-up, where it is the host's mail
    server; now: seconds since 1970; max_age_days: of signatures.
    """

    def __init__(self, host, server, services, exim, sendmail, now, max_age_days):
        self._host = host
        self._now = now
        self._max_age_days = max_age_days
        self.clamav = ClamAv(host)
        self.others = _others(host)
        self.evidence = []
        self.product = None
        self.running = self.wired = None
        self.scans = True
        self.wired_services, self.unwired_services = [], []
        self.uncertain = False
        self.failure = failure.fact([])
        self.sizes = sizes.fact(None, [])
        if server.name == mta.POSTFIX and services is not None:
            self._look_at_postfix([service for service in services if not service.loopback_only])
        elif sendmail is not None and sendmail.readable:
            self._look_at_sendmail(sendmail)
        elif exim is not None:
            self._look_at_exim(exim)
        self._judge_product(by_milter=server.name != mta.EXIM)

    def _look_at_postfix(self, services):
        # Postfix's alone: other hosts do not load it.
        from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.wiring import Wiring
        wiring = Wiring(self.clamav, self.others, services)
        self.evidence.extend(wiring.evidence)
        self.wired = wiring.wired
        self.wired_services, self.unwired_services = wiring.with_scanner, wiring.without
        self.uncertain = wiring.uncertain
        self.product = wiring.product
        if self.product == CLAMAV:
            self.failure = failure.fact(wiring.failure_actions, self.clamav.on_fail)
            self.sizes = sizes.fact(_largest([service.message_size_limit for service in services]), self.clamav.size_limits())
        elif self.product:
            self.failure = failure.fact(wiring.failure_actions, whole=wiring.scanner.fails)

    def _look_at_sendmail(self, sendmail):
        flags = sendmail.clamav_filters()
        self.wired = bool(flags)
        if flags:
            self.product = CLAMAV
            self.failure = failure.fact([failure.SENDMAIL_FLAGS.get(flag) or flag for flag in flags], self.clamav.on_fail)
            self.sizes = sizes.fact(sizes.parse(sendmail.option('MaxMessageSize', '0')), self.clamav.size_limits())
        (self.wired_services if flags else self.unwired_services).append('sendmail')

    def _look_at_exim(self, exim):
        self.wired = exim.checks
        if exim.checks is None:
            self._host.hidden('whether an ACL of Exim calls the scanner', "Exim's configuration could not be read, or decides it message by message")
        elif exim.checks:
            scanner = exim.scanner or ''
            self.product = CLAMAV if scanner.startswith('clamd') else scanner.partition(':')[0] or None
            self.failure = failure.fact([], whole=failure.OPEN if exim.passes_on_failure else failure.CLOSED)
            self.sizes = sizes.fact(sizes.parse(exim.message_limit), self.clamav.size_limits(milter=False))
            self.evidence.append('an ACL asks av_scanner = %s' % scanner)
        if exim.checks is not None:
            (self.wired_services if exim.checks else self.unwired_services).append('exim')

    def _judge_product(self, by_milter):
        clamav = self.clamav
        if self.product is None:
            found = ([CLAMAV] if clamav.clamd_present or clamav.milter_present else []) + [scanner.name for scanner in self.others]
            self.product = found[0] if found else None
        self.present = self.product is not None
        if self.product == CLAMAV:
            needed = [('clamd', clamav.clamd_running)]
            if clamav.milter_present and by_milter:
                needed.append(('clamav-milter', clamav.milter_running))
            states = [runs for unused, runs in needed]
            self.running = False if False in states else None if None in states else True
            self.evidence.extend('%s %s' % (name, 'runs' if runs else 'does not run') for name, runs in needed if runs is not None)
        for scanner in self.others:
            if scanner.name == self.product:
                # None of them has an engine of its own.
                self.running = scanner.running() and clamav.clamd_running
                self.scans = scanner.scans
                self.evidence.extend(scanner.evidence)
                if scanner.scans is None:
                    self._host.hidden('whether %s looks for viruses' % scanner.name, 'its set-up decides it message by message, or could not be read')

    def signature_age_days(self):
        """Return the age of the signatures in days, or None."""
        if self.clamav.signature_time is None:
            return None
        return max(0.0, round((self._now - self.clamav.signature_time) / 86400.0, 1))

    def state(self):
        """Return the one word for it; unknown where any part that it needs could not be seen."""
        if not self.present:
            return UNKNOWN if self.uncertain else ABSENT
        if self.running is False:
            return STOPPED
        if self.scans is False or self.wired is False and not self.uncertain:
            return NOT_WIRED
        if not self.wired or self.running is None or self.scans is None:
            return UNKNOWN
        if self.unwired_services:
            return PARTLY_WIRED
        age = self.signature_age_days()
        if age is None or self.uncertain:
            return UNKNOWN
        return WORKING if age <= self._max_age_days else STALE

    def fact(self):
        """Return the antivirus as a fact."""
        return {
            'state': self.state(), 'product': self.product, 'present': self.present, 'running': self.running, 'wired': self.wired,
            'wired_services': self.wired_services, 'unwired_services': self.unwired_services, 'engine_version': self.clamav.engine_version,
            'signature_date': rfc3339(self.clamav.signature_time), 'signature_age_days': self.signature_age_days(), 'evidence': self.evidence,
            'failure': self.failure, 'size_limits': self.sizes,
        }


def _others(host):
    if not host.program(*OTHER_PROGRAMS) and not any(host.exists(place) for place in OTHER_PLACES):
        return []
    from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import other_scanners
    return other_scanners.all_of(host)


def _largest(limits):
    """Return the largest of several limits, 0 meaning none, or None where one is not known."""
    if not limits or None in limits:
        return None
    return 0 if 0 in limits else max(limits)
