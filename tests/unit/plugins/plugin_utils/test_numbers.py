# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounding never makes something nothing, or nearly all into all; what is not known is a dash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.figures import Share, sum_shares, tls_share
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report import bars
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import Catalogue
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.numbers import Format

FORMAT = Format(Catalogue("en"))


@pytest.mark.parametrize("part, whole, shown", [
    (None, 10, "—"), (1, None, "—"), (0, 0, "—"), (0, 7, "0.0 %"), (7, 7, "100.0 %"), (1, 3, "33.3 %"),
    (1, 100_000, "<0.1 %"), (99_999, 100_000, ">99.9 %"), (1, 2000, "0.1 %"), (2, 3, "66.7 %"), (1, 1000, "0.1 %"),
])
def test_percent(part, whole, shown):
    assert FORMAT.percent(Share(part, whole)).replace("\u00a0", " ") == shown


@pytest.mark.parametrize("value, shown", [
    (None, "—"), (0, "0"), (0.0, "0"), (0.01, "<0.1"), (0.5, "0.5"), (2.0, "2.0"), (9.94, "9.9"), (9.96, "10"), (52.5, "53"), (6039.2, "6,039"),
])
def test_per_day(value, shown):
    assert FORMAT.per_day(value) == shown


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_percent_is_exact_at_the_ends_alone(part, rest):
    shown = FORMAT.percent(Share(part, part + rest)).replace("\u00a0", " ")
    assert (shown == "0.0 %") == (part == 0 and rest > 0)
    assert (shown == "100.0 %") == (rest == 0 and part > 0)


def test_share_leaves_out_what_could_not_be_told_apart():
    assert tls_share({"total": 500, "tls": 100, "unknown": 250}, True) == Share(100, 250, 250)
    assert tls_share({"total": 500, "tls": 0, "unknown": 500}, False).part is None
    assert tls_share({"total": None, "tls": None, "unknown": None}, True).part is None
    assert tls_share({}, True).percent is None


def test_fleet_share_is_sum_over_sum():
    assert sum_shares([Share(1, 2), Share(0, 998), Share(None, None), Share(3, None)]).percent == 0.1


@given(st.lists(st.integers(0, 10**9), max_size=8))
def test_bars_fill_their_width(counts):
    parts = bars.stacked([(str(index), count) for index, count in enumerate(counts)])
    assert len(parts) == sum(count > 0 for count in counts)
    if parts:
        assert abs(sum(float(part.width) for part in parts) - 100) < 0.05
        assert all(float(part.width) > 0 for part in parts)
