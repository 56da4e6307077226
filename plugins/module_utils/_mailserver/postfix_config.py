# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Postfix's effective parameters and its services. PRIVATE to the collection.

Syntax: postconf(5) and master(5). Parameters come from postconf(1), which knows the defaults of its version; where it cannot be run, from
main.cf alone. master.cf is read as a file, for `postconf -M` exists since 2.9 only.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

_REFERENCE = re.compile(r'\$(?:(\w+)|\{(\w+)\}|\((\w+)\))')
_CONDITIONAL = re.compile(r'\$\{(\w+)\?\{([^{}]*)\}:\{([^{}]*)\}\}')
_MAX_EXPANSIONS = 20


def logical_lines(text):
    """Return the logical lines of main.cf or master.cf: one that begins with white space continues the one before, comments are left out."""
    lines = []
    for line in text.split('\n'):
        if not line.strip() or line.lstrip().startswith('#'):
            continue
        if line[0] in ' \t' and lines:
            lines[-1] += ' ' + line.strip()
        else:
            lines.append(line.strip())
    return lines


def parse_parameters(text):
    """Return the name = value pairs of main.cf or of postconf's output; the last of a name counts."""
    parameters = {}
    for line in logical_lines(text):
        name, equals, value = line.partition('=')
        if equals and re.match(r'^\w+\Z', name.strip()):
            parameters[name.strip()] = value.strip()
    return parameters


class Entry:
    """One master.cf entry. overrides: parameter -> value of its -o options."""

    def __init__(self, fields):
        self.name, self.type = fields[0], fields[1]
        self.chroot = fields[4]
        self.command = fields[7]
        self.overrides = _overrides(fields[8:])


def split_arguments(text):
    """Split on white space, a {group} being one argument (master(5), Postfix 3.0 and newer)."""
    arguments, depth, current = [], 0, ''
    for character in text:
        if character == '{':
            depth += 1
        elif character == '}':
            depth = max(0, depth - 1)
        if character in ' \t' and depth == 0:
            if current:
                arguments.append(current)
            current = ''
        else:
            current += character
    if current:
        arguments.append(current)
    return arguments


def _overrides(arguments):
    overrides = {}
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        position += 1
        if argument == '-o' and position < len(arguments):
            argument = '-o' + arguments[position]
            position += 1
        if argument.startswith('-o') and '=' in argument:
            setting = argument[2:].strip()
            if setting.startswith('{') and setting.endswith('}'):
                setting = setting[1:-1]
            name, unused, value = setting.partition('=')
            overrides[name.strip()] = value.strip()
    return overrides


def parse_services(text):
    """Return the Entries of master.cf."""
    entries = []
    for line in logical_lines(text):
        fields = split_arguments(line)
        if len(fields) >= 8:
            entries.append(Entry(fields))
    return entries


class PostfixConfig:
    """The set-up of the default instance.

    host: where to read. config_dir: its folder; None asks postconf.
    """

    def __init__(self, host, config_dir=None):
        postconf = host.program('postconf')
        choice = ('-c', host.root + config_dir) if config_dir else ()
        output = host.run(postconf, *choice) if postconf else None
        self.parameters = parse_parameters(output) if output else {}
        self.complete = bool(self.parameters)
        if not postconf:
            host.hidden('effective Postfix parameters', 'postconf is not installed; defaults are not known')
        self.config_dir = config_dir or self.parameters.get('config_directory') or '/etc/postfix'
        if not self.complete:
            self.parameters = parse_parameters(host.read(self.config_dir + '/main.cf') or '')
        master = host.read(self.config_dir + '/master.cf')
        self.entries = None if master is None else parse_services(master)
        if master is None:
            host.hidden('Postfix services', '%s/master.cf could not be read' % self.config_dir)
        self.version = self.parameters.get('mail_version')
        others = self.parameters.get('multi_instance_directories', '').replace(',', ' ').split()
        for other in others:
            host.hidden('Postfix instance %s' % other, 'only the default instance is looked at')

    def value(self, name, entry=None, default=''):
        """Return a parameter as one service sees it, simple references expanded."""
        overrides = entry.overrides if entry else {}
        return self.expand(overrides.get(name, self.parameters.get(name, default)), lambda other: self._plain(other, entry))

    @staticmethod
    def expand(text, lookup):
        """Return text with its $name, ${name} and ${name?{then}:{else}} put in. lookup: gives a parameter's text by its name."""
        for unused in range(_MAX_EXPANSIONS):
            expanded = _CONDITIONAL.sub(lambda match: match.group(2 if lookup(match.group(1)) else 3), text)
            expanded = _REFERENCE.sub(lambda match: lookup(match.group(1) or match.group(2) or match.group(3)), expanded)
            if expanded == text or len(expanded) > 10000:
                break
            text = expanded
        return text

    def _plain(self, name, entry):
        if name == 'service_name' and entry is not None:
            return entry.name
        overrides = entry.overrides if entry else {}
        return overrides.get(name, self.parameters.get(name, ''))

    def has_certificate(self):
        """Tell whether a server certificate is configured."""
        chain = self.value('smtpd_tls_chain_files')
        names = [self.value(name) for name in ('smtpd_tls_cert_file', 'smtpd_tls_eccert_file', 'smtpd_tls_dcert_file')]
        return bool(chain) or any(name and name != 'none' for name in names)

    def chrooted(self, entry):
        """Tell whether a service runs in the queue folder. A dash means yes before Postfix 3.0 and at compatibility level 0."""
        if entry.chroot in ('y', 'n'):
            return entry.chroot == 'y'
        major = int(re.match(r'\d*', self.version or '').group() or 3)
        level = re.match(r'\d*', self.parameters.get('compatibility_level', '0')).group() or '0'
        return major < 3 or int(level) < 1
