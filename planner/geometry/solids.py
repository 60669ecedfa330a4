"""Closed surfaces as solids for boolean operations (manifold3d, in double precision)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from planner.geometry.mesh import Mesh

MERGE_MM: Final = 1e-6
"""Corners that agree to a nanometre are one corner: STL files repeat every corner per face, and single
precision at 300 mm from the origin resolves no better than 3e-5 mm, so equal ones are equal exactly."""


def merged(mesh: Mesh) -> Mesh:
    """Weld corners that coincide to `MERGE_MM` and drop the faces that thereby collapse."""
    _, first, which = np.unique(np.round(mesh.vertices / MERGE_MM), axis=0, return_index=True, return_inverse=True)
    faces = which.reshape(-1)[mesh.faces]
    a, b, c = faces.T
    return Mesh.of(mesh.vertices[first], faces[(a != b) & (b != c) & (c != a)])


def as_solid(mesh: Mesh) -> Any:
    """Turn a mesh into a manifold3d solid.

    Raises
    ------
    ValueError
        The mesh is empty, open, self-contradictory or turned inside out.
    """
    import manifold3d  # noqa: PLC0415

    whole = merged(mesh)
    solid = manifold3d.Manifold(
        manifold3d.Mesh64(vert_properties=whole.vertices, tri_verts=whole.faces.astype(np.uint64))
    )
    if solid.status() != manifold3d.Error.NoError:
        raise ValueError(
            f"the surface is not a closed manifold ({solid.status().name}): every edge must belong to exactly "
            "two faces that agree on which side is outside"
        )
    if solid.is_empty():
        raise ValueError("the surface encloses nothing")
    if solid.volume() < 0.0:
        raise ValueError("the surface is inside out: its faces look inward")
    return solid


def as_mesh(solid: Any) -> Mesh:
    """Turn a manifold3d solid back into a mesh."""
    raw = solid.to_mesh64()
    return Mesh.of(np.asarray(raw.vert_properties)[:, :3], np.asarray(raw.tri_verts))
