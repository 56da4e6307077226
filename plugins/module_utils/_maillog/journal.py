# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of systemd as one more source of syslog lines. PRIVATE to the collection.

It is read through the host's own journalctl, in the export format (systemd's docs/JOURNAL_EXPORT_FORMATS.md): the only output that holds
every message byte for byte. JSON turns what is no UTF-8 into lists of numbers, the short forms leave it out. Only the syslog facility mail is
asked for, and journald's own word that it dropped messages.

Fields (systemd.journal-fields(7)): those that begin with `_` are set by journald and can't be forged. What an ordinary user's process wrote is
left out: no mail system runs as one. The line's process number is the client's own SYSLOG_PID, for a relay writes for many processes.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import os
import re
import select
import subprocess
import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import archives, journal_files, log_files
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.export_format import Export
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.visibility import CARRIED_DAYS

NAME = 'journal'
_FIELDS = ('MESSAGE', 'SYSLOG_IDENTIFIER', 'SYSLOG_PID', '_PID', '_UID', '_HOSTNAME')
# LOG_MAIL of syslog(3), or SD_MESSAGE_JOURNAL_DROPPED of sd-messages.h.
_MATCHES = ('SYSLOG_FACILITY=2', '+', 'MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e')
# `journalctl --output-fields` came with systemd 236.
_FIELDS_SINCE = 236
# Accounts of people: login.defs(5) begins them at UID_MIN, 1000 on all distributions with systemd, and ends them at UID_MAX, 60000.
_PEOPLE = range(1000, 60001)
_LAST_MOMENT = 4102444800 * 1000000     # the year 2100
_DAY = 86400
_UNSAFE_NAME = re.compile(br'[\s\[\]\x00-\x20\x7f]')
# journald drops messages of any service; those of others than mail systems are no loss here.
_OTHER_LOSS = re.compile(br'Suppressed \d+ messages from (?!\S*(?:postfix|exim|sendmail|dovecot|smtpd|mail))')


class Journal(log_files.Source):
    """The host's journal, or journal files.

    files: Sources of journal files; without any, the host's own. since, until: the beginning of the first and the last day in seconds since 1970
    UTC, or None; some more than that is read.
    bytes: of the files; of the host's own journal, that of the lines which were read.
    """

    def __init__(self, notices, files=(), since=None, until=None):
        super(Journal, self).__init__(_path_of(files))
        self._notices = notices
        self.cursor = None              # of the last entry that was read, if reading can go on from there
        self._after = None
        self.entries = self.bytes_of_lines = 0
        self._files = [source.path for source in files]
        self.is_of_files = bool(files)
        self.bytes = sum(source.bytes for source in files)
        self._limits = (since, until)
        self._minute = self._stamp = None

    def go_to(self, cursor, notices):
        """Read from behind this cursor on, next time; None is the beginning. notices: where to note what is found."""
        self.cursor = self._after = cursor
        self.entries = self.bytes_of_lines = 0
        self._notices = notices

    def file_paths(self):
        """Return the paths of the journal's files."""
        return self._files or journal_files.paths_of_host()

    def open(self):
        """Learn whether there is a journalctl."""
        if archives.find_tool('journalctl') is None:
            self.status, self.reason = log_files.SKIPPED, 'this host has no journalctl'

    def latest_date(self):
        """Return None: an entry's time is complete."""
        return None

    def close(self):
        """Nothing stays open."""

    def blocks(self, begin=0, end=None):
        """Yield blocks of whole syslog lines, some of them empty while journalctl is at work. Raise archives.Unreadable, or budget.OutOfTime."""
        return self.budget.watch(self._blocks())

    def _blocks(self):
        export = Export(self._notices)
        try:
            for block in _output_of(self._command()):
                lines = b''.join([self._line(entry) for entry in self._behind_cursor(export.feed(block))])
                self.bytes_of_lines += len(lines)
                if not self.is_of_files:
                    self.bytes = self.bytes_of_lines
                yield lines
        except archives.Unreadable as error:
            if self._after:
                raise CursorLost()      # an unreadable journal is one from its beginning, too
            if self.entries:
                raise
            self.status, self.reason = log_files.SKIPPED if isinstance(error, NoJournal) else log_files.UNREADABLE, str(error)
        else:
            if self._after:
                raise CursorLost()
            if not self.entries and not self.cursor:
                self.status, self.reason = log_files.SKIPPED, 'it holds no mail'

    def _behind_cursor(self, entries):
        """Return the entries behind the cursor to read from, which is the first one. Raise CursorLost when it is not."""
        if self._after and entries:
            if entries[0].get(b'__CURSOR', b'').decode('ascii', 'replace') != self._after:
                raise CursorLost()
            self._after = None
            return entries[1:]
        return entries

    def _command(self):
        program = archives.find_tool('journalctl')
        command = [program, '--no-pager', '--output=export']
        if _version(program) >= _FIELDS_SINCE:
            command.append('--output-fields=' + ','.join(_FIELDS))
        command += ['--file=' + path for path in self._files] or ['--system']
        if self._after:
            # With its own entry, which tells whether it is still there: `--after-cursor` leaves out another one otherwise.
            return command + ['--cursor=' + self._after] + list(_MATCHES)
        for option, moment, margin in (('--since', self._limits[0], -(CARRIED_DAYS + 1) * _DAY), ('--until', self._limits[1], 2 * _DAY)):
            if moment is not None:
                # In words: old versions do not take fractions, and none takes moments before 1970.
                command.append('%s=%s UTC' % (option, time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(max(0, moment + margin)))))
        return command + list(_MATCHES)

    def _line(self, entry):
        """Return an entry as a line in the RFC 3339 form; nothing when it is none of a mail system."""
        self.entries += 1
        message = entry.get(b'MESSAGE')
        # An entry that was too long is noted each time it is met: no place to go on from.
        self.cursor = None if message is None else entry.get(b'__CURSOR', b'').decode('ascii', 'replace')
        stamp = self._time(entry.get(b'__REALTIME_TIMESTAMP', b''))
        if message is None or stamp is None or _OTHER_LOSS.match(message):
            return b''
        user = entry.get(b'_UID', b'')
        if user.isdigit() and len(user) < 11 and int(user) in _PEOPLE:
            self._notices.add('untrusted_writer', 'an ordinary account wrote in the name of a mail system; its lines are not counted')
            return b''
        process = entry.get(b'SYSLOG_PID') or entry.get(b'_PID') or b'0'
        if not process.isdigit():
            process = b'0'
        # A message of several lines stays one, as rsyslog writes it.
        message = message.replace(b'\n', b'#012')
        return b'%s %s %s[%s]: %s\n' % (stamp, _name(entry.get(b'_HOSTNAME')), _name(entry.get(b'SYSLOG_IDENTIFIER')), process, message)

    def _time(self, text):
        """Return microseconds since 1970 UTC as a stamp, or None."""
        if not text.isdigit() or len(text) > 16 or int(text) > _LAST_MOMENT:
            return None
        minute, second = divmod(int(text) // 1000000, 60)
        if minute != self._minute:
            self._minute, self._stamp = minute, time.strftime('%Y-%m-%dT%H:%M:', time.gmtime(minute * 60)).encode('ascii')
        return self._stamp + b'%02d+00:00' % second


def _path_of(files):
    if not files:
        return NAME
    folders = sorted(set(os.path.dirname(source.path) for source in files))
    return files[0].path if len(files) == 1 else '%s (%d journal files)' % (folders[0], len(files))


def _name(text):
    """Return a host's or program's name that cannot be taken for anything else in a line."""
    return _UNSAFE_NAME.sub(b'?', text[:200]) if text else b'-'


def _version(program):
    """Return the version of systemd, 0 when it does not tell."""
    # This is no Ansible module: it has no run_command.
    asked = subprocess.Popen(  # pylint: disable=ansible-bad-function
        [program, '--version'], stdout=subprocess.PIPE, close_fds=True)
    match = re.match(br'systemd (\d{1,5})', asked.communicate()[0])
    return int(match.group(1)) if match else 0


def _output_of(command):
    """Yield what journalctl prints, and empty blocks while it is at work. Raise archives.Unreadable when it failed."""
    environment = dict(os.environ, LC_ALL='C', SYSTEMD_COLORS='0', SYSTEMD_LOG_LEVEL='err')
    # run_command would hold the whole journal in memory; this reads it in blocks.
    tool = subprocess.Popen(  # pylint: disable=ansible-bad-function
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=True, env=environment)
    tool.stdin.close()
    said = b''
    open_pipes = [tool.stdout.fileno(), tool.stderr.fileno()]
    try:
        while open_pipes:
            try:
                ready = select.select(open_pipes, [], [], 1)[0]
            except select.error as error:
                if error.args[0] != errno.EINTR:
                    raise
                ready = []
            if not ready:
                yield b''
            for pipe in ready:
                block = os.read(pipe, archives.READ_SIZE)
                if not block:
                    open_pipes.remove(pipe)
                elif pipe == tool.stderr.fileno():
                    said = (said + block)[:4096]
                else:
                    yield block
        _require_success(tool.wait(), said)
    finally:
        tool.stdout.close()
        tool.stderr.close()
        if tool.poll() is None:
            tool.kill()
        tool.wait()


def _require_success(code, said):
    """Raise archives.Unreadable when journalctl could not read the journal, or not all of it, and NoJournal when there is none."""
    if b'insufficient permissions' in said or b'not seeing messages' in said:
        raise archives.Unreadable('the account may not read the journal (its group is systemd-journal)')
    if b'No journal files were found' in said:
        raise NoJournal('there is no journal')
    if code:
        lines = said.decode('utf-8', 'replace').strip().splitlines()
        raise archives.Unreadable('journalctl stopped with exit code %d%s' % (code, ': ' + lines[-1][:100] if lines else ''))


class NoJournal(archives.Unreadable):
    """The host keeps no journal."""


class CursorLost(Exception):
    """The journal does not hold the entry to read on from."""
