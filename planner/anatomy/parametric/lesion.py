"""The lesion: a sphere pushed in and out by a few low harmonics, then scaled to its diameter exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.fields import Coordinates, Field
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.morphometry import Morphometry
from planner.anatomy.parametric.spec import ParametricLesion
from planner.geometry.mesh import Mesh

WALL_GAP_MM = 5.0
"""Bone left between the default lesion and the posterior wall."""


def lesion_mesh(lesion: ParametricLesion, m: Morphometry, step_mm: float) -> Mesh:
    """Return the lesion's surface, LPS mm; its largest Feret diameter is `lesion.diameter_mm`."""
    radius = 0.5 * lesion.diameter_mm
    corner = np.full(3, 1.3 * radius)
    grid = Grid.over(-corner, corner, min(step_mm, lesion.diameter_mm / 24.0))
    grid.add(lambda c: _star(c, radius), -corner, corner, 0.1)
    mesh = grid.surface()
    shape = mesh.vertices * (lesion.diameter_mm / feret_diameter_mm(mesh.vertices))
    centre = lesion.centre_lps_mm or _default_centre(m, shape)
    return Mesh.of(shape + np.asarray(centre), mesh.faces)


def _default_centre(m: Morphometry, shape: NDArray[np.float64]) -> tuple[float, float, float]:
    """Left of the midline, as near to the posterior wall as makes the distance to the canal matter."""
    low, high = shape.min(axis=0), shape.max(axis=0)
    # The lower endplate is dished more deeply, so the widest place lies a little above the middle.
    return 0.09 * m.width_upper, 0.5 * depth(m) - WALL_GAP_MM - float(high[1]), 0.4 - 0.5 * float(low[2] + high[2])


def _star(at: Coordinates, radius: float) -> Field:
    x, y, z = at
    r = np.maximum(np.sqrt(x * x + y * y + z * z), 1e-3)
    u, v, w = x / r, y / r, z / r
    bumps = 0.05 * (u * u - w * w) + 0.10 * u * v + 0.07 * u * (u * u - 3.0 * v * v) - 0.06 * v * w - 0.05 * u * v * w
    return np.asarray(r - np.float32(radius) * (1.0 + bumps), dtype=np.float32)


def feret_diameter_mm(vertices: NDArray[np.float64]) -> float:
    """Return the largest distance between two of the (n, 3) points."""
    from scipy.spatial import ConvexHull  # noqa: PLC0415
    from scipy.spatial.distance import pdist  # noqa: PLC0415

    # The farthest pair lies on the hull, both of its ends well out from the mean.
    hull = vertices[ConvexHull(vertices).vertices]
    far = np.linalg.norm(hull - hull.mean(axis=0), axis=1)
    width = np.ptp(hull, axis=0).max()
    return float(pdist(hull[far >= width - far.max()]).max())
