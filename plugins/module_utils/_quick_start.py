# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load the collection's code on a host in the shortest time. PRIVATE to the collection.

Each file is compiled once, not twice. Ansible sends the code as a zip archive of sources. Before Python 3 loads a module from one, it asks the archive for
the module's file name, and zipimporter.get_filename() compiles the module to answer that; then it is compiled again to be run. Compiling is most of what
auditing a host with a short log takes. Python 2.7 asks for no name. What Ansible itself sends was loaded before, all but a little that it needs at the end.

What is loaded stays: Python looks through it for circles, again and again while it loads, in vain. It looks more seldom.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import gc
import pkgutil
import sys
import zipimport

try:
    from importlib.util import spec_from_file_location
except ImportError:     # Python 2.7
    spec_from_file_location = None

_SENT = (__name__.rpartition('.plugins.')[0] + '.', 'ansible.')


class _Finder(object):
    """Finds the collection's modules and Ansible's in the archive, and says where they are without asking."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Return the module's spec, or None for one that is none of ours or not in an archive."""
        if not name.startswith(_SENT) or not path:
            return None
        archive = pkgutil.get_importer(path[0])
        if not isinstance(archive, zipimport.zipimporter):
            return None
        try:
            is_package = archive.is_package(name)
        except zipimport.ZipImportError:
            return None
        place = '%s/%s' % (path[0].rstrip('/'), name.rpartition('.')[2])
        file_name = place + ('/__init__.py' if is_package else '.py')
        return spec_from_file_location(name, file_name, loader=archive, submodule_search_locations=[place] if is_package else None)


# Nothing of this where the controller loads the code.
if isinstance(__loader__, zipimport.zipimporter):
    gc.set_threshold(100000)
    if spec_from_file_location is not None:
        sys.meta_path.insert(0, _Finder)
