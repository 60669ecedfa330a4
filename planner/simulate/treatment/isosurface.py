"""The surface within which a field of a graded grid exceeds a level: a zone as it came out, no ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh
from planner.simulate.grid import TensorGrid

Array = NDArray[np.float64]
DIRECTIONS = 180
"""Directions across the needle in which the zone's width is taken; the short axis is their mean."""


@dataclass(frozen=True, eq=False)
class SimulatedZone:
    """A zone.

    Attributes
    ----------
    mesh : closed surface, LPS mm.
    long_axis_mm : extent along the (first) needle.
    short_axis_mm : mean width across it; a zone that bone and vessels dent has no single one.
    least_width_mm, most_width_mm : of all directions across.
    """

    mesh: Mesh
    long_axis_mm: float
    short_axis_mm: float
    least_width_mm: float
    most_width_mm: float

    def distance(self, points: Array) -> Array:
        """Signed distances (n,) of points (n, 3), LPS mm, negative inside."""
        return index_of(self.mesh).signed(points)[0]

    @property
    def bounds(self) -> Array:
        """(2, 3) lowest and highest corner, LPS mm."""
        return self.mesh.bounds


def zone_above(grid: TensorGrid, field: NDArray[np.floating], level: float) -> SimulatedZone | None:
    """Return the surface at a level, linear between cell centres; None where no cell exceeds it.

    The grid's third axis is the needle's.
    """
    from skimage.measure import marching_cubes  # noqa: PLC0415

    above = np.argwhere(field > level)
    if not len(above):
        return None
    low = np.maximum(above.min(axis=0) - 2, 0)
    part = field[tuple(slice(a, b + 3) for a, b in zip(low, above.max(axis=0), strict=True))]
    padded = np.pad(part.astype(np.float64), 1, constant_values=min(float(part.min()), level) - 1.0)
    vertices, faces, _, _ = marching_cubes(padded, level, gradient_direction="ascent")
    own = np.empty_like(vertices, dtype=np.float64)
    for axis in range(3):
        centres = grid.centres_mm(axis)
        own[:, axis] = np.interp(vertices[:, axis] - 1 + low[axis], np.arange(len(centres)), centres)
    turn = np.linspace(0.0, np.pi, DIRECTIONS, endpoint=False)
    widths = np.ptp(own[:, :2] @ np.stack([np.cos(turn), np.sin(turn)]), axis=0)
    mesh = Mesh.of(grid.to_world(own), faces.astype(np.int64))
    if mesh.volume_mm3 < 0.0:
        mesh = Mesh.of(mesh.vertices, mesh.faces[:, ::-1])
    long = float(np.ptp(own[:, 2]))
    return SimulatedZone(mesh, long, float(widths.mean()), float(widths.min()), float(widths.max()))
