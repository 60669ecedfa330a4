"""Over which stretch of the column the long structures are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.anatomy.parametric.layout import mean_height

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import ParametricSpine
    from planner.anatomy.parametric.tubes import Tube

BEYOND_MM = 15.0
"""How far the long structures run past the outermost vertebrae."""


def span_of(spine: ParametricSpine, tube: Tube) -> tuple[float, float]:
    """Return from where to where along a tube's course it passes the built vertebrae, processes and margin included."""
    rows, poses = spine.column.rows, spine.column.poses
    top, bottom = spine.built[0], spine.built[-1]
    low = rows[bottom]
    fall = 14.0 + low.sp_slope * low.sp_length  # the spinous process hangs below its body
    first = tube.crossing(poses[top], 0.5 * mean_height(rows[top]) + 15.0 + BEYOND_MM)
    last = tube.crossing(poses[bottom], -0.5 * mean_height(low) - fall - BEYOND_MM)
    return first, last


def shared(span: tuple[float, float], limits: tuple[float, float]) -> tuple[float, float] | None:
    """Return what two stretches share; None where that is no more than a crumb."""
    first, last = max(span[0], limits[0]), min(span[1], limits[1])
    return (first, last) if last - first > 4.0 else None
