"""A closed surface from rings of points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh


def tube_mesh(rings: NDArray[np.float64]) -> Mesh:
    """Close (k, n, 3) rings into one surface, a fan at each end, facing outward."""
    k, n = rings.shape[:2]
    corner = np.arange(k * n).reshape(k, n)
    a, b = corner[:-1], corner[1:]
    c, d = np.roll(a, -1, axis=1), np.roll(b, -1, axis=1)
    start, end = k * n, k * n + 1
    first, last = corner[0], corner[-1]
    faces = np.concatenate(
        [
            np.stack([a, c, b], axis=-1).reshape(-1, 3),
            np.stack([c, d, b], axis=-1).reshape(-1, 3),
            np.stack([np.full(n, start), np.roll(first, -1), first], axis=-1),
            np.stack([np.full(n, end), last, np.roll(last, -1)], axis=-1),
        ]
    )
    vertices = np.concatenate([rings.reshape(-1, 3), rings[:1].mean(axis=1), rings[-1:].mean(axis=1)])
    mesh = Mesh.of(vertices, faces)
    return mesh if mesh.volume_mm3 > 0 else Mesh.of(mesh.vertices, mesh.faces[:, ::-1])
