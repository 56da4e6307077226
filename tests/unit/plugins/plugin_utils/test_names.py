# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record file names: safe whatever the inventory says, and never one file for two hosts."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import display_name, record_file_name, safe_stem

NAMES = st.one_of(st.text(), st.text(alphabet="aA.-_/\\ \0~é", max_size=12), st.text(alphabet="ab-", min_size=190, max_size=210))


@given(NAMES)
def test_stem_is_safe(name):
    assert re.match(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z", safe_stem(name))
    assert len(safe_stem(name)) <= 200


@given(NAMES, NAMES)
def test_two_names_never_share_a_file(first, second):
    if first != second:
        assert record_file_name(first).lower() != record_file_name(second).lower()


def test_case_alone_makes_two_files():
    assert record_file_name("MX1").lower() != record_file_name("mx1").lower()


def test_a_name_that_looks_hashed_is_hashed():
    hashed = safe_stem("MX1")
    assert safe_stem(hashed) != hashed


def test_plain_names_stay():
    assert record_file_name("mx1.chem.example.org") == "mx1.chem.example.org.json"


def test_paths_do_not():
    for name in ("../../evil", "/etc/passwd", ".hidden", "", "a" * 500, "con\0x", "-rf"):
        assert "/" not in safe_stem(name) and not safe_stem(name).startswith((".", "-"))


def test_cleaned_display_names_stay_apart():
    assert display_name("mx\u202e1") != display_name("mx1") != display_name("mx\x1b1")
