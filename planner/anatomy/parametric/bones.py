"""Vertebrae, their bodies and the discs, each in its place."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.parametric.body import depth, disc_field
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.disease import edited
from planner.anatomy.parametric.fields import Coordinates, Field, intersection
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.layout import Pose, disc_frame
from planner.anatomy.parametric.room import distance_near
from planner.anatomy.parametric.vertebra import body_grid, vertebra_grid
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

_DISC_GAP_MM = 0.4
"""Space left round a disc."""

_APART_MM = 0.7
"""Space left between two vertebrae where a curve brings them together; the facet joints have their own."""


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of vertebrae, bodies and discs."""
    made: dict[str, Maker] = {f"vertebra_{level}": partial(_vertebra, spine, level) for level in spine.built}
    made |= {f"vertebra_{level}_body": partial(_body, spine, level) for level in spine.built}
    made |= {f"disc_{upper}_{lower}": partial(_disc, spine, upper, lower) for upper, lower in pairwise(spine.built)}
    return made


def raw_grid(spine: ParametricSpine, level: str) -> Grid:
    """Sample a vertebra as if it stood alone, in its own frame."""
    found = spine.once(
        f"raw {level}", lambda: edited(spine, level, vertebra_grid(spine.column, level, spine.spec.resolution_mm))
    )
    assert isinstance(found, Grid)  # noqa: S101
    return found


def bone_grid(spine: ParametricSpine, level: str) -> Grid:
    """Sample a vertebra with all that was done to it, in its own frame; it gives way to the one above."""
    raw, at = raw_grid(spine, level), spine.built.index(level)
    if at == 0:
        return raw
    above = spine.built[at - 1]
    upper, poses = raw_grid(spine, above), spine.column.poses
    grid = Grid(raw.values.copy(), raw.origin, raw.step_mm, raw.mirrored)
    low, high = upper.box
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    box = poses[level].to_local(poses[above].to_world(corners))

    def room(c: Coordinates) -> Field:
        there = np.broadcast_arrays(*poses[level].grid_to(poses[above], c))
        return upper.sampled(np.stack(there, axis=-1)) - np.float32(_APART_MM)

    grid.carve(room, box.min(axis=0), box.max(axis=0), 0.3)
    return grid


def posed(grid: Grid, pose: Pose) -> Mesh:
    """Return a grid's surface in the world."""
    mesh = grid.surface()
    return Mesh.of(pose.to_world(mesh.vertices), mesh.faces)


def _vertebra(spine: ParametricSpine, level: str) -> Mesh:
    return posed(spine.grid(level), spine.column.poses[level])


def _body(spine: ParametricSpine, level: str) -> Mesh:
    grid = edited(spine, level, body_grid(spine.column, level, spine.spec.resolution_mm))
    return posed(grid, spine.column.poses[level])


def _disc(spine: ParametricSpine, upper: str, lower: str) -> Mesh:
    column: Column = spine.column
    up, low = column.rows[upper], column.rows[lower]
    pose = disc_frame(up, low, column.poses[upper], column.poses[lower])
    corner = np.array([0.5 * max(up.width_lower, low.width_upper), 0.5 * depth(up) + 4.0, 0.5 * up.disc_below + 7.0])

    def part(c: Coordinates) -> Field:
        field = disc_field(up, low, c)
        for name in (upper, lower):
            # The bone as it was sampled: pedicles blend into the endplates' rear corners.
            there = np.stack(np.broadcast_arrays(*pose.grid_to(column.poses[name], c)), axis=-1)
            field = intersection(field, np.float32(_DISC_GAP_MM) - spine.grid(name).sampled(there), 0.3)
        field = intersection(field, np.float32(_DISC_GAP_MM) - column.canal.field(c, pose), 0.5)
        for side in ("left", "right"):
            if f"rib_{lower}_{side}" in spine.names:  # its head lies against the disc
                there = pose.to_world(np.stack(np.broadcast_arrays(*c), axis=-1))
                room = distance_near(spine.mesh(f"rib_{lower}_{side}"), there, field < 2.0)
                field = intersection(field, np.float32(_DISC_GAP_MM) - room, 0.3)
        return field

    grid = Grid.over(-corner, corner, spine.spec.resolution_mm, mirrored=column.mirrored)
    grid.add(part, -corner, corner, 0.1)
    return posed(grid, pose)
