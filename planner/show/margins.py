"""The lesion coloured by how far the zones reach beyond it: uncovered, below 5 mm, 5 to 10 mm, above."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh
from planner.show.scene import Bands, SceneItem

EDGES_MM = (0.0, 5.0, 10.0)
COLOURS = ("#c2185b", "#8e44ad", "#7fa3e0", "#cfe3f2")
"""From uncovered to safe, ever paler, in hues that the zone's orange and the bone do not take."""
LABELS = (
    "Lesion outside the zone", "Lesion, margin 0–5 mm", "Lesion, margin 5–10 mm", "Lesion, margin over 10 mm",
)  # fmt: skip
DENSE = 0.8
"""Denser than a lesion of one colour: what matters is its surface."""
SMALLEST_EDGE_MM = 1.2
"""Triangles with longer edges are split first: the colour changes within this."""


def with_margins(lesion: SceneItem, zones: list[Mesh]) -> SceneItem:
    """Colour a lesion's surface by the distance from it to the surface of all zones together."""
    if not zones:
        return lesion
    mesh = _finer(lesion.mesh)
    depth = np.max([-index_of(zone).signed(mesh.triangles.mean(axis=1))[0] for zone in zones], axis=0)
    bands: NDArray[np.int64] = np.searchsorted(EDGES_MM, depth, side="right").astype(np.int64)
    kept = sorted(set(bands.tolist()))
    told = Bands(
        np.searchsorted(kept, bands).astype(np.int64), tuple(COLOURS[b] for b in kept), tuple(LABELS[b] for b in kept)
    )
    look = replace(lesion.style, opacity=DENSE)
    return replace(lesion, mesh=mesh, bands=told, look=look)


def _finer(mesh: Mesh) -> Mesh:
    """Split edges until all are short; coarse spheres would show their triangles in the colours."""
    import trimesh  # noqa: PLC0415  # heavy, only where needed

    sides = mesh.triangles - np.roll(mesh.triangles, 1, axis=1)
    longest = float(np.linalg.norm(sides, axis=2).max(initial=0.0))
    if longest <= SMALLEST_EDGE_MM or len(mesh.faces) > 40_000:
        return mesh
    vertices, faces = trimesh.remesh.subdivide_to_size(mesh.vertices, mesh.faces, SMALLEST_EDGE_MM, max_iter=12)
    vertices, inverse = np.unique(np.round(vertices, 6), axis=0, return_inverse=True)
    return Mesh.of(vertices, inverse.reshape(-1)[faces])
