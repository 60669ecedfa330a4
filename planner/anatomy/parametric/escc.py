"""An epidural mass of a stated grade, in a canal of any shape.

Grades (Bilsky, J Neurosurg Spine 2010;13:324) as geometry, the neural tissue being the cord or, below the conus, the
cauda equina as one bundle:

====  ====================================================================================
0     nothing in the canal
1a    a mass in the epidural fat, clear of the thecal sac
1b    the sac dented, cerebrospinal fluid left between the mass and the neural tissue
1c    the dented sac lies on the neural tissue, which keeps its shape
2     the neural tissue flattened, cerebrospinal fluid still to be seen round it
3     the neural tissue flattened, no cerebrospinal fluid round it
====  ====================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.epidural import DURA_MM, FREE_SHARE, GAP_MM, Dural, FieldOf, Mass, dome_mass
from planner.anatomy.parametric.host import columns_of

if TYPE_CHECKING:
    from planner.anatomy.parametric.column import Column
    from planner.anatomy.parametric.lesion_spec import Escc

Vector = NDArray[np.float64]

FLATTENED = {"2": 0.25, "3": 0.4}
"""Part of the neural tissue's depth that the grade takes from it."""
LEAST_GAP_MM = 0.6
"""Least fat before the sac (1a) or fluid before the neural tissue (1b) in which the grade can be told from the next."""


@dataclass(frozen=True, eq=False)
class Way:
    """How a mass comes into the canal: its foot on the wall, its level direction, its spread along and up the wall."""

    foot: Vector
    way: Vector
    wide_mm: float
    tall_mm: float


def epidural_mass(
    column: Column, level: str, dural: Dural, grade: Escc, *, entry: tuple[Vector, Vector], size_mm: float
) -> Mass | None:
    """Return the part of a lesion in the canal that has this grade; None where the level leaves no room for it.

    Parameters
    ----------
    entry : foot on the canal's wall and direction into it, as from `foot_of`.
    size_mm : diameter of the part in bone, from which its spread along the wall follows.
    """
    m = column.rows[level]
    wide = float(np.clip(0.4 * size_mm, 2.5, (0.5 if grade == "3" else 0.36) * m.canal_width))
    tall = float(np.clip(0.45 * size_mm, 3.0, 0.42 * m.arch_height))
    if grade in FLATTENED:
        wide, tall = max(wide, 0.36 * m.canal_width), max(tall, 0.3 * m.arch_height)
    path = Way(*entry, wide, tall)
    deep = _depth(dural, grade, path, m.canal_depth)
    if deep is None:
        return None
    return dome_mass(column, level, entry, (wide, deep, tall), fluid=grade != "3")


def _dome_surface(path: Way, deep: float) -> Vector:
    s, turn = np.meshgrid(np.linspace(0.0, 1.0, 40), np.linspace(0.0, 2.0 * np.pi, 72), indexing="ij")
    r = np.sqrt(1.0 - s * s)
    across = np.cross(path.way, [0.0, 0.0, 1.0])
    points = (
        path.foot
        + (path.wide_mm * r * np.cos(turn))[..., None] * across
        + (deep * s)[..., None] * path.way
        + (path.tall_mm * r * np.sin(turn))[..., None] * np.array([0.0, 0.0, 1.0])
    )
    return np.asarray(points.reshape(-1, 3))


def _depth(dural: Dural, grade: Escc, path: Way, canal_depth: float) -> float | None:
    """Return how far the mass has to reach into the canal for its grade, mm."""

    def touching(field: FieldOf, gap: float) -> float:
        low, high = 0.05, canal_depth
        for _ in range(24):
            mid = 0.5 * (low + high)
            clear = float(field(columns_of(_dome_surface(path, mid))).min()) > gap
            low, high = (mid, high) if clear else (low, mid)
        return 0.5 * (low + high)

    at_sac, at_neural = touching(dural.sac, 0.0), touching(dural.neural, DURA_MM + GAP_MM)
    if grade == "1a":
        return max(0.4, min(0.6 * at_sac, at_sac - 0.4)) if at_sac >= LEAST_GAP_MM else None
    if grade == "1b":
        return 0.5 * (at_sac + at_neural) if at_neural >= at_sac + LEAST_GAP_MM else None
    if grade == "1c":
        return at_neural
    thick, free = extent(dural, path)
    if thick == 0.0:
        return None
    keep = FREE_SHARE if grade == "2" else 0.0
    return at_neural + (1.0 - keep) * max(free - DURA_MM, 0.0) + FLATTENED[grade] * thick


def extent(dural: Dural, path: Way) -> tuple[float, float]:
    """Return the neural tissue's depth along the way at the height of its foot, and the fluid behind it, mm."""
    foot, way = path.foot, path.way
    x, y, _ = middle_of(dural.neural, foot)
    start = np.array([x, y, foot[2]])
    s = np.linspace(-25.0, 25.0, 1001)
    line = columns_of(start + s[:, None] * way)
    neural, sac = s[dural.neural(line) < 0], s[dural.sac(line) < 0]
    if not len(neural) or not len(sac):
        return 0.0, 0.0
    return float(np.ptp(neural)), float(sac.max() - neural.max())


def middle_of(neural: FieldOf, foot: Vector) -> Vector:
    """Return the middle of the neural tissue's section at a height, mm; NaN where there is none."""
    span = np.linspace(-15.0, 15.0, 121, dtype=np.float32)
    depths = np.linspace(-20.0, 25.0, 181, dtype=np.float32)
    x, y = span[:, None, None], (np.float32(foot[1]) + depths)[None, :, None]
    inside = neural((x, y, np.full((1, 1, 1), foot[2], dtype=np.float32)))[..., 0] < 0
    if not inside.any():
        return np.array([np.nan, np.nan, foot[2]])
    i, j = np.nonzero(inside)
    return np.array([float(span[i].mean()), float(y[0, j, 0].mean()), float(foot[2])])
