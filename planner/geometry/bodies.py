"""Convex tools and zones with exact signed distances, negative inside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from planner.geometry import tessellate
from planner.geometry.conics import nearest_on_ellipsoid
from planner.geometry.mesh import Mesh

Array = NDArray[np.float64]


UNIT_TOLERANCE: Final = 1e-6
"""How far directions may be from unit length and right angles: a zone of 20 mm is then right to 2e-5 mm."""


@runtime_checkable
class ConvexBody(Protocol):
    """What clearances ask of a body: an exact distance, the nearest surface point and an inner point."""

    @property
    def centre(self) -> Array:
        """(3,) point deepest inside, LPS mm."""
        ...

    def distance(self, points: Array) -> Array:
        """Signed distances (n,) of points (n, 3) from the surface, mm, negative inside."""
        ...

    def nearest(self, points: Array) -> Array:
        """Nearest points (n, 3) on the body's surface, LPS mm."""
        ...


@dataclass(frozen=True, eq=False)
class Capsule:
    """All points within a radius of a segment: a needle with a round end.

    Attributes
    ----------
    start, end : (3,) ends of the axis, LPS mm; equal ones make a ball.
    radius : mm, positive.

    Raises
    ------
    ValueError
        The radius is not positive, or a coordinate not finite; likewise for the other bodies, whose directions
        must be unit vectors at right angles.
    """

    start: Array
    end: Array
    radius: float

    def __post_init__(self) -> None:
        _check_sizes(self.radius)
        _check_finite(self.start, self.end)

    @property
    def centre(self) -> Array:
        """(3,) middle of the axis, LPS mm."""
        return 0.5 * (np.asarray(self.start, dtype=np.float64) + np.asarray(self.end, dtype=np.float64))

    def distance(self, points: Array) -> Array:
        """Signed distances (n,) of points (n, 3), mm, negative inside; exact."""
        return np.asarray(np.linalg.norm(points - self._foot(points), axis=1) - self.radius)

    def nearest(self, points: Array) -> Array:
        """Nearest points (n, 3) on the surface; on the axis itself one of the many."""
        foot = self._foot(points)
        out = points - foot
        gap = np.linalg.norm(out, axis=1)[:, None]
        axis = np.asarray(self.end, dtype=np.float64) - self.start
        along = axis if axis.any() else np.array([0.0, 0.0, 1.0])
        aside = tessellate.perpendicular(np.broadcast_to(along, out.shape))
        return np.asarray(foot + self.radius * np.where(gap > 0.0, out / np.where(gap > 0.0, gap, 1.0), aside))

    def surface(self, around: int = 96, rings: int = 24) -> Mesh:
        """Tessellate: a closed surface of exactly the capsule's volume, off the true one by 0.1 % of the radius."""
        start, end = np.asarray(self.start, dtype=np.float64), np.asarray(self.end, dtype=np.float64)
        return tessellate.capsule(start, end, self.radius, around, rings)

    @property
    def bounds(self) -> Array:
        """(2, 3) lowest and highest corner, LPS mm."""
        ends = np.stack([self.start, self.end])
        return np.stack([ends.min(axis=0) - self.radius, ends.max(axis=0) + self.radius])

    def _foot(self, points: Array) -> Array:
        axis = np.asarray(self.end, dtype=np.float64) - self.start
        square = float(axis @ axis)
        t = np.clip((points - self.start) @ axis / square, 0.0, 1.0) if square > 0.0 else np.zeros(len(points))
        return np.asarray(self.start + t[:, None] * axis)


@dataclass(frozen=True, eq=False)
class Spheroid:
    """Ellipsoid of revolution: prolate, oblate (long_semi < short_semi) or a ball.

    Attributes
    ----------
    centre : (3,) LPS mm.
    axis : (3,) unit direction of the axis of revolution.
    long_semi, short_semi : semi-axes along and across that axis, mm.
    """

    centre: Array
    axis: Array
    long_semi: float
    short_semi: float

    def __post_init__(self) -> None:
        _check_sizes(self.long_semi, self.short_semi)
        _check_finite(self.centre)
        _check_orthonormal(np.asarray(self.axis, dtype=np.float64)[None])

    def distance(self, points: Array) -> Array:
        """Signed distances (n,) of points (n, 3), mm, negative inside; exact."""
        return nearest_on_ellipsoid(self._half_plane(points)[0], np.array([self.long_semi, self.short_semi]))[1]

    def nearest(self, points: Array) -> Array:
        """Nearest points (n, 3) on the surface; one of them where there are several."""
        flat, aside = self._half_plane(points)
        near, _ = nearest_on_ellipsoid(flat, np.array([self.long_semi, self.short_semi]))
        return np.asarray(self.centre + near[:, :1] * self.axis + near[:, 1:] * aside)

    def surface(self, subdivisions: int = 4) -> Mesh:
        """Tessellate: a closed surface of exactly the spheroid's volume, 20 · 4^subdivisions faces."""
        return self._triaxial().surface(subdivisions)

    @property
    def bounds(self) -> Array:
        """(2, 3) lowest and highest corner, LPS mm."""
        return self._triaxial().bounds

    def _triaxial(self) -> Ellipsoid:
        axis = np.asarray(self.axis, dtype=np.float64)
        side = tessellate.perpendicular(axis[None])[0]
        frame = np.stack([axis, side, np.cross(axis, side)])
        return Ellipsoid(self.centre, frame, np.array([self.long_semi, self.short_semi, self.short_semi]))

    def _half_plane(self, points: Array) -> tuple[Array, Array]:
        """Reduce to (axial, radial ≥ 0) coordinates (n, 2) and the unit radial directions (n, 3)."""
        out = np.asarray(points, dtype=np.float64) - self.centre
        axial = out @ self.axis
        radial = out - axial[:, None] * self.axis
        size = np.linalg.norm(radial, axis=1)
        anywhere = tessellate.perpendicular(np.asarray(self.axis, dtype=np.float64)[None])
        clear = size[:, None] > 0.0
        aside = np.where(clear, radial / np.where(clear, size[:, None], 1.0), anywhere)
        return np.stack([axial, size], axis=1), aside


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """General ellipsoid, e.g. a stated lesion.

    Attributes
    ----------
    centre : (3,) LPS mm.
    axes : (3, 3) rows are orthogonal unit directions.
    semi : (3,) semi-axes along those rows, mm.
    """

    centre: Array
    axes: Array
    semi: Array

    def __post_init__(self) -> None:
        _check_sizes(*np.asarray(self.semi).tolist())
        _check_finite(self.centre)
        _check_orthonormal(np.asarray(self.axes, dtype=np.float64))

    def distance(self, points: Array) -> Array:
        """Signed distances (n,) of points (n, 3), mm, negative inside; exact."""
        return nearest_on_ellipsoid((points - self.centre) @ np.asarray(self.axes).T, np.asarray(self.semi))[1]

    def nearest(self, points: Array) -> Array:
        """Nearest points (n, 3) on the surface; one of them where there are several."""
        near, _ = nearest_on_ellipsoid((points - self.centre) @ np.asarray(self.axes).T, np.asarray(self.semi))
        return np.asarray(self.centre + near @ self.axes)

    def surface(self, subdivisions: int = 4) -> Mesh:
        """Tessellate: a closed surface of exactly the ellipsoid's volume, 20 · 4^subdivisions faces."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.asarray(self.axes).T * self.semi
        matrix[:3, 3] = self.centre
        return tessellate.unit_sphere(subdivisions).transformed(matrix)

    @property
    def bounds(self) -> Array:
        """(2, 3) lowest and highest corner, LPS mm."""
        reach = np.linalg.norm(np.asarray(self.axes) * np.asarray(self.semi)[:, None], axis=0)
        return np.stack([self.centre - reach, self.centre + reach])


def union_mesh(meshes: Iterable[Mesh]) -> Mesh:
    """Join closed surfaces into the surface of their union (manifold3d).

    Raises
    ------
    ValueError
        No mesh was given, or one is not a closed manifold.
    """
    import manifold3d  # noqa: PLC0415

    from planner.geometry.solids import as_mesh, as_solid  # noqa: PLC0415

    solids = [as_solid(mesh) for mesh in meshes]
    if not solids:
        raise ValueError("a union needs at least one surface")
    return as_mesh(manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add))


def _check_sizes(*sizes: float) -> None:
    if not all(0.0 < size < np.inf for size in sizes):
        raise ValueError(f"a body's sizes are positive numbers of millimetres, not {sizes}")


def _check_finite(*points: Array) -> None:
    if not all(np.isfinite(point).all() for point in points):
        raise ValueError("a body's coordinate is NaN or infinite")


def _check_orthonormal(rows: Array) -> None:
    if not np.allclose(rows @ rows.T, np.eye(len(rows)), rtol=0.0, atol=UNIT_TOLERANCE):
        raise ValueError(f"a body's axes are unit vectors at right angles, not {rows.tolist()}")
