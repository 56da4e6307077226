# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures with a time axis draw what is known and nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.plots import column_plot, line_plot, spark_path


def test_the_line_breaks_on_missing_days():
    assert spark_path([0, 100, None, 50, None, None]) == "M0 16.5 2 1.5M6 9h.1"
    assert spark_path([None, None]) == ""
    plot = line_plot([50, 50, None, 50, None, 100, 0], [False] * 7)
    assert plot.line.count("M") == 2
    assert [dot.index for dot in plot.dots] == [3]
    assert plot.last is not None and plot.last.index == 6


def test_doubtful_days_are_shaded_over_their_width():
    plot = line_plot([10.0] * 10, [False, True, True, *[False] * 7])
    assert len(plot.gaps) == 2
    assert float(plot.gaps[1][0]) == pytest.approx(float(plot.gaps[0][0]) + float(plot.gaps[0][1]), abs=0.5)


def test_nothing_known_draws_nothing():
    plot = line_plot([None, None], [True, True])
    assert (plot.line, plot.area, plot.dots, plot.last) == ("", "", [], None)
    assert line_plot([], []).ticks == []


@pytest.mark.parametrize("values, top", [([3845.2, 3968.0], 5000), ([0.0, 0.4], 0.5), ([0.0], 1), ([None, 12.0], 20)])
def test_columns_stand_on_zero(values, top):
    plot = column_plot(values)
    assert [level for _y, level in plot.grid] == [0, top / 2, top]
    assert [column.index for column in plot.columns] == [index for index, value in enumerate(values) if value is not None]
    for column in plot.columns:
        assert float(column.y) + float(column.height) == pytest.approx(plot.bottom, abs=0.1)


def test_few_ticks_and_always_the_last():
    ticks = [tick.index for tick in line_plot([1.0] * 400, [False] * 400).ticks]
    assert ticks[-1] == 399 and len(ticks) <= 6
