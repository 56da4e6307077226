# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End a module's process on a host as soon as all is done. PRIVATE to the collection.

Before Python ends it takes all that it holds apart, piece by piece: with what Ansible and the collection have loaded, a quarter of what the audit of a
short log takes beyond a `ping` (docs/scaling.md). The operating system frees the memory at once. What matters of an ordinary end comes first: by then
Ansible's wrapper has removed what it unpacked, the functions that were registered meanwhile for the end have run, and what was printed is on its way.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import atexit
import os
import sys
import zipimport

_statuses = []


def _end():
    # Coverage writes its data at the ordinary end.
    if not _statuses or 'coverage' in sys.modules:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (IOError, OSError, ValueError):
        # Python says so in its own way.
        return
    os._exit(_statuses[-1])


def after(main):
    """Run a module's work, which ends in exit_json or fail_json, and let the process end right after. An error takes the ordinary way."""
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            _statuses.append(end.code or 0)
        raise


# Registered when this is loaded, before the module does anything: such functions run in reverse order, so this is behind the module's own.
# Nothing of this where the controller loads the code.
if isinstance(__loader__, zipimport.zipimporter):
    atexit.register(_end)
