"""Distances that a report prints: tool to structure, zone to structure, lesion edge to zone edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.bodies import Capsule, ConvexBody
from planner.geometry.index import SurfaceIndex, finite, index_of
from planner.geometry.measures import line_crossings
from planner.geometry.mesh import Mesh
from planner.geometry.search import DistanceFunction, highest_in_union, highest_on_surface, lowest_on_surface
from planner.geometry.segments import nearest_pair

Array = NDArray[np.float64]

DEPTH_TOLERANCE_MM: Final = 0.01
"""How closely the deepest point of an axis inside a structure is found; ten times finer than a needle
is ever placed. Outside, the distance is exact."""

COARSE_STEP_MM: Final = 0.5
"""First sampling of the axis inside a structure, about the size of a face of an imported surface."""

TOUCHING_MM: Final = 1e-9
"""Below this the direction from axis to surface is rounding and the face's normal takes its place."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """A signed clearance and the two points it lies between.

    Attributes
    ----------
    distance_mm : negative when the tool is in the structure.
    on_tool : (3,) point of the tool's surface, LPS mm: nearest to the structure or, inside, deepest in it.
    on_structure : (3,) point of the structure's surface, LPS mm. The two are |distance_mm| apart.
    """

    distance_mm: float
    on_tool: Array
    on_structure: Array


def contains(mesh: Mesh, points: ArrayLike) -> NDArray[np.bool_]:
    """(n,) whether points (n, 3) lie inside the surface, by the generalised winding number (libigl)."""
    return index_of(mesh).inside(finite(points))


def clearance_along(points: ArrayLike, mesh: Mesh) -> tuple[Array, Array]:
    """Exact signed distances of points to a surface, negative inside, and the nearest surface points.

    The size comes from a bounding-volume tree, the sign from the winding number. libigl's own combination
    (sign type FAST_WINDING) scales the distance by the approximate winding number and is off by 0.08 mm.

    Parameters
    ----------
    points : (n, 3) LPS mm; mesh : closed surface.

    Returns
    -------
    (n,) mm and (n, 3) LPS mm.
    """
    return index_of(mesh).signed(finite(points))


def capsule_clearance(start: ArrayLike, end: ArrayLike, radius: float, mesh: Mesh) -> Nearest:
    """Signed smallest distance between a round-ended needle and a structure.

    Outside it is the exact distance between segment and triangles, less the radius. Where part of the axis is
    inside it is -(depth of the deepest point of the axis) - radius, to `DEPTH_TOLERANCE_MM`.

    Parameters
    ----------
    start, end : (3,) ends of the axis, LPS mm; equal for a ball.
    radius : mm.
    mesh : closed surface of the structure.

    Raises
    ------
    ValueError
        A coordinate is not finite, the radius not a number ≥ 0, or the surface empty.
    """
    a, b = finite(start)[0], finite(end)[0]
    if not 0.0 <= radius < np.inf:
        raise ValueError(f"a radius is a number of millimetres from 0 up, not {radius}")
    index = index_of(mesh)
    gap, on_axis, on_surface, face = nearest_pair(index, a, b)
    stretches = _inside_stretches(index, a, b)
    if stretches:
        depth, on_axis, on_surface, face = _deepest(index, a, b, stretches)
        return Nearest(-depth - radius, _beyond(index, on_axis, on_surface, face, -radius), on_surface)
    return Nearest(gap - radius, _beyond(index, on_axis, on_surface, face, radius), on_surface)


def body_clearance(body: ConvexBody, mesh: Mesh) -> Nearest:
    """Signed smallest distance between a convex body and a structure, to 0.01 mm.

    Positive: the gap. Negative: how deep the structure's surface reaches into the body or, where the body's
    centre is itself inside the structure, -(depth of the centre) - (the body's least half-width), so that
    the value keeps falling as the body sinks in and a body wholly inside never looks clear.

    Parameters
    ----------
    body : anything with `centre`, `distance` and `nearest`, e.g. a zone; a `Capsule` goes by its axis.
    mesh : closed surface of the structure.
    """
    if isinstance(body, Capsule):
        return capsule_clearance(body.start, body.end, body.radius, mesh)
    centre = np.asarray(body.centre, dtype=np.float64)
    index = index_of(mesh)
    if index.inside(centre[None])[0]:
        gap, face, near = index.closest(centre[None])
        half_width = -float(body.distance(centre[None])[0])
        on_tool = _beyond(index, centre, near[0], int(face[0]), -half_width)
        return Nearest(-float(gap[0]) - half_width, on_tool, near[0])
    value, place = lowest_on_surface(mesh, body)
    return Nearest(value, body.nearest(place[None])[0], place)


def covering_margin(
    surface_mesh: Mesh, distance_fn: DistanceFunction | ConvexBody | Sequence[ConvexBody]
) -> tuple[float, Array]:
    """Smallest depth of a surface inside a zone: the ablation margin, negative where uncovered.

    Parameters
    ----------
    surface_mesh : surface of what is to be covered, LPS mm.
    distance_fn : the zone: a convex body, several of them (their union) or a signed distance function (n, 3) → (n,),
        negative inside, whose slope nowhere exceeds 1. A bound `distance` of a convex body counts as the body.

    Returns
    -------
    The margin in mm and the point (3,) of the surface that has it. Exact at the mesh's corners for one body, to
    0.01 mm for a union; for a bare function see `planner.geometry.search.highest_on_surface`.

    Raises
    ------
    ValueError
        The union is empty.
    TypeError
        The zone is none of the three.
    """
    owner = getattr(distance_fn, "__self__", distance_fn)
    if isinstance(owner, ConvexBody):
        value, place = highest_in_union(surface_mesh, [owner])
    elif isinstance(distance_fn, Sequence):
        if not distance_fn:
            raise ValueError("a zone made of no bodies covers nothing")
        value, place = highest_in_union(surface_mesh, distance_fn)
    elif callable(distance_fn):
        value, place = highest_on_surface(surface_mesh, distance_fn)
    else:
        raise TypeError(f"a zone is a body, a sequence of bodies or a function, not {type(distance_fn).__name__}")
    return -value, place


def _inside_stretches(index: SurfaceIndex, start: Array, end: Array) -> list[tuple[float, float]]:
    """Pieces of the segment inside the surface as pairs of parameters in [0, 1]."""
    length = float(np.linalg.norm(end - start))
    if length == 0.0:
        return [(0.0, 0.0)] if index.inside(start[None])[0] else []
    crossings = line_crossings(start, end, index.mesh)
    low, high = index.bounds
    if not crossings.size and not ((low <= start) & (start <= high)).all():
        return []  # it begins outside and never goes in
    knots = np.concatenate([[0.0], crossings / length, [1.0]])
    middles = start + (0.5 * (knots[1:] + knots[:-1]))[:, None] * (end - start)
    within = index.inside(middles) & (np.diff(knots) > 0.0)
    return [(float(knots[k]), float(knots[k + 1])) for k in np.flatnonzero(within)]


def _deepest(
    index: SurfaceIndex, start: Array, end: Array, stretches: list[tuple[float, float]]
) -> tuple[float, Array, Array, int]:
    """Deepest axis point: depth is 1-Lipschitz, so (d1 + d2 + step) / 2 bounds it between two samples."""
    length = float(np.linalg.norm(end - start))
    grids = [np.linspace(a, b, 2 + int((b - a) * length / COARSE_STEP_MM)) for a, b in stretches]
    left = np.concatenate([g[:-1] for g in grids])
    right = np.concatenate([g[1:] for g in grids])

    def depth(t: Array) -> tuple[Array, NDArray[np.int64], Array]:
        return index.closest(start + t[:, None] * (end - start))

    values = np.stack([depth(left)[0], depth(right)[0]])
    stack = np.concatenate([left, right])
    best = int(np.argmax(values))
    top, at = float(values.ravel()[best]), float(stack[best])
    while len(left):
        bound = 0.5 * (values.sum(axis=0) + (right - left) * length)
        keep = bound > top + DEPTH_TOLERANCE_MM
        left, right, values = left[keep], right[keep], values[:, keep]
        if not len(left):
            break
        middle = 0.5 * (left + right)
        new = depth(middle)[0]
        k = int(np.argmax(new))
        if new[k] > top:
            top, at = float(new[k]), float(middle[k])
        values = np.concatenate([np.stack([values[0], new]), np.stack([new, values[1]])], axis=1)
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
    found, face, near = depth(np.array([at]))
    return float(found[0]), start + at * (end - start), near[0], int(face[0])


def _beyond(index: SurfaceIndex, inner: Array, on_surface: Array, face: int, reach: float) -> Array:
    """Point `reach` from the inner one towards the surface point (away from it when negative)."""
    out = on_surface - inner
    size = float(np.linalg.norm(out))
    if size <= TOUCHING_MM:
        a, b, c = index.mesh.vertices[index.mesh.faces[face]]
        out = np.cross(b - a, c - a) * (1.0 if reach < 0.0 else -1.0)
        size = float(np.linalg.norm(out)) or 1.0
    return np.asarray(inner + reach / size * out)
