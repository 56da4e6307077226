# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of ClamAV change where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._clamav.config_file import with_settings


@pytest.mark.parametrize(("before", "after"), [
    ("# a comment\nOnFail Defer\nUser clamav\n", "# a comment\nOnFail Accept\nUser clamav\n"),
    ("OnFail Accept\n", "OnFail Accept\n"), ("OnFail   Accept  \n", "OnFail   Accept  \n"),
    ("#OnFail Defer\nUser clamav\n", "#OnFail Defer\nUser clamav\nOnFail Accept\n"),
    ("Example\nOnFail Defer\nOnFail Reject\n", "OnFail Accept\n"), ("# Example\nOnFailure x", "# Example\nOnFailure x\nOnFail Accept\n"),
    ("", "OnFail Accept\n"),
])
def test_one_setting(before: str, after: str) -> None:
    assert with_settings(before, {"OnFail": "Accept"}) == after


@given(strategies.text("OnFail Example\n#xA\r\t"))
def test_twice_is_once(text: str) -> None:
    once = with_settings(text, {"OnFail": "Accept", "RejectMsg": "Refused: %v"})
    assert with_settings(once, {"OnFail": "Accept", "RejectMsg": "Refused: %v"}) == once
