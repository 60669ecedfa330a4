"""Holes in the cortex of a body: round pits, cut out of its field along one of its axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.epidural import FieldOf
from planner.anatomy.parametric.fields import Coordinates, Field, intersection
from planner.anatomy.parametric.host import body_at, columns_of
from planner.core.errors import Problems

if TYPE_CHECKING:
    from planner.anatomy.parametric.column import Column
    from planner.anatomy.parametric.disease_spec import Defect

Vector = NDArray[np.float64]

BEYOND_MM = 3.0
"""How far the cut begins outside the surface: the surface is not flat."""
EDGE_MM = 0.4
"""Width over which the pit's bottom is rounded."""

_WAYS: dict[str, tuple[int, float]] = {
    "posterior_wall": (1, 1.0), "anterior_wall": (1, -1.0), "left_wall": (0, 1.0), "right_wall": (0, -1.0),
    "superior_endplate": (2, 1.0), "inferior_endplate": (2, -1.0),
}  # fmt: skip
"""Axis and direction in which each surface looks."""


@dataclass(frozen=True, eq=False)
class Carving:
    """What is cut out, in the vertebra's own frame.

    Attributes
    ----------
    field : negative where bone is lost.
    low, high : (3,) box that holds it, mm.
    mouth : (3,) middle of the opening on the surface.
    way : (3,) unit vector out of the bone.
    """

    field: FieldOf
    low: Vector
    high: Vector
    mouth: Vector
    way: Vector


def carving(defect: Defect, column: Column, level: str) -> Carving | None:
    """Return the pit of a defect; None where the surface does not reach."""
    mouth, axis, sign = mouth_of(defect, column, level)
    if mouth is None:
        return None
    way = np.zeros(3)
    way[axis] = sign
    radius = 0.5 * defect.diameter_mm

    def field(at: Coordinates) -> Field:
        d = [c - np.float32(m) for c, m in zip(at, mouth, strict=True)]
        out = np.float32(sign) * d[axis]
        others = [d[k] for k in range(3) if k != axis]
        round_ = np.sqrt(others[0] ** 2 + others[1] ** 2) - np.float32(radius)
        span = np.maximum(-out - np.float32(defect.depth_mm), out - np.float32(BEYOND_MM))
        return intersection(round_, np.asarray(span, dtype=np.float32), EDGE_MM)

    half = np.full(3, radius + 1.0)
    ends = np.stack([mouth + (BEYOND_MM + 1.0) * way, mouth - (defect.depth_mm + 1.0) * way])
    reach = half * (way == 0.0)
    return Carving(field, ends.min(axis=0) - reach, ends.max(axis=0) + reach, mouth, way)


def mouth_of(defect: Defect, column: Column, level: str) -> tuple[Vector | None, int, float]:
    """Return the middle of the opening, or None, with the axis and direction the surface looks."""
    m = column.rows[level]
    axis, sign = _WAYS[defect.surface]
    middle = 0.5 * depth(m) - 0.5 * m.depth_upper
    start = {
        0: np.array([0.0, middle + defect.across_mm, defect.along_mm]),
        1: np.array([defect.across_mm, middle, defect.along_mm]),
        2: np.array([defect.across_mm, middle + defect.along_mm, 0.0]),
    }[axis]
    step = np.linspace(0.0, 45.0, 1801)
    line = np.repeat(start[None], len(step), axis=0)
    line[:, axis] += sign * step
    inside = body_at(column, level)(columns_of(line)) < 0
    if not inside[0]:
        return None, axis, sign
    return line[int(np.argmin(inside))], axis, sign


def check_defects(defects: dict[str, tuple[Defect, ...]], column: Column, at: str, problems: Problems) -> None:
    """Note holes that lie off the surface they are in."""
    for level, several in defects.items():
        for n, defect in enumerate(several):
            if mouth_of(defect, column, level)[0] is None:
                problems.add(
                    f"{at}.defects.{level}[{n}]",
                    f"{defect.across_mm:g} mm across and {defect.along_mm:g} mm along the {defect.surface}",
                    f"a place on the {defect.surface.replace('_', ' ')} of {level}",
                    "bring it nearer to the middle of that surface",
                )
