"""Normals for smooth shading that keeps real edges: a cannula's rim stays sharp, a vertebra looks round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh
from planner.show.scene import SceneItem

CREASE_DEG = 42.0
"""Faces that meet at a sharper angle do not share a normal."""

WELD_MM = 1e-4
"""Corners nearer than this are one vertex; STL files repeat every corner."""


@dataclass(frozen=True, eq=False)
class Shaded:
    """A surface with a normal at each vertex; vertices on a crease are repeated.

    Attributes
    ----------
    vertices : (n, 3) float64, LPS mm.
    normals : (n, 3) float64, unit length, outward.
    faces : (m, 3) int64.
    colours : (n, 3) sRGB 0 to 1 at each vertex; None where the surface has one colour.
    """

    vertices: NDArray[np.float64]
    normals: NDArray[np.float64]
    faces: NDArray[np.int64]
    colours: NDArray[np.float64] | None = None


def shaded(item: SceneItem) -> Shaded:
    """Return an item's surface ready to draw, with the colours of its bands."""
    if item.bands is None:
        return creased(item.mesh)
    bands = item.bands
    parts = []
    for band, colour in enumerate(bands.colours):
        faces = item.mesh.faces[bands.of_face == band]
        if len(faces):
            # Normals of the whole surface, so that no edge is seen where two colours meet.
            parts.append((faces, np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255))
    normals = _smooth(item.mesh)
    used = [np.unique(faces, return_inverse=True) for faces, _ in parts]
    starts = np.cumsum([0, *(len(index) for index, _ in used)])
    return Shaded(
        np.concatenate([item.mesh.vertices[index] for index, _ in used]),
        np.concatenate([normals[index] for index, _ in used]),
        np.concatenate([inverse.reshape(-1, 3) + at for (_, inverse), at in zip(used, starts, strict=False)]),
        np.concatenate([np.tile(colour, (len(index), 1)) for (index, _), (_, colour) in zip(used, parts, strict=True)]),
    )


def _smooth(mesh: Mesh) -> NDArray[np.float64]:
    a, b, c = np.moveaxis(mesh.triangles, 1, 0)
    summed = np.zeros_like(mesh.vertices, dtype=np.float64)
    for corner in range(3):
        np.add.at(summed, mesh.faces[:, corner], np.cross(b - a, c - a))
    return np.asarray(summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-300))


def creased(mesh: Mesh, crease_deg: float = CREASE_DEG) -> Shaded:
    """Give each face corner the area-weighted mean normal of the faces round its vertex that are not across a crease.

    Parameters
    ----------
    mesh : surface, LPS mm; degenerate faces are dropped.
    crease_deg : angle between face normals above which an edge stays sharp, degrees.
    """
    vertices, faces = _welded(mesh)
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    weighted = np.cross(b - a, c - a)
    length = np.linalg.norm(weighted, axis=1)
    keep = length > 0
    faces, weighted = faces[keep], weighted[keep]
    unit = weighted / length[keep, None]

    # Corners sorted by vertex, so that all corners of a vertex stand together and can be paired.
    vertex = faces.ravel()
    order = np.argsort(vertex, kind="stable")
    face = order // 3
    count = np.bincount(vertex, minlength=len(vertices))
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    partners = count[vertex[order]]
    start = np.concatenate([[0], np.cumsum(partners)[:-1]])
    one = np.repeat(np.arange(len(order)), partners)
    two = np.arange(len(one)) - start[one] + first[vertex[order]][one]
    near = np.einsum("ij,ij->i", unit[face[one]], unit[face[two]]) >= np.cos(np.radians(crease_deg))
    summed = np.add.reduceat(weighted[face[two]] * near[:, None], start, axis=0) if len(one) else np.zeros((0, 3))
    normal = np.empty((len(order), 3))
    normal[order] = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-300)

    # Corners of one vertex with the same normal (to a thousandth) become one vertex again.
    steps = np.rint((normal + 1.0) * 1000).astype(np.int64)
    key = ((vertex * 2048 + steps[:, 0]) * 2048 + steps[:, 1]) * 2048 + steps[:, 2]
    _, index, inverse = np.unique(key, return_index=True, return_inverse=True)
    return Shaded(vertices[vertex[index]], normal[index], inverse.reshape(-1, 3).astype(np.int64))


def _welded(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vertices without repeats, and the faces on them."""
    grid = np.rint(mesh.vertices / WELD_MM).astype(np.int64)
    order = np.lexsort(grid.T)
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any(grid[order][1:] != grid[order][:-1], axis=1)
    label = np.empty(len(order), dtype=np.int64)
    label[order] = np.cumsum(new) - 1
    return mesh.vertices[order[new]], label[mesh.faces]
