"""Sizes: diameters, extents, shared volumes, and where a line enters and leaves."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.index import finite, index_of
from planner.geometry.mesh import Mesh
from planner.geometry.segments import hits
from planner.geometry.solids import as_solid

Array = NDArray[np.float64]

SAME_CROSSING_MM: Final = 1e-6
"""Hits closer than this are one: a line through an edge meets both its faces."""

LOOK_BEYOND_MM: Final = 1e-3
"""How far beyond its ends a segment is asked for its side, so that one starting on a surface enters there."""

BLOCK_ROWS: Final = 128
"""Rows of the distance table held at a time: 128 × 20 000 corners are 20 MB, near the processor."""


def feret_diameter(points: ArrayLike) -> tuple[float, Array, Array]:
    """Largest distance between two of the points (the largest Feret diameter), through their convex hull.

    Parameters
    ----------
    points : (n, 3) LPS mm, n ≥ 1; flat or collinear sets are fine.

    Returns
    -------
    The diameter in mm and the two points (3,).

    Raises
    ------
    ValueError
        There are no points, or one is not finite.
    """
    from scipy.spatial import ConvexHull, QhullError  # noqa: PLC0415

    p = np.unique(finite(points), axis=0)
    if not len(p):
        raise ValueError("a diameter needs at least one point")
    with suppress(QhullError, ValueError):  # too few or flat: every point stays a candidate
        p = p[ConvexHull(p).vertices]
    centred = p - p.mean(axis=0)
    square, one = (centred**2).sum(axis=1)[:, None], np.ones((len(p), 1))
    # |p - q|² as one matrix product, which is what takes the time here.
    rows, columns = np.hstack([centred, square, one]), np.hstack([-2.0 * centred, one, square]).T
    best, pair = -1.0, (0, 0)
    for row in range(0, len(p), BLOCK_ROWS):
        table = rows[row : row + BLOCK_ROWS] @ columns[:, row:]
        k = int(np.argmax(table))
        if table.flat[k] > best:
            best, pair = float(table.flat[k]), (row + k // table.shape[1], row + k % table.shape[1])
    a, b = p[pair[0]], p[pair[1]]
    return float(np.linalg.norm(a - b)), a, b


def extent_along(points: ArrayLike, direction: ArrayLike) -> tuple[float, float]:
    """Lowest and highest coordinate of points (n, 3) along a direction (3,) of any length, mm.

    Raises
    ------
    ValueError
        The direction is zero or a point not finite.
    """
    d = np.asarray(direction, dtype=np.float64)
    size = float(np.linalg.norm(d))
    if not size > 0.0:
        raise ValueError("a direction needs a length")
    along = finite(points) @ (d / size)
    return float(along.min()), float(along.max())


def intersection_volume_mm3(mesh_a: Mesh, mesh_b: Mesh) -> float:
    """Volume shared by two closed surfaces (manifold3d), mm³.

    Raises
    ------
    ValueError
        One of them is not a closed manifold.
    """
    a, b = as_solid(mesh_a), as_solid(mesh_b)
    return float((a ^ b).volume())


def line_crossings(start: ArrayLike, end: ArrayLike, mesh: Mesh) -> Array:
    """Distances from `start`, sorted, at which the straight segment goes into or out of a surface.

    Crossings alternate between in and out. A line that only touches an edge or a corner does not cross; one that
    slides along a face is neither in nor out, and either answer may come. A segment that starts on the surface
    and goes in crosses at 0.

    Parameters
    ----------
    start, end : (3,) LPS mm; mesh : closed surface.

    Returns
    -------
    (k,) mm along the segment, each in [0, its length].
    """
    a, b = finite(start)[0], finite(end)[0]
    length = float(np.linalg.norm(b - a))
    index = index_of(mesh)
    t = np.sort(hits(index, a, b)[0]) * length
    if not t.size:
        return t
    t = t[np.concatenate([[True], np.diff(t) > SAME_CROSSING_MM])]
    knots = np.concatenate([[-LOOK_BEYOND_MM], t, [length + LOOK_BEYOND_MM]])
    middles = a + (0.5 * (knots[1:] + knots[:-1]) / length)[:, None] * (b - a)
    inside = index.inside(np.ascontiguousarray(middles))
    return np.asarray(t[inside[1:] != inside[:-1]])
