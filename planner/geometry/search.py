"""Branch and bound over the points of a surface: triangles are split until no better place can hide in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.geometry.bodies import ConvexBody
from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh

Array = NDArray[np.float64]
DistanceFunction = Callable[[Array], Array]
Found = tuple[float, Array]

SEARCH_TOLERANCE_MM: Final = 0.005
"""Gap between bound and value at which a triangle is settled; half the 0.01 mm this layer promises."""

RUN_OF_FACES: Final = 32
"""Faces that follow each other in a surface, mostly neighbours: one of them tells whether the others matter."""

MOST_EVALUATIONS: Final = 1_500_000
"""Points evaluated at most for a distance known only to be 1-Lipschitz: some seconds. Its bound shrinks
only with the size of the triangles, so a zone concentric with its lesion would be split for ever."""


def lowest_on_surface(mesh: Mesh, body: ConvexBody) -> Found:
    """Smallest signed distance of a convex body over a surface, and where.

    The distance is convex, so its tangent plane at a triangle's centre bounds it from below; the error of that
    bound falls with the square of the triangle.
    """
    faces = mesh.faces[_near(mesh, body)]
    corners, ends = mesh.vertices[faces], mesh.vertices[np.unique(faces)]
    best, place = _least(ends, body.distance(ends))
    while len(corners):
        centres = corners.mean(axis=1)
        value = body.distance(centres)
        low, where = _least(centres, value)
        if low < best:
            best, place = low, where
        arms = corners - centres[:, None]
        lipschitz = np.sqrt((arms**2).sum(axis=2)).max(axis=1)
        # First the cheap bound for all, then the tangent plane for the few that it leaves.
        keep = value - lipschitz < best - SEARCH_TOLERANCE_MM
        corners, centres, value, arms, lipschitz = (x[keep] for x in (corners, centres, value, arms, lipschitz))
        if not len(corners):
            break
        outward = np.where(value >= 0.0, 1.0, -1.0)[:, None] * (centres - body.nearest(centres))
        size = np.linalg.norm(outward, axis=1)
        clear = size > 1e-6  # nearer the surface the direction is rounding
        slope = outward / np.where(clear, size, 1.0)[:, None]
        drop = np.where(clear, -np.einsum("nkj,nj->nk", arms, slope).min(axis=1), lipschitz)
        corners = split(corners[value - drop < best - SEARCH_TOLERANCE_MM])
    return best, place


def _near(mesh: Mesh, body: ConvexBody) -> NDArray[np.int64]:
    """Faces that may hold the lowest point. Of each run of faces one is asked, and the slope of 1 bounds the others."""
    index = index_of(mesh)
    which = np.arange(len(index.centres)) // RUN_OF_FACES
    asked = index.centres[::RUN_OF_FACES]
    value = body.distance(asked)
    away = np.linalg.norm(index.centres - asked[which], axis=1)
    return np.flatnonzero(value[which] - away - index.radii <= value.min())


def highest_in_union(mesh: Mesh, bodies: Sequence[ConvexBody]) -> Found:
    """Largest signed distance of a union of convex bodies over a surface, and where.

    A convex function is largest at a corner of each triangle: one body is exact at once, and with several a triangle
    is split only where no single body bounds it.
    """

    def at(points: Array) -> Array:
        return np.stack([body.distance(points) for body in bodies], axis=1)

    values = at(mesh.vertices)
    best, place = _least(mesh.vertices, -values.min(axis=1))
    best = -best
    corners, table = mesh.triangles, values[mesh.faces]
    while True:
        bound = table.max(axis=1).min(axis=1)
        corners = corners[bound > best + SEARCH_TOLERANCE_MM]
        if not len(corners):
            return best, place
        corners = split(corners)
        table = at(corners.reshape(-1, 3)).reshape(len(corners), 3, len(bodies))
        low, where = _least(corners.reshape(-1, 3), -table.min(axis=2).ravel())
        if -low > best:
            best, place = -low, where


def highest_on_surface(mesh: Mesh, distance: DistanceFunction) -> Found:
    """Largest value of a 1-Lipschitz function over a surface, and where.

    Settled to `SEARCH_TOLERANCE_MM` unless `MOST_EVALUATIONS` is reached first; then the triangles with the highest
    bounds have been split finest, and what may be missed is the bulge of the function over one of those.
    """
    best, place = _least(mesh.vertices, -distance(mesh.vertices))
    best = -best
    corners = mesh.triangles
    spent = len(mesh.vertices)
    while len(corners):
        centres = corners.mean(axis=1)
        value = distance(centres)
        spent += len(centres)
        low, where = _least(centres, -value)
        if -low > best:
            best, place = -low, where
        bound = value + np.sqrt(((corners - centres[:, None]) ** 2).sum(axis=2)).max(axis=1)
        open_ones = np.flatnonzero(bound > best + SEARCH_TOLERANCE_MM)
        affordable = (MOST_EVALUATIONS - spent) // 4
        if len(open_ones) > affordable:
            open_ones = open_ones[np.argsort(-bound[open_ones])[: max(affordable, 0)]]
        corners = split(corners[open_ones])
    return best, place


def split(corners: Array) -> Array:
    """Cut each triangle (n, 3, 3) into four (4n, 3, 3) at the middles of its edges."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, bc, ca = (a + b) / 2.0, (b + c) / 2.0, (c + a) / 2.0
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([np.stack(part, axis=1) for part in parts])


def _least(points: Array, values: Array) -> Found:
    k = int(np.argmin(values))  # the first NaN, where there is one
    if np.isnan(values[k]):
        raise ValueError("the distance at a point of the surface is not a number")
    return float(values[k]), points[k]
