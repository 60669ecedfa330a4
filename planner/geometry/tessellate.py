"""Fine closed triangle surfaces of the round bodies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh


def unit_sphere(subdivisions: int) -> Mesh:
    """Icosphere of 20 · 4^subdivisions faces with exactly the volume of the unit ball.

    Corners lie a little outside the sphere and face centres a little inside, so that volumes are right
    and distances err to both sides alike.
    """
    g = (1.0 + 5.0**0.5) / 2.0
    v = np.array(
        [(-1, g, 0), (1, g, 0), (-1, -g, 0), (1, -g, 0), (0, -1, g), (0, 1, g),
         (0, -1, -g), (0, 1, -g), (g, 0, -1), (g, 0, 1), (-g, 0, -1), (-g, 0, 1)]
    )  # fmt: skip
    f = np.array(
        [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2),
         (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5),
         (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)]
    )  # fmt: skip
    v /= np.linalg.norm(v, axis=1)[:, None]
    for _ in range(subdivisions):
        edges = np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), axis=1)
        unique, which = np.unique(edges, axis=0, return_inverse=True)
        middle = v[unique].sum(axis=1)
        ab, bc, ca = which.reshape(3, -1) + len(v)
        v = np.concatenate([v, middle / np.linalg.norm(middle, axis=1)[:, None]])
        a, b, c = f.T
        f = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    sphere = Mesh.of(v, f)
    return Mesh.of(v * (4.0 / 3.0 * np.pi / sphere.volume_mm3) ** (1.0 / 3.0), f)


def capsule(start: NDArray[np.float64], end: NDArray[np.float64], radius: float, around: int, rings: int) -> Mesh:
    """Round-ended cylinder of exactly the right volume.

    Parameters
    ----------
    start, end : (3,) centres of the two end balls, mm; may coincide.
    radius : mm.
    around : corners of the cross-section; rings : latitude steps from equator to pole.
    """
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length if length > 0.0 else np.array([0.0, 0.0, 1.0])
    across = perpendicular(along[None])[0]
    latitude = np.linspace(0.0, np.pi / 2.0, rings + 1)[:-1]
    down, up = -radius * np.sin(latitude[::-1]), length + radius * np.sin(latitude)
    height = np.concatenate([down, up] if length > 0.0 else [down, up[1:]])
    width = radius * np.cos(latitude)
    width = np.concatenate([width[::-1], width] if length > 0.0 else [width[::-1], width[1:]])
    turn = 2.0 * np.pi * np.arange(around) / around
    circle = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * np.cross(along, across)
    ring = height[:, None, None] * along + width[:, None, None] * circle
    v = np.concatenate([ring.reshape(-1, 3), [-radius * along, (length + radius) * along]])
    here = np.arange(around)
    nxt = (here + 1) % around
    rows = np.arange(len(height) - 1)[:, None] * around
    a, b = (rows + here).ravel(), (rows + nxt).ravel()
    c, d = a + around, b + around
    last, south = (len(height) - 1) * around, len(v) - 2
    f = np.concatenate(
        [
            np.stack([a, b, d], axis=1),
            np.stack([a, d, c], axis=1),
            np.stack([nxt, here, np.full(around, south)], axis=1),
            np.stack([last + here, last + nxt, np.full(around, south + 1)], axis=1),
        ]
    )
    # A polygon is thinner than its circle: widen across the axis until the volume is the capsule's.
    true = np.pi * radius**2 * (length + 4.0 / 3.0 * radius)
    widen = np.sqrt(true / Mesh.of(v, f).volume_mm3)
    axial = (v @ along)[:, None] * along
    return Mesh.of(start + axial + widen * (v - axial), f)


def perpendicular(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) unit vectors at right angles to (n, 3) non-zero directions."""
    least = np.eye(3)[np.argmin(np.abs(directions), axis=1)]
    side = np.cross(directions, least)
    return np.asarray(side / np.linalg.norm(side, axis=1)[:, None])
