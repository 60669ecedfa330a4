"""A closed triangle surface in LPS millimetres: the one shape handed from layer to layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangle surface.

    Attributes
    ----------
    vertices : (n, 3) float64, LPS mm.
    faces : (m, 3) int64, counter-clockwise seen from outside.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]

    @classmethod
    def of(cls, vertices: ArrayLike, faces: ArrayLike) -> Mesh:
        """Build from anything array-like, made contiguous and of the right type."""
        return cls(
            np.ascontiguousarray(vertices, dtype=np.float64).reshape(-1, 3),
            np.ascontiguousarray(faces, dtype=np.int64).reshape(-1, 3),
        )

    @property
    def bounds(self) -> NDArray[np.float64]:
        """(2, 3) lowest and highest corner, LPS mm."""
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])

    @property
    def triangles(self) -> NDArray[np.float64]:
        """(m, 3, 3) corner coordinates of each face, LPS mm."""
        return self.vertices[self.faces]

    @property
    def volume_mm3(self) -> float:
        """Enclosed volume by the divergence theorem; negative when the faces look inward."""
        # Column by column: half the time of a cross product of rows.
        centred = self.vertices - self.vertices.mean(axis=0)
        x, y, z = (np.ascontiguousarray(column)[self.faces.T] for column in centred.T)
        across = (y[1] * z[2] - y[2] * z[1], z[1] * x[2] - z[2] * x[1], x[1] * y[2] - x[2] * y[1])
        return float((x[0] * across[0] + y[0] * across[1] + z[0] * across[2]).sum() / 6.0)

    @property
    def centroid(self) -> NDArray[np.float64]:
        """(3,) centre of the enclosed volume, LPS mm."""
        origin = self.vertices.mean(axis=0)
        a, b, c = np.moveaxis(self.triangles - origin, 1, 0)
        sixfold = np.einsum("ij,ij->i", a, np.cross(b, c))
        return np.asarray(origin + (sixfold[:, None] * (a + b + c)).sum(axis=0) / (4.0 * sixfold.sum()))

    def transformed(self, matrix: ArrayLike) -> Mesh:
        """Apply a (4, 4) affine; a mirroring one also turns the faces round so they keep looking outward."""
        m = np.asarray(matrix, dtype=np.float64)
        faces = self.faces[:, ::-1] if np.linalg.det(m[:3, :3]) < 0 else self.faces
        return Mesh.of(self.vertices @ m[:3, :3].T + m[:3, 3], faces)


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Put surfaces into one, which then has several parts; at least one."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    return Mesh.of(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
    )
