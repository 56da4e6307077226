# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a part that mean what the parts before it say. PRIVATE to the collection."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import json
import zlib

# A log with more of them than this is not read in parts.
MAX_LINES = 40000
MAX_BYTES = 8 * 1024 * 1024


class Deferred:
    """Keeps lines, each a list of bytes and numbers, until they can be read behind what comes before them."""

    def __init__(self):
        self.lines = []
        self.overflowed = False
        self._bytes = 0

    def add(self, line):
        """Keep one more."""
        self._bytes += sum(len(field) for field in line if isinstance(field, bytes))
        if len(self.lines) < MAX_LINES and self._bytes <= MAX_BYTES:
            self.lines.append(line)
        else:
            self.overflowed = True

    def dump(self):
        """Return them as bytes: they are much of a part that is kept, and alike."""
        lines = [[field.decode('latin-1') if isinstance(field, bytes) else field for field in line] for line in self.lines]
        return binascii.b2a_base64(zlib.compress(json.dumps(lines).encode('ascii'))).strip()

    def load(self, data):
        """Take what was dumped."""
        for line in json.loads(zlib.decompress(binascii.a2b_base64(data)).decode('ascii')):
            self.add([field if field is None or isinstance(field, int) else field.encode('latin-1') for field in line])
