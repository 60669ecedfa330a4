"""The one place where LPS millimetres become glTF metres.

LPS: +x patient's left, +y posterior, +z superior (head). glTF: metres, right-handed, +Y up, and an asset
looks along +Z with its own left on +X. A patient standing in glTF therefore has

    X = left = x / 1000      Y = head = z / 1000      Z = anterior = −y / 1000

a rotation (determinant +1, no mirroring) and a scale; the origin stays where the image put it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

GLTF_FROM_LPS: NDArray[np.float64] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""(3, 3) rotation, rows are the glTF axes in LPS."""

METRES_PER_MM = 1e-3

FRAME_NOTE = (
    "glTF metres, Y up: X = patient left, Y = head, Z = anterior; from LPS mm: X = x/1000, Y = z/1000, Z = -y/1000"
)


def gltf_points(points_lps_mm: ArrayLike) -> NDArray[np.float64]:
    """(…, 3) LPS mm → (…, 3) glTF metres."""
    return np.asarray(points_lps_mm, dtype=np.float64) @ GLTF_FROM_LPS.T * METRES_PER_MM


def gltf_directions(directions_lps: ArrayLike) -> NDArray[np.float64]:
    """(…, 3) directions or normals, LPS → glTF; length is kept."""
    return np.asarray(directions_lps, dtype=np.float64) @ GLTF_FROM_LPS.T


def lps_points(points_gltf_m: ArrayLike) -> NDArray[np.float64]:
    """(…, 3) glTF metres → (…, 3) LPS mm, the inverse of `gltf_points`."""
    return np.asarray(points_gltf_m, dtype=np.float64) @ GLTF_FROM_LPS / METRES_PER_MM
