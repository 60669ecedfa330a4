"""All functions that make curves of a result; each gives nothing where it has nothing to show."""

from __future__ import annotations

from planner.measure.result import Result
from planner.report.augmented import augmented_curves
from planner.report.curves import Curve, CurveSource
from planner.report.frozen import frozen_curves
from planner.report.heated import heated_curves

CURVE_SOURCES: tuple[CurveSource, ...] = (heated_curves, frozen_curves, augmented_curves)


def curves_of(result: Result) -> tuple[Curve, ...]:
    """Return the curves of all sources, in their order."""
    return tuple(curve for source in CURVE_SOURCES for curve in source(result))
