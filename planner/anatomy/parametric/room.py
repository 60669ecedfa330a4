"""How much room is left for a soft structure: the distance to everything that was there before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.fields import Field
from planner.anatomy.parametric.grid import FAR_MM, Grid
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import ParametricSpine

_NEAR_MM = 4.0
"""Beyond this a structure takes no room."""


def taken(spine: ParametricSpine, grid: Grid, names: Iterable[str], asked: NDArray[np.bool_]) -> Field:
    """Return the distance from each node of a grid in the trunk's frame to the nearest of some structures, mm.

    Negative inside them; `FAR_MM` where none is near. Bone comes from its own grid, the rest is exact to its mesh.

    Parameters
    ----------
    asked : of the grid's shape; only these nodes need to be known.
    """
    found = np.full(grid.values.shape, FAR_MM, dtype=np.float32)
    for name in names:
        level = name.removeprefix("vertebra_")
        if level in spine.built:
            _bone(spine, grid, level, found)
        else:
            _mesh(spine, grid, spine.mesh(name), found, asked)
    return found


def _nodes(spine: ParametricSpine, grid: Grid, corners: np.ndarray) -> tuple[tuple[slice, ...], np.ndarray] | None:
    """Return the window of a grid round some points in the world, and its nodes in the world."""
    local = spine.trunk.pose.to_local(corners)
    window = grid.window(local.min(axis=0) - _NEAR_MM, local.max(axis=0) + _NEAR_MM)
    if any(span.stop - span.start < 1 for span in window):
        return None
    axes = [a.ravel() for a in grid.coordinates(window)]
    return window, spine.trunk.pose.to_world(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1))


def _bone(spine: ParametricSpine, grid: Grid, level: str, found: Field) -> None:
    bone, pose = spine.grid(level), spine.column.poses[level]
    low, high = bone.box
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    near = _nodes(spine, grid, pose.to_world(corners))
    if near is not None:
        window, world = near
        found[window] = np.minimum(found[window], bone.sampled(pose.to_local(world)))


def _mesh(spine: ParametricSpine, grid: Grid, mesh: Mesh, found: Field, asked: NDArray[np.bool_]) -> None:
    near = _nodes(spine, grid, mesh.vertices)
    if near is not None:
        window, world = near
        found[window] = np.minimum(found[window], distance_near(mesh, world, asked[window]))


def distance_near(mesh: Mesh, points: NDArray[np.float64], asked: NDArray[np.bool_]) -> Field:
    """Return the signed distance of points to a mesh, mm, `FAR_MM` where not asked or not near.

    Parameters
    ----------
    points : (…, 3) mm; asked : (…).
    """
    import igl  # noqa: PLC0415

    found = np.full(points.shape[:-1], FAR_MM, dtype=np.float32)
    low, high = mesh.bounds
    close = asked & np.all((points > low - _NEAR_MM) & (points < high + _NEAR_MM), axis=-1)
    if close.any():
        at = np.ascontiguousarray(points[close])
        distance = np.sqrt(igl.point_mesh_squared_distance(at, mesh.vertices, mesh.faces)[0])
        inside = igl.fast_winding_number(mesh.vertices, mesh.faces, at) > 0.5
        found[close] = np.where(inside, -distance, distance)
    return found
