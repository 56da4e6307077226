# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Postfix's own tool for its configuration, postconf(1): it keeps comments and layout, and knows its version's defaults. Options of services are
changed in the text of master.cf (master_file), where postconf would lay out the entry anew.

`postfix check` finds none of a broken milter list, a missing socket or a misspelt parameter; what postconf warns of is taken as an error instead.

PRIVATE to the collection.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import re
import shutil
import tempfile

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.postfix_config import parse_services
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._postfix import master_file

FILES = ('main.cf', 'master.cf')


class PostconfError(Exception):
    """postconf failed, or warned of something. Its text says what."""


class Postconf:
    """The configuration in one folder.

    run: takes a list of words, returns (exit code, output, errors). program: path of postconf; config_dir: None for the default one.
    """

    def __init__(self, run, program, config_dir=None):
        self._run = run
        self._program = program
        self.config_dir = config_dir or self._ask(['-h', 'config_directory']).strip()
        for name in FILES:
            # postconf itself makes do with the defaults, and would write a new main.cf.
            if not os.path.isfile(self.path(name)):
                raise PostconfError('%s: no such file' % self.path(name))

    def _ask(self, arguments, folder=None):
        where = folder or getattr(self, 'config_dir', None)
        command = [self._program] + (['-c', where] if where else []) + arguments
        code, output, errors = self._run(command)
        if code != 0:
            raise PostconfError('%s: %s' % (' '.join(command), errors.strip() or 'exit code %d' % code))
        return output

    def value(self, parameter):
        """Return a parameter's value as it is written, references included."""
        return self._ask(['-h', parameter]).rstrip('\n')

    def version(self):
        """Return Postfix's version as (major, minor)."""
        match = re.match(r'(\d+)\.(\d+)', self.value('mail_version'))
        return (int(match.group(1)), int(match.group(2))) if match else (0, 0)

    def path(self, name):
        """Return the path of main.cf or master.cf."""
        return os.path.join(self.config_dir, name)

    def services(self):
        """Return the entries of master.cf by their names, such as smtp/inet."""
        entries = parse_services(_read(self.path('master.cf')).decode('utf-8', 'replace'))
        return dict(('%s/%s' % (entry.name, entry.type), entry) for entry in entries)

    def warnings(self, folder=None):
        """Return what postconf warns of in this configuration, as lines."""
        where = folder or self.config_dir
        found = []
        for question in ('-n', '-M'):
            unused_code, unused_output, errors = self._run([self._program, '-c', where, question])
            found.extend(line.replace(where, self.config_dir) for line in errors.splitlines() if line.strip())
        return found

    def edit(self, parameters, overrides, folder=None):
        """Set parameters of main.cf (name -> value) and options of services in master.cf ((service, name) -> value), nothing else.

        Return master.cf as it is to be, as bytes; this only writes it in another folder than its own.
        """
        if parameters:
            self._ask(['-e'] + ['%s=%s' % pair for pair in sorted(parameters.items())], folder)
        # Latin-1 takes and gives every byte as it is.
        text = _read(os.path.join(folder or self.config_dir, 'master.cf')).decode('latin-1')
        for (service, name), value in sorted(overrides.items()):
            text = master_file.set_override(text, service, name, value)
        if folder:
            with open(os.path.join(folder, 'master.cf'), 'wb') as handle:
                handle.write(text.encode('latin-1'))
        return text.encode('latin-1')

    def preview(self, parameters, overrides):
        """Make the same edit on a copy. Return (texts of the files before, texts after), by file name.

        Raises PostconfError when postconf would warn of something that it did not warn of before.
        """
        folder = tempfile.mkdtemp(prefix='postfix-preview-')
        try:
            for name in FILES:
                shutil.copy(self.path(name), folder)
            before = self._texts(folder)
            known = self.warnings()
            self.edit(parameters, overrides, folder)
            fresh = [line for line in self.warnings(folder) if line not in known]
            if fresh:
                raise PostconfError('the change is not made, for postconf warns of it: %s' % '; '.join(fresh))
            return before, self._texts(folder)
        finally:
            shutil.rmtree(folder)

    @staticmethod
    def _texts(folder):
        return dict((name, _read(os.path.join(folder, name)).decode('utf-8', 'replace')) for name in FILES)


def _read(path):
    with open(path, 'rb') as handle:
        return handle.read()
