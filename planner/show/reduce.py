"""Fewer triangles for looking at: within a stated distance of the exact surface. Never used for a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.mesh import Mesh
from planner.show.scene import Scene

TOLERANCES_MM = (0.05, 0.1, 0.2, 0.4)
"""Tried in this order until the scene is small enough; 0.05 mm is below what a screen shows."""

SMALL = 4000
"""Meshes with fewer faces stay as they are: needles and spheres lose their shape and save nothing."""

PAGE_FACES = 90_000
"""Faces of a whole scene that keep a page below 5 MB and smooth to turn on a laptop."""


def thinned(scene: Scene, faces: int = PAGE_FACES) -> Scene:
    """Return the scene with at most `faces` triangles, as :func:`reduced`; the same scene where it has no more."""
    plain = [item for item in scene.items if item.bands is None]  # bands belong to the faces as they are
    meshes, moved = reduced([item.mesh for item in plain], faces)
    if moved == 0.0:
        return scene
    less = {item.name: mesh for item, mesh in zip(plain, meshes, strict=True)}
    items = tuple(replace(item, mesh=less.get(item.name, item.mesh)) for item in scene.items)
    return replace(scene, items=items, display_tolerance_mm=max(moved, scene.display_tolerance_mm))


def reduced(meshes: Sequence[Mesh], faces: int = PAGE_FACES) -> tuple[list[Mesh], float]:
    """Thin out large meshes until all together have at most `faces` triangles, or 0.4 mm is reached.

    Returns
    -------
    list[Mesh], float
        The meshes in their order, and the largest distance that any surface was moved, mm (0 where none was).
    """
    result, moved = list(meshes), 0.0
    for tolerance in TOLERANCES_MM:
        if sum(len(mesh.faces) for mesh in result) <= faces:
            break
        result = [mesh if len(mesh.faces) < SMALL else _simplified(mesh, tolerance) for mesh in meshes]
        moved = tolerance
    return result, moved


def _simplified(mesh: Mesh, tolerance_mm: float) -> Mesh:
    """Mesh within the tolerance; the same mesh where it is no closed manifold."""
    key = key_of("thinned", code_of(__name__, "manifold3d"), mesh.vertices, mesh.faces, tolerance_mm)

    def make() -> dict[str, NDArray[np.generic]]:
        made = _thinner(mesh, tolerance_mm)
        return {"vertices": made.vertices, "faces": made.faces}

    kept = cached_arrays(key, make)
    return Mesh.of(kept["vertices"], kept["faces"])


def _thinner(mesh: Mesh, tolerance_mm: float) -> Mesh:
    import manifold3d  # noqa: PLC0415  # heavy, only where needed

    solid = manifold3d.Manifold(manifold3d.Mesh64(mesh.vertices, mesh.faces.astype(np.uint64)))
    if solid.status() != manifold3d.Error.NoError:
        return mesh
    less = solid.simplify(tolerance_mm).to_mesh64()
    found = Mesh.of(less.vert_properties[:, :3], less.tri_verts)
    return found if len(found.faces) else mesh
