# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Geometry of the pictures with a time axis, in the units of each picture's viewBox. A day without a value breaks the line: nothing is
drawn between two known days that is not known itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from collections.abc import Sequence

WIDTH, HEIGHT, LOW_HEIGHT = 640, 190, 130
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 20, 24
_TICKS = 6
# The label of the last value, in the larger letters of a phone: so far to the left of its dot, and so high.
_LABEL_REACH, _LABEL_HEIGHT = 84, 18

SPARK_STEP, SPARK_HEIGHT = 2, 18


@dataclass(frozen=True)
class Mark:
    """A place with the index of what stands there."""

    x: str
    y: str
    index: int
    # Where its label stands, clear of the line beside it.
    label_y: str = ""


@dataclass(frozen=True)
class Column:
    """A column with its middle and the index of what it stands for."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    index: int


@dataclass(frozen=True)
class Plot:
    """A picture of one series. ``ticks`` name places on the time axis, ``grid`` values on the other."""

    line: str
    area: str
    dots: list[Mark]
    gaps: list[tuple[str, str]]
    ticks: list[Mark]
    grid: list[tuple[str, float]]
    last: Mark | None = None
    columns: list[Column] = field(default_factory=list)
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def _length(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def runs_of(values: Sequence[float | None]) -> list[list[int]]:
    """The indexes of the known values, in unbroken runs."""
    runs: list[list[int]] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _label_y(highest: float, lowest: float) -> float:
    """The base line of a label above the line, or below it where there is no room above."""
    return highest - 10 if highest - 10 - _LABEL_HEIGHT >= 0 or lowest + 8 + _LABEL_HEIGHT > HEIGHT - _BOTTOM else lowest + 8 + _LABEL_HEIGHT


def _ticks(count: int, x_of: list[float], height: int) -> list[Mark]:
    step = max(math.ceil((count - 1) / (_TICKS - 1)), 1)
    chosen = list(range(count - 1, -1, -step))[::-1]
    return [Mark(_length(x_of[index]), _length(height - 7), index) for index in chosen]


def line_plot(values: Sequence[float | None], doubtful: Sequence[bool]) -> Plot:
    """Percentages over days in a row; ``doubtful`` days are shaded over their whole width."""
    count = len(values)
    slot = (WIDTH - _LEFT - _RIGHT) / max(count, 1)
    x_of = [_LEFT + slot * (index + 0.5) for index in range(count)]

    def y_of(value: float) -> float:
        return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value / 100)

    lines, areas, dots = [], [], []
    for run in runs_of(values):
        points = " ".join(f"{_length(x_of[index])} {_length(y_of(values[index] or 0))}" for index in run)
        if len(run) == 1:
            dots.append(Mark(_length(x_of[run[0]]), _length(y_of(values[run[0]] or 0)), run[0]))
            continue
        lines.append("M" + points)
        areas.append(f"M{_length(x_of[run[0]])} {HEIGHT - _BOTTOM}L{points}V{HEIGHT - _BOTTOM}z")
    gaps = [(_length(x_of[index] - slot / 2), _length(slot + 0.2)) for index in range(count) if doubtful[index]]
    known = [index for index, value in enumerate(values) if value is not None]
    last = None
    if known:
        beside = [y_of(values[index] or 0) for index in known if x_of[known[-1]] - x_of[index] <= _LABEL_REACH]
        last = Mark(_length(x_of[known[-1]]), _length(y_of(values[known[-1]] or 0)), known[-1], _length(_label_y(min(beside), max(beside))))
    return Plot(
        "".join(lines), "".join(areas), dots, gaps, _ticks(count, x_of, HEIGHT), [(_length(y_of(level)), level) for level in (0, 25, 50, 75, 100)], last,
    )


def _nice_top(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value - 1e-9)


def column_plot(values: Sequence[float | None]) -> Plot:
    """Amounts of runs, one column each, from 0 on."""
    count = len(values)
    slot = (WIDTH - _LEFT - _RIGHT) / max(count, 1)
    wide = min(slot * 0.56, 44)
    top = _nice_top(max((value for value in values if value), default=1))
    base = LOW_HEIGHT - _BOTTOM
    room = base - _TOP
    x_of = [_LEFT + slot * (index + 0.5) for index in range(count)]
    columns = []
    for index, value in enumerate(values):
        if value is not None:
            tall = max(room * value / top, 1 if value else 0)
            columns.append(Column(
                _length(x_of[index] - wide / 2), _length(base - tall), _length(wide), _length(tall), _length(x_of[index]), index,
            ))
    grid = [(_length(base - room * part), top * part) for part in (0, 0.5, 1)]
    return Plot("", "", [], [], _ticks(count, x_of, LOW_HEIGHT), grid, columns=columns, bottom=base)


def spark_path(values: Sequence[float | None]) -> str:
    """The path of a small line of percentages; empty when no value is known. A lone day is a dot."""
    pieces = []
    for run in runs_of(values):
        points = " ".join(f"{index * SPARK_STEP} {_length(1.5 + (SPARK_HEIGHT - 3) * (1 - (values[index] or 0) / 100))}" for index in run)
        pieces.append(f"M{points}" + ("h.1" if len(run) == 1 else ""))
    return "".join(pieces)
