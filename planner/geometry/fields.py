"""Signed distance fields: exact distances to a surface on a grid, read between its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.index import SurfaceIndex, finite, index_of
from planner.geometry.mesh import Mesh

Array = NDArray[np.float64]

FIELD_SPACING_MM: Final = 0.5
"""At this spacing a value read between the nodes agrees with the exact distance to 0.05 mm, but within one voxel of
an edge of the field (an edge of the surface, or the middle of the structure), where distance bends."""
BAND_MM: Final = 8.0
"""Up to this far outside the surface, and everywhere inside, every node is exact. Farther out every other node is, and
the rest lie between them: a distance field bends by less than 1/BAND_MM per mm there, which costs 0.03 mm."""
CHUNK: Final = 200_000
"""Points asked of the tree at once; more costs memory and saves no time."""


@dataclass(frozen=True, eq=False)
class DistanceField:
    """Signed distances on a regular grid, negative inside.

    Attributes
    ----------
    values : (i, j, k) float32, mm.
    origin : (3,) place of the first node, LPS mm.
    spacing_mm : between nodes.
    """

    values: NDArray[np.float32]
    origin: Array
    spacing_mm: float

    def sample(self, points: ArrayLike) -> Array:
        """Signed distances (n,) at points (n, 3) LPS mm, trilinear between nodes.

        Outside the grid it is a lower bound: the way to the grid and the distance from there, at right angles.
        """
        from scipy.ndimage import map_coordinates  # noqa: PLC0415

        p = finite(points)
        top = np.array(self.values.shape) - 1.0
        index = (p - self.origin) / self.spacing_mm
        held = np.clip(index, 0.0, top)
        near = map_coordinates(self.values, held.T, order=1, mode="nearest", output=np.float64)
        away = np.linalg.norm(index - held, axis=1) * self.spacing_mm
        return np.asarray(np.where(away > 0.0, np.hypot(np.maximum(near, 0.0), away), near))


def distance_field(mesh: Mesh, *, spacing_mm: float = FIELD_SPACING_MM, pad_mm: float = 20.0) -> DistanceField:
    """Build the field of a closed surface.

    Parameters
    ----------
    mesh : closed surface, LPS mm.
    spacing_mm : between nodes; pad_mm : how far the grid reaches beyond the surface's box.

    Raises
    ------
    ValueError
        When spacing or pad are no positive numbers, or the surface is empty.
    """
    if not (0.0 < spacing_mm < np.inf and 0.0 <= pad_mm < np.inf):
        raise ValueError(f"spacing {spacing_mm} mm and pad {pad_mm} mm must be positive numbers")
    index = index_of(mesh)
    low, high = mesh.bounds
    origin = low - pad_mm
    # An even number of cells, so that every other node makes a grid of its own.
    counts = 2 * np.ceil((high - low + 2.0 * pad_mm) / (2.0 * spacing_mm)).astype(int) + 1
    coarse = _exact(index, origin, 2.0 * spacing_mm, (counts + 1) // 2)
    values = _between(coarse)
    # A node lies within sqrt(3) spacings of a coarse one: what could be nearer than the band is asked exactly.
    ask = values < BAND_MM + 2.0 * spacing_mm
    ask[::2, ::2, ::2] = False
    nodes = np.argwhere(ask)
    for start in range(0, len(nodes), CHUNK):
        part = nodes[start : start + CHUNK]
        values[tuple(part.T)] = index.signed(origin + spacing_mm * part)[0]
    return DistanceField(values, origin, float(spacing_mm))


def _exact(index: SurfaceIndex, origin: Array, step: float, counts: NDArray[np.int64]) -> NDArray[np.float32]:
    found = np.empty(int(np.prod(counts)), dtype=np.float32)
    for start in range(0, len(found), CHUNK):
        flat = np.arange(start, min(start + CHUNK, len(found)))
        place = origin + step * np.stack(np.unravel_index(flat, tuple(counts)), axis=1)
        found[flat] = index.signed(place)[0]
    return found.reshape(tuple(counts))


def _between(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear values at the nodes halfway between those of a coarser grid."""
    fine = coarse
    for axis in range(3):
        n = fine.shape[axis]
        lower, upper = fine.take(range(n - 1), axis), fine.take(range(1, n), axis)
        shape = list(fine.shape)
        shape[axis] = 2 * n - 1
        made = np.empty(shape, dtype=np.float32)
        there: list[slice] = [slice(None)] * 3
        there[axis] = slice(None, None, 2)
        made[tuple(there)] = fine
        there[axis] = slice(1, None, 2)
        made[tuple(there)] = 0.5 * (lower + upper)
        fine = made
    return fine
