"""Virtual thermocouples: a field at points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.simulate.grid import TensorGrid

Array = NDArray[np.float64]

VOXEL_MM, REACH_MM = 1.0, 30.0
"""Voxels that fields of a graded grid are shown and written on, and how far they reach around its finest cells."""


class Thermocouples:
    """Reads fields at points by trilinear interpolation between cell centres; any number of fields at the same points.

    Parameters
    ----------
    grid : the cells of the fields.
    points_mm : (n, 3) LPS mm. Beyond the outermost cell centres the nearest place between them is read.
    """

    def __init__(self, grid: TensorGrid, points_mm: ArrayLike) -> None:
        at = np.atleast_2d(grid.to_grid(points_mm))
        self._inside = ((at >= 0.0) & (at <= [w.sum() for w in grid.widths_mm])).all(axis=-1)
        self._parts: list[Array] = []
        steps: list[int] = []
        lower: Any = 0
        for axis, count in enumerate(grid.shape):
            place = np.interp(at[:, axis], grid.centres_mm(axis), np.arange(count))
            first = np.minimum(place.astype(np.int64), max(count - 2, 0))
            self._parts.append(place - first)
            lower = lower * count + first
            steps.append(int(np.prod(grid.shape[axis + 1 :])) if count > 1 else 0)
        x, y, z = steps
        self._lower, self._corners = lower, (0, z, y, y + z, x, x + z, x + y, x + y + z)

    def read(self, field: NDArray[Any], beyond: float | None = None) -> Array:
        """Values at the points, (n,); `beyond`, where it is given, outside the grid."""
        x, y, z = self._parts
        flat = np.ascontiguousarray(field).reshape(-1)
        held = [flat[self._lower + corner].astype(np.float64) for corner in self._corners]
        rows = [low + z * (high - low) for low, high in zip(held[::2], held[1::2], strict=True)]
        planes = [low + y * (high - low) for low, high in zip(rows[::2], rows[1::2], strict=True)]
        found = planes[0] + x * (planes[1] - planes[0])
        return found if beyond is None else np.where(self._inside, found, beyond)


def read_at(grid: TensorGrid, field: NDArray[np.floating], points_mm: Array, beyond: float = 0.0) -> Array:
    """Return a field at points (n, 3), LPS mm; `beyond` outside the grid."""
    return Thermocouples(grid, points_mm).read(field, beyond)


def voxels_about(grid: TensorGrid, reach_mm: float = REACH_MM) -> tuple[Array, Array]:
    """Return the LPS affine and the centres (nx, ny, nz, 3), LPS mm, of voxels in line with the patient."""
    fine = [grid.centres_mm(a)[grid.widths_mm[a] <= grid.widths_mm[a].min() * 1.01] for a in range(3)]
    affine = np.diag([VOXEL_MM, VOXEL_MM, VOXEL_MM, 1.0])
    affine[:3, 3] = np.round(grid.to_world(np.array([line.mean() for line in fine])) - reach_mm)
    axis = np.arange(0.0, 2.0 * reach_mm + VOXEL_MM / 2.0, VOXEL_MM)
    return affine, affine[:3, 3] + np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
