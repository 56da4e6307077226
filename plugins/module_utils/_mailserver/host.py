# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be read of a host without changing it: files, processes, and the output of programs. PRIVATE to the collection.

Everything that a host says is data: bounded in size and time, never evaluated.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import glob
import os
import platform
import select
import signal
import stat
import subprocess
import time

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import printable

MAX_OUTPUT = 512 * 1024
MAX_FILE = 1024 * 1024
MAX_PROCESSES = 50000
FOLDERS = ('/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin')


class Host(object):
    """Reads the host that it runs on, and keeps a list of what it was not allowed or able to see.

    root: a prefix for all paths; only tests have one other than the empty text. timeout: seconds that one program may take.
    """

    python = platform.python_version()  # the host's; None where it has none
    connects = True                     # whether sockets of this process reach the host's daemons

    def __init__(self, root='', timeout=10):
        self.root = root
        self.timeout = timeout
        self.unseen = []
        self._processes = None

    def hidden(self, what, why):
        """Note that something could not be seen."""
        entry = {'what': printable(what), 'why': printable(why)}
        if entry not in self.unseen and len(self.unseen) < 50:
            self.unseen.append(entry)

    def exists(self, path):
        """Tell whether there is anything at a path."""
        return os.path.lexists(self.root + path)

    def is_absent(self, path):
        """Tell whether there is surely nothing at a path that could not be read: a folder that may not be searched hides what is in it."""
        return not self.exists(path) and not any(entry['what'] == printable(path) for entry in self.unseen)

    def paths(self, pattern):
        """Return the paths that a glob matches."""
        return [path[len(self.root):] for path in sorted(glob.glob(self.root + pattern))[:100]]

    def read(self, path, limit=MAX_FILE):
        """Return a regular file's text, or None when there is none; one that may not be read is noted as unseen."""
        data = self.read_bytes(path, limit)
        return None if data is None else data.decode('utf-8', 'replace')

    def read_bytes(self, path, limit=MAX_FILE):
        """Return the first `limit` bytes of a regular file, or None."""
        try:
            descriptor = os.open(self.root + path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except (IOError, OSError) as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self.hidden(path, os.strerror(error.errno))
            return None
        with os.fdopen(descriptor, 'rb') as handle:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return handle.read(limit)

    def modified(self, path):
        """Return when a file was last written, in seconds since 1970, or None."""
        try:
            return os.stat(self.root + path).st_mtime
        except (IOError, OSError):
            return None

    def program(self, *names):
        """Return the path of the first program of these names that is installed, or None."""
        for name in names:
            for folder in FOLDERS:
                path = '%s%s/%s' % (self.root, folder, name)
                if os.access(path, os.X_OK) and os.path.isfile(path):
                    return path
        return None

    def run(self, *command):
        """Return a program's standard output as text, or None when it fails or takes too long, which is noted as unseen."""
        try:
            with open(os.devnull, 'rb') as nothing:
                # run_command knows no time limit, and a program that hangs must not hold up the host's audit.
                process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                    command, stdin=nothing, stdout=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=True, preexec_fn=os.setsid,
                    env={'PATH': ':'.join(FOLDERS), 'LC_ALL': 'C', 'LANG': 'C', 'LD_LIBRARY_PATH': os.environ.get('LD_LIBRARY_PATH', '')})
        except (IOError, OSError) as error:
            self.hidden(command[0], os.strerror(error.errno))
            return None
        output, errors, in_time = _collect(process, self.timeout)
        if not in_time:
            self.hidden(' '.join(command), 'took longer than %d seconds' % self.timeout)
            return None
        if process.returncode != 0:
            self.hidden(' '.join(command), 'exit code %d: %s' % (process.returncode, errors.strip() or 'no message'))
            return None
        return output

    def processes(self):
        """Return the command lines of all visible processes, as lists of texts."""
        if self._processes is None:
            self._processes = self._list_processes()
        return self._processes

    def _list_processes(self):
        found = []
        try:
            numbers = [name for name in os.listdir(self.root + '/proc') if name.isdigit()]
        except (IOError, OSError):
            numbers = []
        # More than any mail server runs; a daemon among the last must not be missed.
        for number in sorted(numbers, key=int)[:MAX_PROCESSES]:
            data = self.read_bytes('/proc/%s/cmdline' % number, 4096)
            if data:
                found.append([part.decode('utf-8', 'replace') for part in data.rstrip(b'\0').split(b'\0')])
        if not self.root and not os.access('/proc/1/cmdline', os.R_OK):
            self.hidden('processes of other accounts', 'this host hides them (hidepid)')
        return found

    def runs(self, *names):
        """Tell whether a process of one of these program names is there."""
        for command in self.processes():
            # Daemons that set their title put all of it into the first word: `amavisd (master)`.
            first = os.path.basename(command[0].split(' ')[0].rstrip(':'))
            second = os.path.basename(command[1]) if len(command) > 1 and first.startswith(('perl', 'python')) else ''
            if first in names or second in names:
                return True
        return False


def _collect(process, timeout):
    """Read a process's output, bounded in size and time. Return (output, errors, did it end in time)."""
    deadline = time.time() + timeout
    streams = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    waiting = list(streams)
    while waiting:
        left = deadline - time.time()
        ready = select.select(waiting, [], [], left)[0] if left > 0 else []
        if not ready:
            break
        for descriptor in ready:
            data = os.read(descriptor, 65536)
            if not data:
                waiting.remove(descriptor)
            elif sum(len(part) for part in streams[descriptor]) < MAX_OUTPUT:
                streams[descriptor].append(data)
    while not waiting and process.poll() is None and time.time() < deadline:
        time.sleep(0.01)
    in_time = process.poll() is not None
    if not in_time:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (IOError, OSError):
            pass
        process.wait()
    texts = [b''.join(streams[stream.fileno()])[:MAX_OUTPUT].decode('utf-8', 'replace') for stream in (process.stdout, process.stderr)]
    process.stdout.close()
    process.stderr.close()
    return texts[0], texts[1], in_time
