"""Curves over time or volume: what thermocouples, generator, balloon and cement showed in the simulation.

A source is a function from a result to curves; listed in `planner.report.curve_sources`, its curves stand in page
and PDF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from planner.measure.result import Result


@dataclass(frozen=True)
class Line:
    """One curve of a plot: its name and a value at each x; a NaN leaves a gap."""

    label: str
    y: Sequence[float]


@dataclass(frozen=True)
class Mark:
    """A line across the plot.

    Attributes
    ----------
    at : its value.
    label : what it stands for: `limit 45 °C`.
    axis : `y` for a level, `x` for a moment.
    outcome : colour by the outcome it separates: `fail` for a limit, `warn`, or empty.
    """

    at: float
    label: str
    axis: str = "y"
    outcome: str = ""


@dataclass(frozen=True)
class Span:
    """A stretch of x that is shaded: a phase of a treatment."""

    start: float
    end: float
    label: str


@dataclass(frozen=True)
class Curve:
    """One plot.

    Attributes
    ----------
    name : unique in the report, `thermocouples_1`.
    title : heading of the plot.
    x : values common to all lines, rising.
    x_label, x_unit, y_label, y_unit : as printed.
    lines : at most six, or they are not told apart.
    marks : limits and moments.
    spans : phases, shaded behind the lines; one label stands for all of the same name.
    """

    name: str
    title: str
    x: Sequence[float]
    x_label: str
    x_unit: str
    lines: tuple[Line, ...]
    y_label: str
    y_unit: str
    marks: tuple[Mark, ...] = ()
    spans: tuple[Span, ...] = ()


CurveSource = Callable[[Result], Iterable[Curve]]
