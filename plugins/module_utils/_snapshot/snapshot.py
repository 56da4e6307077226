# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a host as they were at one moment, so that they can be put back exactly, and digests of what was made of them since.

PRIVATE to the collection.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import hashlib
import json
import os
import shutil
import stat

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
    """One folder (0700, root's) with files and a manifest. move: puts a file in another's place, keeping its security context.

    The kept files are named 0-NAME, 1-NAME and so on, in the order in which they were kept.
    """

    def __init__(self, folder, move):
        self._folder = folder
        self._move = move
        self._manifest = self._load()

    def _load(self):
        data = read(os.path.join(self._folder, MANIFEST))
        if data is None:
            return None
        try:
            manifest = json.loads(data.decode('utf-8'))
        except ValueError as error:
            raise SnapshotError('%s/%s: %s' % (self._folder, MANIFEST, error))
        if manifest.get('version') != _VERSION:
            raise SnapshotError('%s: made by another version of this collection' % self._folder)
        return manifest

    @property
    def exists(self):
        """Whether there is one."""
        return self._manifest is not None

    @property
    def notes(self):
        """What else was changed, such as the services that were started."""
        return dict(self._manifest['notes']) if self._manifest else {}

    @property
    def _files(self):
        return self._manifest['files'] if self._manifest else {}

    def keep(self, paths, notes=None):
        """Keep files as they are now. What is kept already stays, and so does the first note of each name. Return whether there was news."""
        manifest = self._manifest or {'version': _VERSION, 'files': {}, 'notes': {}, 'disturbed': []}
        missing = [path for path in paths if path not in manifest['files']]
        fresh = dict((name, value) for name, value in (notes or {}).items() if name not in manifest['notes'])
        if not missing and not fresh:
            return False
        if not os.path.isdir(self._folder):
            os.makedirs(self._folder, 0o700)
        for path in missing:
            manifest['files'][path] = self._keep(path, len(manifest['files']))
        manifest['notes'].update(fresh)
        self._manifest = manifest
        self._save()
        return True

    def _keep(self, path, number):
        data = read(path)
        entry = {'kept': None, 'after': digest(data)}
        if data is not None:
            status = os.stat(path)
            entry.update(kept='%d-%s' % (number, os.path.basename(path)), mode=stat.S_IMODE(status.st_mode), uid=status.st_uid, gid=status.st_gid,
                         mtime=status.st_mtime)
            _write(os.path.join(self._folder, entry['kept']), data)
        return entry

    def note_outcome(self):
        """Take the files as they are now for what we made of them."""
        for path, entry in self._files.items():
            entry['after'] = digest(read(path))
        self._save()

    def note_disturbed(self):
        """Remember which files somebody else changed before we change them again: what is ours in them cannot be told any more."""
        disturbed = self.changed_since()
        if disturbed:
            self._manifest['disturbed'] = disturbed
            self._save()

    def changed_since(self):
        """Return the files that somebody else changed after us."""
        if not self._manifest:
            return []
        return sorted(set(self._manifest['disturbed']) | set(path for path, entry in self._files.items() if digest(read(path)) != entry['after']))

    def plan_restore(self):
        """Return (path, bytes now, bytes then) of each file that putting back would change; None stands for no file."""
        triples = [(path, read(path), self._original(entry)) for path, entry in sorted(self._files.items())]
        return [triple for triple in triples if triple[1] != triple[2]]

    def _original(self, entry):
        if entry['kept'] is None:
            return None
        data = read(os.path.join(self._folder, entry['kept']))
        if data is None:
            raise SnapshotError('%s: the kept file %s is gone' % (self._folder, entry['kept']))
        return data

    def restore(self):
        """Put every file back as it was, with its owner, mode and time."""
        for path, unused_now, then in self.plan_restore():
            entry = self._files[path]
            if then is None:
                os.remove(path)
                continue
            temporary = os.path.join(self._folder, 'restoring')
            _write(temporary, then)
            self._move(temporary, path)
            os.chown(path, entry['uid'], entry['gid'])
            os.chmod(path, entry['mode'])
            # By which of two files is older, some distributions tell whether to build one from the other.
            if 'mtime' in entry:
                os.utime(path, (entry['mtime'], entry['mtime']))

    def remove(self):
        """Forget it."""
        if os.path.isdir(self._folder):
            shutil.rmtree(self._folder)
        self._manifest = None

    def _save(self):
        _write(os.path.join(self._folder, MANIFEST), json.dumps(self._manifest, indent=1, sort_keys=True).encode('utf-8'))


def _write(path, data):
    """Write a file of root's own, whole or not at all."""
    descriptor = os.open(path + '.new', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, 'wb') as handle:
        handle.write(data)
        handle.flush()
        os.fsync(descriptor)
    os.rename(path + '.new', path)
