"""Plane sections of a closed surface: their loops, areas and centroids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Loop:
    """One closed outline of a section.

    Attributes
    ----------
    segments : (k, 2, 3) mm, in the plane.
    area_mm2 : enclosed; negative round a hole.
    centroid : (3,) of the area, mm.
    closed : whether it returns to its start; not where the surface was cut open.
    """

    segments: Vector
    area_mm2: float
    centroid: Vector
    closed: bool

    def width(self, direction: Vector) -> float:
        """Return the extent along a unit vector, mm."""
        return float(np.ptp(self.segments.reshape(-1, 3) @ direction))


def loops(mesh: Mesh, point: Vector, normal: Vector) -> list[Loop]:
    """Cut a closed surface by a plane.

    Parameters
    ----------
    point, normal : (3,) mm and any length.

    Returns
    -------
    list of Loop, in no order; empty where the plane misses.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    n = normal / np.linalg.norm(normal)
    height = (mesh.vertices - point) @ n
    height = np.where(height == 0.0, 1e-9, height)
    above = height > 0
    faces = mesh.faces[(above[mesh.faces].sum(axis=1) % 3) != 0]
    if not len(faces):
        return []
    # In each cut face one corner is alone on its side; the cut leaves by its two edges.
    lone = np.where(above[faces].sum(axis=1, keepdims=True) == 1, above[faces], ~above[faces]).argmax(axis=1)
    order = (lone[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(faces, order, axis=1).T
    ends, keys = [], []
    for other in (b, c):
        share = (height[a] / (height[a] - height[other]))[:, None]
        ends.append(mesh.vertices[a] + share * (mesh.vertices[other] - mesh.vertices[a]))
        keys.append(np.minimum(a, other) * len(mesh.vertices) + np.maximum(a, other))
    segments = np.stack(ends, axis=1)
    # Inside lies to the left of the walk, seen from above.
    turned = ~above[a]
    segments[turned] = segments[turned][:, ::-1]
    _, index = np.unique(np.concatenate(keys), return_inverse=True)
    first, second = np.split(index, 2)
    links = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(index.max() + 1,) * 2)
    _, label = connected_components(links, directed=False)
    made = []
    for k in np.unique(label[first]):
        held = label[first] == k
        ends_met = np.bincount(np.concatenate([first[held], second[held]]))
        made.append(_loop(segments[held], n, closed=bool((ends_met[ends_met > 0] == 2).all())))
    return made


def _loop(segments: Vector, normal: Vector, *, closed: bool) -> Loop:
    origin = segments[0, 0]
    a, b = segments[:, 0] - origin, segments[:, 1] - origin
    twice = np.cross(a, b) @ normal
    area = 0.5 * float(twice.sum())
    if abs(area) < 1e-9:
        return Loop(segments, 0.0, segments.reshape(-1, 3).mean(axis=0), closed)
    return Loop(segments, area, origin + ((a + b) * twice[:, None]).sum(axis=0) / (6.0 * area), closed)
