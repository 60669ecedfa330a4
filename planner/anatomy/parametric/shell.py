"""The cancellous core of a bone: its surface moved inward by the thickness of the cortex, corner by corner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh


def core(mesh: Mesh, thickness_mm: NDArray[np.float64] | float) -> Mesh:
    """Return the surface moved inward.

    Bone and core have the same triangles, so that what lies between them is the cortex, however thin. Where bone is
    thinner than two cortices the core turns inside out, winds the other way and holds nothing: all of it is cortex.

    Parameters
    ----------
    mesh : closed, faces outward.
    thickness_mm : (n,) for each vertex, or one for all.
    """
    corners = mesh.triangles
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = np.stack(
        [
            sum(np.bincount(mesh.faces[:, c], weights=area[:, axis], minlength=len(mesh.vertices)) for c in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    unit = normal / np.maximum(length, 1e-12)
    return Mesh.of(mesh.vertices - np.asarray(thickness_mm, dtype=np.float64).reshape(-1, 1) * unit, mesh.faces)
