# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virus scanners other than clamav-milter that mail may be handed to: amavis, rspamd's antivirus module, MailScanner. PRIVATE to the collection.

amavis: amavisd.conf-default (`@bypass_virus_checks_maps`; Debian's package sets it to 1 until its administrator says otherwise). rspamd: its
documentation of the module antivirus. MailScanner: MailScanner.conf, and the HOLD rule for Postfix that its documentation asks for.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters

OPEN = 'open'
CLOSED = 'closed'

# In the order in which amavis reads them; the last word counts.
_AMAVIS_FILES = ('/usr/share/amavis/conf.d/*', '/etc/amavis/conf.d/*', '/etc/amavisd.conf', '/etc/amavisd/amavisd.conf')
_AMAVIS_WORDS = ('amavis', ':10024', ':10026')
_RSPAMD_WORDS = ('rspamd', ':11332')
_RSPAMD_FILES = ('/etc/rspamd/local.d/antivirus.conf', '/etc/rspamd/override.d/antivirus.conf')
_MAILSCANNER_FILE = '/etc/MailScanner/MailScanner.conf'


class Scanner(object):
    """A scanner: is it there, does it look for viruses as it is set up (None: not told), and what became of mail if it failed."""

    name = None
    programs = ()
    # amavis, rspamd and MailScanner do not scan, they ask clamd or call another engine.
    fails = None

    def __init__(self, host):
        self.host = host
        self.present = bool(host.program(*self.programs)) if self.programs else False
        self.scans = None
        self.evidence = []

    def running(self):
        """Tell whether it runs."""
        return self.host.runs(*self.programs)

    def gets(self, service):
        """Tell whether it gets the mail of a service of Postfix."""
        raise NotImplementedError


class Amavis(Scanner):
    """amavis, behind content_filter, smtpd_proxy_filter or its milter. It defers mail when all its scanners fail."""

    name = 'amavis'
    programs = ('amavisd', 'amavisd-new', 'amavisd-milter')
    fails = CLOSED

    def __init__(self, host):
        super(Amavis, self).__init__(host)
        self.present = self.present or host.exists('/etc/amavis')
        if self.present:
            self.scans = True
            for path in [found for pattern in _AMAVIS_FILES for found in host.paths(pattern)]:
                # Assignments may span lines; comments begin with a hash.
                text = re.sub(r'(?m)^\s*#.*$', '', host.read(path) or '')
                for value in re.findall(r'@bypass_virus_checks_maps\s*=\s*\(([^;]*)\)\s*;', text):
                    self.scans = not re.match(r'^\s*[1-9]\d*\s*,?\s*\Z', value)
            if not self.scans:
                self.evidence.append('amavis does not look for viruses: @bypass_virus_checks_maps is 1')

    def gets(self, service):
        return any(any(word in text for word in _AMAVIS_WORDS) for text in service.handed_to()) or any(
            'amavis' in milters.endpoint(element) for element in service.milters)


class Rspamd(Scanner):
    """rspamd with its antivirus module. Without a verdict from the engine it lets mail pass."""

    name = 'rspamd'
    programs = ('rspamd',)
    fails = OPEN

    def __init__(self, host):
        super(Rspamd, self).__init__(host)
        texts = [re.sub(r'(?m)^\s*#.*$', '', host.read(path) or '') for path in _RSPAMD_FILES if host.exists(path)]
        self.present = self.present and bool(texts)
        if self.present:
            text = texts[-1]
            self.scans = bool(re.search(r'\b(type|servers)\s*=', text)) and not re.search(r'\benabled\s*=\s*(false|no|off)\b', text)
            if not self.scans:
                self.evidence.append('rspamd does not look for viruses: no engine is set in antivirus.conf')
            elif not re.search(r'\baction\s*=\s*"?reject', text):
                self.evidence.append('rspamd marks viruses and does not reject them: no action in antivirus.conf')

    def gets(self, service):
        return any(any(word in milters.endpoint(element) for word in _RSPAMD_WORDS) for element in service.milters)


class MailScanner(Scanner):
    """MailScanner, which takes mail out of Postfix's hold queue. While it is down, mail stays there."""

    name = 'mailscanner'
    programs = ('MailScanner',)
    fails = CLOSED

    def __init__(self, host):
        super(MailScanner, self).__init__(host)
        if self.present:
            settings = dict((name.strip().lower(), value.strip().lower()) for name, unused, value in (
                line.partition('=') for line in (host.read(_MAILSCANNER_FILE) or '').split('\n') if not line.startswith('#')))
            wanted, engines = settings.get('virus scanning'), settings.get('virus scanners')
            if wanted in ('yes', 'no') and engines:
                # Any other value is a ruleset, which decides message by message.
                self.scans = wanted == 'yes' and engines != 'none'
            if self.scans is False:
                self.evidence.append('MailScanner does not look for viruses: Virus Scanning = %s, Virus Scanners = %s' % (wanted, engines))

    def gets(self, service):
        for table in milters.split_list(service.header_checks):
            kind, unused, path = table.partition(':')
            if kind in ('regexp', 'pcre') and re.search(r'(?mi)^/\^?Received:.*/\w*\s+HOLD\b', self.host.read(path) or ''):
                return True
        return False


def all_of(host):
    """Return every scanner that is known here and is on the host."""
    return [scanner for scanner in (Amavis(host), Rspamd(host), MailScanner(host)) if scanner.present]
