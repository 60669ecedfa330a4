"""One vertebra: body and arch joined, the canal and the upper neighbour's facets cut out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.anatomy.parametric.arch import Landmarks, draw_arch, inferior_facet
from planner.anatomy.parametric.body import body_field, depth
from planner.anatomy.parametric.fields import Coordinates, Field, horn
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.layout import Pose, mean_height
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry
from planner.anatomy.parametric.tubes import Tube

_JOINT_MM = 1.4
"""Facet joint space."""


@dataclass(frozen=True, eq=False)
class Column:
    """What every vertebra needs to know about the others.

    Attributes
    ----------
    rows, poses : by level, from the head down.
    canal : cut out of every vertebra and disc, so that none can meet it.
    """

    rows: dict[str, Morphometry]
    poses: dict[str, Pose]
    canal: Tube

    def facet_below_deg(self, level: str) -> float:
        """Direction of the facet that `level` rests on."""
        below = LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]
        return self.rows[below].facet_deg


def body_grid(column: Column, level: str, step_mm: float) -> Grid:
    """Sample the body alone, in the vertebra's own frame."""
    m = column.rows[level]
    low, high = _body_box(m)
    grid = Grid.over(low, high, step_mm, mirrored=True)
    grid.add(lambda c: body_field(m, c), low, high, 0.1)
    _carve_canal(grid, column, level)
    return grid


def vertebra_grid(column: Column, level: str, step_mm: float) -> Grid:
    """Sample the whole vertebra, in its own frame."""
    m = column.rows[level]
    at = Landmarks.of(m)
    low, high = _body_box(m)
    drop = 0.5 * m.height + 14.0 + m.sp_slope * m.sp_length
    grid = Grid.over(
        np.minimum(low, [0.0, low[1], -drop]),
        [max(high[0], m.tp_span + 3.0), at.apex + m.sp_length + 5.0, 0.5 * m.height + 15.0],
        step_mm,
        mirrored=True,
    )
    draw_arch(grid, m, column.facet_below_deg(level))
    # Pedicles that converge more meet the body's flank at a sharper angle.
    grid.add(lambda c: body_field(m, c), low, high, 2.5 + 0.05 * max(m.pedicle_transverse_deg, 0.0))
    _carve_canal(grid, column, level)
    _carve_joint(grid, column, level)
    return grid


def _body_box(m: Morphometry) -> tuple[list[float], list[float]]:
    half_width = 0.5 * max(m.width_upper, m.width_lower)
    rear, front = 0.5 * depth(m) + 2.0, 0.5 * depth(m) - max(m.depth_upper, m.depth_lower)
    half_height = max(0.5 * m.height * m.height_ratio, 0.5 * m.height, 0.5 * mean_height(m))
    return [0.0, front, -half_height], [half_width, rear, half_height]


def _carve_canal(grid: Grid, column: Column, level: str) -> None:
    m, pose = column.rows[level], column.poses[level]
    wall, half = 0.5 * depth(m), 0.5 * m.canal_width + 2.0
    grid.carve(
        lambda c: column.canal.field(c, pose),
        (0.0, wall - 4.0, -99.0),
        (half, wall + m.canal_depth + 12.0, 99.0),
        0.8,
    )


def _carve_joint(grid: Grid, column: Column, level: str) -> None:
    index = LEVELS.index(level)
    if index == 0:
        return
    above = LEVELS[index - 1]
    upper, pose, upper_pose = column.rows[above], column.poses[level], column.poses[above]
    ends, side, radii = inferior_facet(upper, column.rows[level].facet_deg)

    def facet(c: Coordinates) -> Field:
        return horn(pose.grid_to(upper_pose, c), ends, side, radii) - np.float32(_JOINT_MM)

    _, y, z = pose.to_local(upper_pose.to_world(ends[1]))
    grid.carve(facet, (0.0, y - 14.0, z - 8.0), (ends[0][0] + 10.0, y + 14.0, 99.0), 1.0)
