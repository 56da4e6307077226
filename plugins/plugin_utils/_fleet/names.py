# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File names for host records: safe whatever the inventory calls a host, and never shared by two hosts."""

from __future__ import annotations

import hashlib
import re

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text

# Lower case only: two inventory names that differ in case alone would be one file on some file systems, so every name
# with a capital takes the hashed form. "--" is the mark of that form, so no plain name can look like a hashed one.
_PLAIN = re.compile(r"[a-z0-9_][a-z0-9._-]*\Z")
_HASH_MARK = "--"
_MAX_LENGTH = 200
_DIGEST_LENGTH = 16
RECORD_SUFFIX = ".json"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def safe_stem(name: str) -> str:
    """A file name without its suffix: ``[A-Za-z0-9._-]``, no leading dot, at most 200 characters, one per name."""
    if len(name) <= _MAX_LENGTH and _HASH_MARK not in name and _PLAIN.match(name):
        return name
    slug = re.sub(r"[^A-Za-z0-9._-]+", "_", name[:_MAX_LENGTH]).strip("._-")
    slug = re.sub(r"-{2,}", "-", slug)[: _MAX_LENGTH - _DIGEST_LENGTH - len(_HASH_MARK)].rstrip("-")
    return (slug or "host") + _HASH_MARK + _digest(name)[:_DIGEST_LENGTH]


def record_file_name(name: str) -> str:
    """The record file of the inventory host ``name``."""
    return safe_stem(name) + RECORD_SUFFIX


def display_name(name: str) -> str:
    """The inventory name as the record and the report show it; cleaned names stay distinct."""
    cleaned = clean_text(name, _MAX_LENGTH)
    return cleaned if cleaned == name and cleaned else cleaned + "~" + _digest(name)[:8]
