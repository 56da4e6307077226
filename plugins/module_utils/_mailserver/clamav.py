# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ClamAV on a host: the scanner daemon, its milter, the age of its signatures. PRIVATE to the collection.

clamd answers `zVERSION` with `ClamAV 1.4.3/27500/Mon Nov 24 09:26:22 2026` (clamd(8)); a signature file begins with a header whose second
field is its build time (libclamav/cvd.c: `ClamAV-VDB:24 Nov 2026 03-26 -0500:...`).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import calendar
import re
import socket
import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters, sizes

CLAMAV = 'clamav'
_CLAMD_CONFIGS = ('/etc/clamav/clamd.conf', '/etc/clamd.d/scan.conf', '/etc/clamd.conf')
_MILTER_CONFIGS = ('/etc/clamav/clamav-milter.conf', '/etc/mail/clamav-milter.conf', '/etc/clamav-milter.conf')
_OTHER_SIGNATURES = ('ndb', 'hdb', 'hsb', 'ldb')
# Compiled on first use: few servers scan, and compiling takes longer than all else here.
_VERSION = r'ClamAV (\S+?)/(\d+)/(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})'
_ENGINE = r'ClamAV (\d[\w.+-]*)'


def _settings(host, paths):
    """Return the settings of the first of these files that exists, as a mapping; None when none does."""
    for path in paths:
        if host.exists(path):
            settings = {}
            for line in (host.read(path) or '').split('\n'):
                name, unused, value = line.strip().partition(' ')
                if name and not name.startswith('#'):
                    settings.setdefault(name, value.strip().strip('"'))
            return settings
    return None


class ClamAv:
    """What is known of ClamAV. None means that it could not be told."""

    def __init__(self, host):
        self._host = host
        clamd = _settings(host, _CLAMD_CONFIGS)
        milter = _settings(host, _MILTER_CONFIGS)
        self.clamd_present = bool(host.program('clamd')) or clamd is not None
        self.milter_present = bool(host.program('clamav-milter')) or milter is not None
        self.milter_running = host.runs('clamav-milter')
        self.milter_endpoint = milters.normalise((milter or {}).get('MilterSocket', ''))
        self.on_fail = (milter or {}).get('OnFail', 'Defer') if milter is not None else None
        self._clamd, self._milter = clamd or {}, milter or {}
        self.engine_version = None
        self.signature_time = None
        answer = self._ask(clamd or {}) if self.clamd_present else None
        # A clamd on another host is not asked, so whether it runs is not known.
        self.clamd_running = None if self._is_elsewhere() else answer is not None or host.runs('clamd')
        if self.clamd_present:
            self._read_version(answer)
            if self.signature_time is None:
                self._read_signature_files((clamd or {}).get('DatabaseDirectory', '/var/lib/clamav'))

    def _is_elsewhere(self):
        """Tell whether clamav-milter asks another host's clamd: `ClamdSocket tcp:HOST:PORT`."""
        match = re.match(r'^tcp:(.+):\d+\Z', self._milter.get('ClamdSocket', ''))
        return bool(match) and match.group(1).strip('[]') not in ('127.0.0.1', 'localhost', '::1')

    def size_limits(self, milter=True):
        """Return the sizes in bytes that bound what is scanned, None among them for one that is not known. milter: with clamav-milter's own."""
        version = re.match(r'(\d+)\.(\d+)', self.engine_version or '')
        default = None if version is None else '100M' if (int(version.group(1)), int(version.group(2))) >= (0, 105) else '25M'
        names = [(self._clamd, 'StreamMaxLength'), (self._clamd, 'MaxFileSize')] + ([(self._milter, 'MaxFileSize')] if milter else [])
        return [sizes.parse(settings.get(name, default)) for settings, name in names]

    def _ask(self, settings):
        """Return clamd's answer to a question for its version, or None."""
        if not self._host.connects:
            return None
        if settings.get('LocalSocket'):
            family, address = socket.AF_UNIX, self._host.root + settings['LocalSocket']
            if not self._host.exists(settings['LocalSocket']):
                return None
        elif re.match(r'^\d{1,5}\Z', settings.get('TCPSocket', '')):
            family, address = socket.AF_INET, (settings.get('TCPAddr', '127.0.0.1'), int(settings['TCPSocket']))
            if address[0] not in ('127.0.0.1', 'localhost'):
                self._host.hidden('clamd on %s' % address[0], 'only a clamd of this host is asked')
                return None
        else:
            return None
        try:
            client = socket.socket(family, socket.SOCK_STREAM)
            try:
                client.settimeout(self._host.timeout)
                client.connect(address)
                client.sendall(b'zVERSION\0')
                return client.recv(1024).decode('utf-8', 'replace')
            finally:
                client.close()
        except (socket.error, OSError, IOError) as error:
            self._host.hidden('clamd', 'it does not answer: %s' % error)
            return None

    def _read_version(self, answer):
        text = answer
        if text is None:
            program = self._host.program('clamd')
            text = (self._host.run(program, '--version') or '') if program else ''
        match = re.search(_VERSION, text)
        if match:
            self.engine_version = match.group(1)
            self.signature_time = _timestamp(match.group(3), '%a %b %d %H:%M:%S %Y')
        elif re.search(_ENGINE, text):
            self.engine_version = re.search(_ENGINE, text).group(1)

    def _read_signature_files(self, folder):
        """Take the newest build time of the daily signatures from their file."""
        times = []
        for path in [found for name in ('daily.cvd', 'daily.cld') for found in self._host.paths('%s/%s' % (folder, name))]:
            header = (self._host.read_bytes(path, 512) or b'').decode('latin-1').split(':')
            if header[0] == 'ClamAV-VDB' and len(header) > 1:
                # The zone does not matter for an age in days.
                times.append(_timestamp(' '.join(header[1].split()[:4]), '%d %b %Y %H-%M'))
        times = [moment for moment in times if moment is not None]
        if not times:
            # Signatures of other makers have no build time; when they were put into place is the next best.
            times = [self._host.modified(path) for ending in _OTHER_SIGNATURES for path in self._host.paths('%s/*.%s' % (folder, ending))]
            times = [moment for moment in times if moment is not None]
        self.signature_time = max(times) if times else None


def _timestamp(text, form):
    try:
        return calendar.timegm(time.strptime(' '.join(text.split()), form))
    except ValueError:
        return None
