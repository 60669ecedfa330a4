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


def default_centre(m: Morphometry, diameter_mm: float) -> tuple[float, float, float]:
    """Return a place left of the midline whose distance from the canal matters, LPS mm."""
    y = 0.5 * depth(m) - WALL_GAP_MM - 0.5 * diameter_mm
    # Endplates are dished deeper below, so the widest place is a little above the middle.
    return 0.09 * m.width_upper, max(y, 0.5 * depth(m) - 0.55 * m.depth_upper), 0.4


def lesion_mesh(lesion: ParametricLesion, centre: tuple[float, float, float], step_mm: float) -> Mesh:
    """Return the lesion's surface, LPS mm; its largest Feret diameter is `lesion.diameter_mm`."""
    radius = 0.5 * lesion.diameter_mm
    grid = Grid.over([-1.3 * radius] * 3, [1.3 * radius] * 3, min(step_mm, lesion.diameter_mm / 24.0))
    grid.add(lambda c: _star(c, radius), [-1.3 * radius] * 3, [1.3 * radius] * 3, 0.1)
    mesh = grid.surface()
    scale = lesion.diameter_mm / feret_diameter_mm(mesh.vertices)
    return Mesh.of(mesh.vertices * scale + np.asarray(centre), mesh.faces)


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

    # Extreme points of a few hundred directions hold the farthest pair of a smooth shape within its facets' size.
    hull = vertices[ConvexHull(vertices).vertices]
    far = np.linalg.norm(hull - hull.mean(axis=0), axis=1)
    # Both ends of the longest diameter lie at least half of it, less the mean's offset, from the mean.
    shell = hull[far >= np.quantile(far, 0.6)]
    return float(pdist(shell).max())
