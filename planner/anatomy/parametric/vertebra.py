"""One vertebra: body and arch joined, the canal and the upper neighbour's facets cut out."""

from __future__ import annotations

import numpy as np

from planner.anatomy.parametric.arch import Landmarks, arch_parts, merged, seen_from
from planner.anatomy.parametric.body import body_box, body_field, depth
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.morphometry import LEVELS
from planner.anatomy.parametric.pedicle_fit import CANAL_BLEND_MM, body_part, fitted_pedicle
from planner.anatomy.parametric.processes import inferior_part, process_parts, spinous_part, superior_parts
from planner.anatomy.parametric.ribs import RIBBED, costal_cuts, costal_pads

_JOINT_MM = 1.3
"""Facet joint space."""

_FAR = 99.0


def body_grid(column: Column, level: str, step_mm: float) -> Grid:
    """Sample the body alone, in the vertebra's own frame."""
    m = column.rows[level]
    low, high = body_box(m)
    grid = Grid.over(low, high, step_mm, mirrored=True)
    grid.add(lambda c: body_field(m, c), low, high, 0.1)
    grid = _sided(grid, column)
    _carve_canal(grid, column, level)
    _carve_ribs(grid, column, level)
    return grid


def vertebra_grid(column: Column, level: str, step_mm: float) -> Grid:
    """Sample the whole vertebra, in its own frame."""
    m = column.rows[level]
    at = Landmarks.of(m)
    low, high = body_box(m)
    drop = at.bottom - 14.0 - m.sp_slope * m.sp_length
    grid = Grid.over(
        np.minimum(low, [0.0, low[1], drop]),
        [max(high[0], m.tp_span + 3.0), at.apex + m.sp_length + 5.0, max(at.top, high[2]) + 15.0],
        step_mm,
        mirrored=True,
    )
    return draw_vertebra(grid, column, level)


def draw_vertebra(grid: Grid, column: Column, level: str) -> Grid:
    """Draw a whole vertebra into a mirrored grid of its own frame, of any extent.

    Returns
    -------
    Grid : the same one, or one that holds both halves where the column curves to the side.
    """
    m = column.rows[level]
    pads = costal_pads(m) if level in RIBBED else ()
    processes = process_parts(m, column.facet_below_deg(level))
    for part in (fitted_pedicle(m), *arch_parts(m), *processes, *pads, body_part(m)):
        part.add_to(grid)
    grid = _sided(grid, column)
    _carve_canal(grid, column, level)
    _carve_joint(grid, column, level)
    _carve_ribs(grid, column, level)
    return grid


def _sided(grid: Grid, column: Column) -> Grid:
    """Where the column curves to the side, canal and joints differ left from right."""
    return grid if column.mirrored else grid.whole()


def _carve_canal(grid: Grid, column: Column, level: str) -> None:
    m, pose = column.rows[level], column.poses[level]
    wall, half = 0.5 * depth(m), 0.5 * m.canal_width + 4.0
    grid.carve(
        lambda c: column.canal.field(c, pose),
        (-half, wall - 6.0, -_FAR),
        (half, wall + m.canal_depth + 14.0, _FAR),
        CANAL_BLEND_MM,
    )


def _carve_joint(grid: Grid, column: Column, level: str) -> None:
    index = LEVELS.index(level)
    if index == 0:
        return
    above = LEVELS[index - 1]
    m, pose, upper_pose = column.rows[above], column.poses[level], column.poses[above]
    # All that reaches down to the joint, melted as in the vertebra it belongs to: a fillet must not touch either.
    hanging = merged(
        (*arch_parts(m), *superior_parts(m), inferior_part(m, column.rows[level].facet_deg), spinous_part(m))
    )
    cut = seen_from(hanging.grown(_JOINT_MM), upper_pose, pose)
    grid.carve(cut.field, cut.low, cut.high, 1.0)


def _carve_ribs(grid: Grid, column: Column, level: str) -> None:
    for cut in costal_cuts(column, level):
        grid.carve(cut.field, cut.low, cut.high, 0.5)
