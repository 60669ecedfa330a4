"""Making a triangle surface closed and outward without changing what it is, or saying why that cannot be done."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.geometry.clearance import contains
from planner.geometry.levelset import is_closed
from planner.geometry.mesh import Mesh

CLOSED_CHANGE = 0.01
"""Share of the volume that filling holes may change; a larger hole is anatomy that is missing."""
NEAR_MM = 1e-3
"""Vertices closer than this are one: some programs write each triangle's corners with their own rounding."""
LARGEST_SHARE = 0.99
"""Share of the volume that the largest shell holds where further shells are but crumbs."""


class NotClosedError(ValueError):
    """The surface encloses no volume that could be measured."""


def closed_surface(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> tuple[Mesh, list[str]]:
    """Return the closed surface, faces outward, and what had to be done to it.

    Self-intersections are not looked for: the winding number, by which everything is measured, bears them.

    Parameters
    ----------
    vertices, faces : (n, 3) mm and (m, 3), equal vertices joined, no face without three corners.

    Raises
    ------
    NotClosedError
        Holes of more than four edges, edges of more than two faces, holes whose filling would change the
        volume by `CLOSED_CHANGE`, or no volume at all.
    """
    notes: list[str] = []
    if not is_closed(faces):
        vertices, faces = _repaired(vertices, faces, notes)
    mesh = Mesh.of(vertices, faces)
    if abs(mesh.volume_mm3) < 1e-6 * float(np.ptp(mesh.bounds, axis=0).max()) ** 3:
        raise NotClosedError("it encloses no volume")
    return _outward(mesh, notes), notes


def _repaired(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], notes: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    import trimesh  # noqa: PLC0415

    open_edges, crowded = _edges(faces)
    found: Any = trimesh.Trimesh(vertices, faces, process=False)
    found.merge_vertices(digits_vertex=round(-np.log10(NEAR_MM)))
    found.update_faces(found.nondegenerate_faces() & found.unique_faces())
    found.remove_unreferenced_vertices()
    trimesh.repair.fix_winding(found)
    before = _volume(found)
    count = len(found.faces)
    trimesh.repair.fill_holes(found)
    trimesh.repair.fix_winding(found)
    faces_now = np.asarray(found.faces, dtype=np.int64)
    if not is_closed(faces_now):
        raise NotClosedError(f"{open_edges} open edges and {crowded} edges of more than two faces")
    after = _volume(found)
    if before <= 0 or abs(after / before - 1.0) >= CLOSED_CHANGE:
        raise NotClosedError(f"holes whose filling changes the volume from {before:.0f} to {after:.0f} mm³")
    filled = len(faces_now) - count
    what = f"{open_edges} open edges were closed with {filled} triangles" if filled > 0 else "its faces were joined"
    notes.append(f"the surface was not watertight: {what}, volume changed by {100 * abs(after / before - 1):.2f} %")
    return np.asarray(found.vertices, dtype=np.float64), faces_now


def _volume(surface: Any) -> float:
    """About the surface's own middle: what a small hole leaves out is a thin cone to there."""
    return abs(Mesh.of(surface.vertices, surface.faces).volume_mm3) if len(surface.faces) else 0.0


def _edges(faces: NDArray[np.int64]) -> tuple[int, int]:
    """Number of edges with one face, and with more than two."""
    edges = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    counts = np.unique(edges, axis=0, return_counts=True)[1]
    return int((counts == 1).sum()), int((counts > 2).sum())


def _outward(mesh: Mesh, notes: list[str]) -> Mesh:
    """Turn shells that look inward, but for a cavity in another shell."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    if mesh.volume_mm3 < 0:
        mesh = Mesh.of(mesh.vertices, mesh.faces[:, ::-1])
        notes.append("its faces looked inward and were turned")
    ends = np.concatenate([mesh.faces[:, :2], mesh.faces[:, 1:]])
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(mesh.vertices),) * 2)
    shells, number = connected_components(links, directed=False)
    if shells == 1:
        return mesh
    owner = number[mesh.faces[:, 0]]
    parts = [Mesh.of(mesh.vertices, mesh.faces[owner == shell]) for shell in range(shells)]
    volumes = np.array([part.volume_mm3 if len(part.faces) else 0.0 for part in parts])
    faces = mesh.faces.copy()
    for shell in np.flatnonzero(volumes < 0):
        corner = mesh.vertices[parts[shell].faces[:1, 0]]
        outer = [p for p, v in zip(parts, volumes, strict=True) if v > abs(volumes[shell])]
        if not any(bool(contains(part, corner)[0]) for part in outer):
            faces[owner == shell] = faces[owner == shell][:, ::-1]
            notes.append("one of its shells looked inward and was turned")
    share = float(np.abs(volumes).max() / np.abs(volumes).sum())
    crumbs = (
        "the others are crumbs" if share > LARGEST_SHARE else f"the largest holds {100 * share:.0f} % of the volume"
    )
    notes.append(f"it consists of {int((volumes != 0).sum())} separate shells; {crumbs}")
    return Mesh.of(mesh.vertices, faces)
