# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's configuration as it was before the remediation, and as the remediation left it, so that it can be put back exactly.

One folder, `current`, holds the first state of every file that is changed, and a manifest with the digests of the state after. What somebody
else changed in between shows as another digest. Older snapshots are kept beside it, named by their time.

PRIVATE to the collection.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import json
import os
import shutil
import stat
import time

CURRENT = 'current'
MANIFEST = 'manifest.json'
_VERSION = 1


class SnapshotError(Exception):
    """A snapshot that is not there or cannot be used. Its text says which and why."""


def read(path):
    """Return a file's bytes, None where there is no file."""
    if not os.path.lexists(path):
        return None
    with open(path, 'rb') as handle:
        return handle.read()


def digest(data):
    """Return the SHA-256 of bytes in hexadecimal, None for no file."""
    return None if data is None else hashlib.sha256(data).hexdigest()


class Snapshot(object):
    """The snapshots below one folder (0700, root's). move: puts a file in another's place, keeping its security context."""

    def __init__(self, folder, move):
        self._folder = folder
        self._move = move
        self._current = os.path.join(folder, CURRENT)
        self._manifest = self._load()

    def _load(self):
        data = read(os.path.join(self._current, MANIFEST))
        if data is None:
            return None
        try:
            manifest = json.loads(data.decode('utf-8'))
        except ValueError as error:
            raise SnapshotError('%s/%s: %s' % (self._current, MANIFEST, error))
        if manifest.get('version') != _VERSION:
            raise SnapshotError('%s: made by another version of this collection' % self._current)
        return manifest

    @property
    def exists(self):
        """Whether there is one."""
        return self._manifest is not None

    @property
    def finished(self):
        """Whether the remediation that it belongs to came to its end."""
        return bool(self._manifest and self._manifest['finished'])

    @property
    def notes(self):
        """What else was changed, such as the services that were started."""
        return dict(self._manifest['notes']) if self._manifest else {}

    def changed_since(self):
        """Return the files that differ from how the remediation left them."""
        return [path for path, entry in sorted((self._manifest or {'files': {}})['files'].items()) if digest(read(path)) != entry['after']]

    def plan_restore(self):
        """Return (path, bytes now, bytes then) of each file that putting back would change; None stands for no file."""
        if not self._manifest:
            return []
        triples = [(path, read(path), self._original(entry)) for path, entry in sorted(self._manifest['files'].items())]
        return [triple for triple in triples if triple[1] != triple[2]]

    def begin(self, paths, notes=None):
        """Keep the state of files that are about to be changed. What is kept already stays, unless somebody else changed a file meanwhile.

        From here on the remediation counts as not finished. Return whether anything was kept that was not.
        """
        if self.finished and self.changed_since():
            # The state before is another one now. The older snapshot stays beside it for whoever wants it.
            self._put_away()
        manifest = self._manifest or {'version': _VERSION, 'made': int(time.time()), 'files': {}, 'notes': {}, 'finished': False}
        missing = [path for path in paths if path not in manifest['files']]
        fresh_notes = dict((name, value) for name, value in (notes or {}).items() if name not in manifest['notes'])
        if self._manifest and not missing and not fresh_notes and not self.finished:
            return False
        news = bool(missing or fresh_notes)
        if not os.path.isdir(self._current):
            os.makedirs(self._current, 0o700)
        for path in missing:
            manifest['files'][path] = self._keep(path, len(manifest['files']))
        manifest['notes'].update(fresh_notes)
        manifest['finished'] = False
        self._manifest = manifest
        self._write()
        return news

    def _keep(self, path, number):
        data = read(path)
        entry = {'kept': None, 'after': digest(data)}
        if data is not None:
            status = os.stat(path)
            entry.update(kept='%d-%s' % (number, os.path.basename(path)), mode=stat.S_IMODE(status.st_mode), uid=status.st_uid, gid=status.st_gid)
            _write(os.path.join(self._current, entry['kept']), data)
        return entry

    def note_state(self, finished):
        """Take the files as they are now for what the remediation made of them."""
        if not self._manifest:
            raise SnapshotError('there is no snapshot in %s' % self._folder)
        for path, entry in self._manifest['files'].items():
            entry['after'] = digest(read(path))
        self._manifest['finished'] = finished
        self._write()

    def restore(self):
        """Put every file back as it was, with its owner and mode, and put the snapshot away."""
        for path, unused_now, then in self.plan_restore():
            entry = self._manifest['files'][path]
            if then is None:
                os.remove(path)
                continue
            temporary = os.path.join(self._current, 'restoring')
            _write(temporary, then)
            os.chown(temporary, entry['uid'], entry['gid'])
            os.chmod(temporary, entry['mode'])
            self._move(temporary, path)
            os.chown(path, entry['uid'], entry['gid'])
            os.chmod(path, entry['mode'])
        self._put_away()

    def _original(self, entry):
        if entry['kept'] is None:
            return None
        data = read(os.path.join(self._current, entry['kept']))
        if data is None:
            raise SnapshotError('%s: the kept file %s is gone' % (self._current, entry['kept']))
        return data

    def _put_away(self):
        base = os.path.join(self._folder, time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()))
        name, number = base, 1
        while os.path.lexists(name):
            number += 1
            name = '%s-%d' % (base, number)
        shutil.move(self._current, name)
        self._manifest = None

    def _write(self):
        text = json.dumps(self._manifest, indent=1, sort_keys=True)
        _write(os.path.join(self._current, MANIFEST), text.encode('utf-8'))


def _write(path, data):
    """Write a file of root's own, whole or not at all."""
    descriptor = os.open(path + '.new', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, 'wb') as handle:
        handle.write(data)
        handle.flush()
        os.fsync(descriptor)
    os.rename(path + '.new', path)
