"""Closed surfaces of tubes: rings round a path, and the rings closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.mesh import Mesh

Array = NDArray[np.float64]


def rings_round(path: Array, radius: ArrayLike, around: int) -> Array:
    """Rings (k, around, 3) at right angles to a path (k, 3), carried along it without twist.

    Parameters
    ----------
    radius : one for all rings, or (k,).
    """
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1)[:, None]
    side = np.cross(tangent[0], np.eye(3)[np.abs(tangent[0]).argmin()])
    angle = 2.0 * np.pi * np.arange(around) / around
    rings = []
    for place, t, r in zip(path, tangent, np.broadcast_to(radius, len(path)), strict=True):
        side = side - (side @ t) * t
        side /= np.linalg.norm(side)
        other = np.cross(t, side)
        rings.append(place + r * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other))
    return np.array(rings)


def tube_mesh(rings: Array) -> Mesh:
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
