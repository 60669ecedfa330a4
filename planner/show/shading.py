"""Normals for smooth shading that keeps real edges: a cannula's rim stays sharp, a vertebra looks round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh

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
    """

    vertices: NDArray[np.float64]
    normals: NDArray[np.float64]
    faces: NDArray[np.int64]


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
