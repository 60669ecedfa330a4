"""Search trees over a surface, built once per mesh and kept while it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.geometry.mesh import Mesh

KEPT_FACES: Final = 1_600_000
"""Faces of the meshes whose trees stay in memory: a tree of 100 000 faces costs some 50 MB."""
KEPT_SURFACES: Final = 256
"""… and how many meshes: one plan looks at some fifty structures again and again, in the same order."""

INSIDE_WINDING: Final = 0.5
"""Winding number from which a point is inside. A closed surface gives 0 or 1; overlapping shells give 2,
a leaking one something between, so that half is the robust divide."""


def finite(values: ArrayLike, columns: int = 3) -> NDArray[np.float64]:
    """Rows (n, columns) of finite numbers, in the memory order that libigl asks for.

    Raises
    ------
    ValueError
        One of them is NaN or infinite: a tree would answer such a query with any number.
    """
    rows = np.ascontiguousarray(values, dtype=np.float64).reshape(-1, columns)
    if not np.isfinite(rows).all():
        raise ValueError("a coordinate or size is NaN or infinite")
    return rows


@dataclass(frozen=True, eq=False)
class SurfaceIndex:
    """A mesh with its bounding-volume trees.

    Attributes
    ----------
    mesh : the surface.
    centres : (m, 3) face centroids, LPS mm.
    radii : (m,) distance from each centroid to its farthest corner, mm.
    tree, winding : libigl's, each built when first asked: some queries need one, some neither.
    """

    mesh: Mesh
    centres: NDArray[np.float64]
    radii: NDArray[np.float64]

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """(2, 3) lowest and highest corner, LPS mm."""
        return self.mesh.bounds

    @cached_property
    def tree(self) -> Any:
        """Bounding-volume tree for nearest points."""
        import igl  # noqa: PLC0415

        made = igl.AABB()
        made.init(self.mesh.vertices, self.mesh.faces)
        return made

    @cached_property
    def winding(self) -> Any:
        """Bounding-volume tree for winding numbers."""
        import igl  # noqa: PLC0415

        made = igl.FastWindingNumberBVH()
        made.init(self.mesh.vertices, self.mesh.faces)
        return made

    def closest(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
        """Unsigned distances (n,), nearest faces (n,) and nearest surface points (n, 3), exact."""
        return _sorted_out(self.tree.squared_distance(self.mesh.vertices, self.mesh.faces, finite(points)))

    def closest_of(
        self, faces: NDArray[np.int64], points: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
        """As :meth:`closest`, to some of the faces alone (at least one), without the tree over all of them."""
        import igl  # noqa: PLC0415

        some = np.ascontiguousarray(self.mesh.faces[faces])
        found = _sorted_out(igl.point_mesh_squared_distance(finite(points), self.mesh.vertices, some))
        return found[0], faces[found[1]], found[2]

    def inside(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n,) whether each point lies inside, by the generalised winding number."""
        rows = finite(points)
        low, high = self.bounds
        found = ((low <= rows) & (rows <= high)).all(axis=1)
        if found.any():  # the tree is built only for points that the box does not settle
            number = self.winding.winding_number(np.ascontiguousarray(rows[found]))
            found[found] = np.asarray(number).reshape(-1) > INSIDE_WINDING
        return np.asarray(found)

    def signed(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Signed distances (n,), negative inside, and nearest surface points (n, 3)."""
        distance, _, nearest = self.closest(points)
        return np.where(self.inside(points), -distance, distance), nearest


def _sorted_out(answer: Any) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    squared, face, nearest = answer
    return (
        np.sqrt(np.asarray(squared, dtype=np.float64).reshape(-1)),
        np.asarray(face, dtype=np.int64).reshape(-1),
        np.asarray(nearest, dtype=np.float64).reshape(-1, 3),
    )


_kept: dict[Mesh, SurfaceIndex] = {}
_lock = Lock()


def index_of(mesh: Mesh) -> SurfaceIndex:
    """Trees of a mesh; the same object gives the same trees, so its arrays must not be changed in place.

    Raises
    ------
    ValueError
        The mesh has no face or holds a coordinate that is not finite.
    """
    with _lock:
        found = _kept.pop(mesh, None)
        found = _indexed(mesh) if found is None else found
        _kept[mesh] = found  # the last one used stands last
        while len(_kept) > KEPT_SURFACES or (len(_kept) > 1 and sum(len(m.faces) for m in _kept) > KEPT_FACES):
            del _kept[next(iter(_kept))]
    return found


def _indexed(mesh: Mesh) -> SurfaceIndex:
    if len(mesh.faces) == 0:
        raise ValueError("the surface has no faces")
    if not np.isfinite(mesh.vertices).all():
        raise ValueError("the surface holds coordinates that are not finite")
    corners = mesh.triangles
    centres = corners.mean(axis=1)
    radii = np.sqrt(((corners - centres[:, None]) ** 2).sum(axis=2).max(axis=1))
    return SurfaceIndex(mesh, centres, radii)
