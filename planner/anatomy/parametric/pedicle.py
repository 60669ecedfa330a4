"""The pedicle measured on a finished surface: where it is narrowest, how wide and high, and which way it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.sections import Loop, loops
from planner.geometry.mesh import Mesh

Vector = NDArray[np.float64]

_NARROW, _WIDE = 1.04, 1.20
"""Coronal sections up to this much larger than the narrowest show the pedicle's direction; between the two ever less,
so that no section's coming or going moves the axis."""

_OBLIQUE_MM = (-0.8, -0.4, 0.0, 0.4, 0.8)
"""Where, along the axis, sections across it are measured; further off they would meet the body's rim."""


@dataclass(frozen=True, eq=False)
class Isthmus:
    """A pedicle's narrowest place.

    Attributes
    ----------
    centre : centroid of the narrowest stretch, (3,) mm.
    axis : unit vector through the sections' centroids, to the front.
    width_mm, height_mm : least extents of the sections across the axis.
    """

    centre: Vector
    axis: Vector
    width_mm: float
    height_mm: float

    @property
    def transverse_deg(self) -> float:
        """Convergence towards the front; positive when the left pedicle's front end lies nearer the midline."""
        return math.degrees(math.atan2(-self.axis[0], -self.axis[1]))

    @property
    def sagittal_deg(self) -> float:
        """Fall towards the front."""
        return math.degrees(math.asin(-self.axis[2]))


def isthmus(vertebra: Mesh, wall_mm: float, canal_depth_mm: float, outer_mm: float) -> Isthmus | None:
    """Measure the left pedicle of a vertebra in its own frame.

    First coronal sections from the posterior wall backwards find the narrowest place and the line of centroids; then
    sections across that line are measured.

    Parameters
    ----------
    wall_mm : y of the posterior wall.
    canal_depth_mm : how far behind it the laminae stand.
    outer_mm : x that the pedicle's middle surely lies inside of.

    Returns
    -------
    Isthmus, or None where no section stands alone between body and lamina.
    """
    near = _near(vertebra, wall_mm, canal_depth_mm)
    normal = np.array([0.0, -1.0, 0.0])
    steps = np.arange(0.5, 0.6 * canal_depth_mm, 0.5)
    found = [_left(near, np.array([0.0, wall_mm + s, 0.0]), normal, outer_mm) for s in steps]
    sections = [loop for loop in found if loop is not None]
    if len(sections) < 3:
        return None
    centre, axis = _line(sections)
    oblique = [_nearest(near, centre + t * axis, axis) for t in _OBLIQUE_MM]
    whole = [loop for loop in oblique if loop is not None]
    if not whole:
        return None
    across = np.cross(axis, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    upright = np.cross(across, axis)
    return Isthmus(centre, axis, min(loop.width(across) for loop in whole), min(loop.width(upright) for loop in whole))


def _line(sections: list[Loop]) -> tuple[Vector, Vector]:
    """Return the middle of the narrowest stretch and the unit vector along the centroids there, to the front."""
    points = np.array([loop.centroid for loop in sections])
    area = np.array([loop.area_mm2 for loop in sections])
    area /= area.min()
    weight = np.clip((_WIDE - area) / (_WIDE - _NARROW), 0.0, 1.0)
    offset = points - weight @ points / weight.sum()
    slope = (weight * offset[:, 1]) @ offset / (weight @ offset[:, 1] ** 2)
    axis: Vector = -slope / np.linalg.norm(slope)
    near = np.clip(_NARROW - area, 0.0, None)
    middle: Vector = near @ points / near.sum()
    return middle, axis


def _near(mesh: Mesh, wall_mm: float, canal_depth_mm: float) -> Mesh:
    """Return only the left faces about the pedicle; sections there cost a tenth."""
    y = mesh.vertices[:, 1]
    held = (mesh.vertices[:, 0] > 0.0) & (y > wall_mm - 25.0) & (y < wall_mm + 1.3 * canal_depth_mm)
    faces = mesh.faces[held[mesh.faces].all(axis=1)]
    used, index = np.unique(faces, return_inverse=True)
    return Mesh.of(mesh.vertices[used], index.reshape(-1, 3))


def _left(mesh: Mesh, point: Vector, normal: Vector, outer_mm: float) -> Loop | None:
    """Return the largest whole section whose centroid lies between canal and flank."""
    whole = [loop for loop in loops(mesh, point, normal) if loop.area_mm2 > 4.0 and loop.closed]
    inner = [loop for loop in whole if 2.0 < loop.centroid[0] < outer_mm]
    return max(inner, key=lambda loop: loop.area_mm2, default=None)


def _nearest(mesh: Mesh, point: Vector, normal: Vector) -> Loop | None:
    whole = [loop for loop in loops(mesh, point, normal) if loop.area_mm2 > 4.0 and loop.closed]
    # One that has run together with the body or the lamina has its centroid elsewhere.
    about = [loop for loop in whole if float(np.linalg.norm(loop.centroid - point)) < 1.5]
    return max(about, key=lambda loop: loop.area_mm2, default=None)
