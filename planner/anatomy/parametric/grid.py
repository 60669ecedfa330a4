"""A sampled field and the closed surface drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.parametric.fields import Coordinates, Field, intersection, union
from planner.geometry.mesh import Mesh

FAR_MM = 10.0
"""What a field holds where nothing was drawn."""

_SHORTEST_CUT = 0.02
"""Nearest a surface vertex may come to a grid node, in grid steps: nearer ones make needle-thin triangles."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Values on a regular grid; with `mirrored` only x ≥ 0 is held, the first plane at x = 0.

    Attributes
    ----------
    values : (nx, ny, nz) float32, mm.
    origin : (3,) coordinates of the first node, mm.
    step_mm : spacing.
    mirrored : whether the other half is the mirror image.
    """

    values: Field
    origin: NDArray[np.float64]
    step_mm: float
    mirrored: bool

    @classmethod
    def over(cls, low: ArrayLike, high: ArrayLike, step_mm: float, *, mirrored: bool = False) -> Grid:
        """Cover a box, with two steps to spare so that no surface is cut open."""
        first = np.floor(np.asarray(low, dtype=np.float64) / step_mm).astype(int) - 2
        last = np.ceil(np.asarray(high, dtype=np.float64) / step_mm).astype(int) + 2
        if mirrored:
            first[0] = 0
        shape = tuple(int(n) for n in last - first + 1)
        return cls(np.full(shape, FAR_MM, dtype=np.float32), first * step_mm, step_mm, mirrored)

    def window(self, low: ArrayLike, high: ArrayLike) -> tuple[slice, slice, slice]:
        """Return the nodes that cover a box, as far as the grid reaches."""
        first = np.floor((np.asarray(low) - self.origin) / self.step_mm).astype(int)
        last = np.ceil((np.asarray(high) - self.origin) / self.step_mm).astype(int) + 1
        spans = [
            slice(int(np.clip(a, 0, n)), int(np.clip(b, 0, n)))
            for a, b, n in zip(first, last, self.values.shape, strict=True)
        ]
        return spans[0], spans[1], spans[2]

    def coordinates(self, window: tuple[slice, slice, slice]) -> Coordinates:
        """Return open-grid coordinates of some nodes, mm."""
        x, y, z = (
            (start + self.step_mm * np.arange(span.start, span.stop)).astype(np.float32)
            for start, span in zip(self.origin, window, strict=True)
        )
        return x[:, None, None], y[None, :, None], z[None, None, :]

    def add(self, part: Callable[[Coordinates], Field], low: ArrayLike, high: ArrayLike, blend_mm: float) -> None:
        """Join a part, evaluated only in its own box (and the reach of the blend)."""
        window = self.window(np.asarray(low) - blend_mm - 2.0, np.asarray(high) + blend_mm + 2.0)
        self.values[window] = union(self.values[window], part(self.coordinates(window)), blend_mm)

    def carve(self, part: Callable[[Coordinates], Field], low: ArrayLike, high: ArrayLike, blend_mm: float) -> None:
        """Take a part away, evaluated only in its own box."""
        window = self.window(low, high)
        self.values[window] = intersection(self.values[window], -part(self.coordinates(window)), blend_mm)

    def whole(self) -> Grid:
        """Return both halves, to be changed on one side."""
        if not self.mirrored:
            return self
        return Grid(self._both(), self._corner(), self.step_mm, mirrored=False)

    def _both(self) -> Field:
        return np.concatenate([self.values[:0:-1], self.values]) if self.mirrored else self.values

    def _corner(self) -> NDArray[np.float64]:
        """First node of both halves."""
        beyond = self.step_mm * (self.values.shape[0] - 1) if self.mirrored else 0.0
        return np.asarray(self.origin - [beyond, 0.0, 0.0])

    @property
    def box(self) -> NDArray[np.float64]:
        """(2, 3) first and last node of both halves, mm."""
        last = self.origin + self.step_mm * (np.array(self.values.shape) - 1)
        return np.stack([self._corner(), last])

    def sampled(self, points: ArrayLike) -> Field:
        """Return the field at (…, 3) points, mm, linear between nodes; `FAR_MM` outside the grid."""
        from scipy.ndimage import map_coordinates  # noqa: PLC0415

        at = np.moveaxis(np.asarray(points, dtype=np.float32), -1, 0)
        x = np.abs(at[0]) if self.mirrored else at[0]
        where = (
            np.stack([x, at[1], at[2]]) - self.origin.astype(np.float32)[:, *(None,) * (at.ndim - 1)]
        ) / np.float32(self.step_mm)
        return np.asarray(map_coordinates(self.values, where, order=1, mode="constant", cval=FAR_MM, output=np.float32))

    def surface(self) -> Mesh:
        """Return the zero surface, its largest piece, closed and facing outward."""
        from skimage.measure import marching_cubes  # noqa: PLC0415  late: half a second to import

        values, origin = self._both(), self._corner()
        floor = np.float32(_SHORTEST_CUT * self.step_mm)
        values = np.where(np.abs(values) < floor, np.where(values < 0, -floor, floor), values)
        vertices, faces, _, _ = marching_cubes(values, 0.0, gradient_direction="ascent")
        mesh = _largest_piece(Mesh.of(origin + vertices.astype(np.float64) * self.step_mm, faces))
        return mesh if mesh.volume_mm3 > 0 else Mesh.of(mesh.vertices, mesh.faces[:, ::-1])


def _largest_piece(mesh: Mesh) -> Mesh:
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    n = len(mesh.vertices)
    edges = np.concatenate([mesh.faces[:, [a, b]] for a, b in pairwise((0, 1, 2))])
    links = coo_array((np.ones(len(edges), dtype=bool), (edges[:, 0], edges[:, 1])), shape=(n, n))
    count, label = connected_components(links, directed=False)
    if count == 1:
        return mesh
    keep = label == np.bincount(label).argmax()
    renumber = np.cumsum(keep) - 1
    return Mesh.of(mesh.vertices[keep], renumber[mesh.faces[keep[mesh.faces[:, 0]]]])
