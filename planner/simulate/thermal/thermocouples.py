"""Virtual thermocouples: a field at points."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.simulate.grid import TensorGrid

Array = NDArray[np.float64]

VOXEL_MM, REACH_MM = 1.0, 30.0
"""Voxels that fields of a graded grid are shown and written on, and how far they reach around its finest cells."""


class Thermocouples:
    """Reads fields at points by trilinear interpolation between cell centres.

    Parameters
    ----------
    grid : the cells of the fields.
    points_mm : (n, 3) LPS mm. Beyond the outermost cell centres the nearest place between them is read.
    """

    def __init__(self, grid: TensorGrid, points_mm: ArrayLike) -> None:
        at = np.atleast_2d(grid.to_grid(points_mm))
        sides = [_between(grid.centres_mm(axis), at[:, axis]) for axis in range(3)]
        cells, weights = [], []
        for corner in product((0, 1), repeat=3):
            at_corner = tuple(sides[axis][upper] for axis, upper in enumerate(corner))
            cells.append(np.ravel_multi_index(at_corner, grid.shape))
            shares = [sides[axis][2] if upper else 1.0 - sides[axis][2] for axis, upper in enumerate(corner)]
            weights.append(np.prod(shares, axis=0))
        self._cells, self._weights = np.array(cells), np.array(weights)  # (8, n)

    def read(self, field: NDArray[Any]) -> NDArray[np.float64]:
        """Values at the points, (n,)."""
        return np.asarray((self._weights * field.reshape(-1)[self._cells]).sum(axis=0), dtype=np.float64)


def read_at(grid: TensorGrid, field: NDArray[np.floating], points_mm: Array, beyond: float = 0.0) -> Array:
    """Return a field at points (n, 3), LPS mm; `beyond` outside the grid."""
    inside = grid.contains(points_mm)
    found = np.full(len(points_mm), beyond)
    if inside.any():
        found[inside] = Thermocouples(grid, points_mm[inside]).read(field)
    return found


def voxels_about(grid: TensorGrid, reach_mm: float = REACH_MM) -> tuple[Array, Array]:
    """Return the LPS affine and the centres (nx, ny, nz, 3), LPS mm, of voxels in line with the patient."""
    fine = [grid.centres_mm(a)[grid.widths_mm[a] <= grid.widths_mm[a].min() * 1.01] for a in range(3)]
    affine = np.diag([VOXEL_MM, VOXEL_MM, VOXEL_MM, 1.0])
    affine[:3, 3] = np.round(grid.to_world(np.array([line.mean() for line in fine])) - reach_mm)
    axis = np.arange(0.0, 2.0 * reach_mm + VOXEL_MM / 2.0, VOXEL_MM)
    return affine, affine[:3, 3] + np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)


def _between(centres: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[Any, Any, Any]:
    """The cells on either side of places along an axis, and how far along from the lower one each place is."""
    lower = np.clip(np.searchsorted(centres, at, side="right") - 1, 0, max(len(centres) - 2, 0))
    upper = np.minimum(lower + 1, len(centres) - 1)
    gap = np.where(upper > lower, centres[upper] - centres[lower], 1.0)
    return lower, upper, np.clip((at - centres[lower]) / gap, 0.0, 1.0)
