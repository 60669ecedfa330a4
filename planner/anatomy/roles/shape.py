"""Heights of a vertebral body and the slopes of its endplates, in its vertebra's own frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.build import vertebra_rings
from planner.anatomy.roles.frame import OwnFrame
from planner.anatomy.structures import Anatomy, Structure

Array = NDArray[np.float64]

RIM_SHARE: Final = 0.15
"""Of the body's depth, from front and back: where anterior and posterior height are taken, inside the rounded rim."""
ACROSS_MM: Final = (-6.0, -3.0, 0.0, 3.0, 6.0)
"""Lines beside the midline over which a height is the median."""
DISHED_MM: Final = 2.5
"""How far an endplate lies off its plane: what lies farther is the root of a pedicle or a spur, and is left out."""
FITS: Final = 5
"""Rounds of laying the plane and leaving out."""
LEAST_POINTS: Final = 12
"""Surface points from which a depth or a plane is read."""
ENDPLATE_SHARE: Final = 0.8
"""Of width and depth of the body: the part of an endplate a plane is laid through; rims and spurs lie outside."""


@dataclass(frozen=True)
class Heights:
    """Heights of one body along its canal, mm."""

    anterior: float
    middle: float
    posterior: float


def body_heights(anatomy: Anatomy, level: str) -> Heights | None:
    """Measure a body at the front, in the middle and at the back; None where it is cut or its frame is not known."""
    return anatomy.once(f"heights_{level}", lambda: _heights(anatomy, level))


def _heights(anatomy: Anatomy, level: str) -> Heights | None:
    body = body_of(anatomy, level)
    if body is None:
        return None
    own, frame = body.own, body.frame
    half, middle = 0.5 * np.ptp(own[:, 2]), 0.5 * (own[:, 2].max() + own[:, 2].min())
    waist = own[(np.abs(own[:, 2] - middle) < 0.8 * half) & (np.abs(own[:, 0]) < 8.0)]
    if len(waist) < LEAST_POINTS:
        return None
    front, back = float(waist[:, 1].min()), float(waist[:, 1].max())
    flat = body.triangles[..., :2]
    boxes = (flat.min(axis=1), flat.max(axis=1))
    made = []
    for share in (RIM_SHARE, 0.5, 1.0 - RIM_SHARE):
        y = front + share * (back - front)
        spans = []
        for x in ACROSS_MM:
            ends = _ends(body.triangles, boxes, x, y)
            if ends is None:
                continue
            if body.structure.cut and not _inside(anatomy, body.structure, frame.to_lps([(x, y, z) for z in ends])):
                return None
            spans.append(ends[1] - ends[0])
        if not spans:
            return None
        made.append(float(np.median(spans)))
    return Heights(*made)


def _ends(triangles: Array, boxes: tuple[Array, Array], x: float, y: float) -> tuple[float, float] | None:
    """Lowest and highest place where the line along the canal at (x, y) meets the surface; None where it does not."""
    low, high = boxes
    a, b, c = np.moveaxis(triangles[((low <= (x, y)) & (high >= (x, y))).all(axis=1)], 1, 0)
    whole = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    a, b, c, whole = (part[np.abs(whole) > 1e-12] for part in (a, b, c, whole))  # upright ones meet it in no point
    u = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (y - a[:, 1]) * (c[:, 0] - a[:, 0])) / whole
    v = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])) / whole
    met = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1.0 + 1e-9)
    z = (a[:, 2] + u * (b[:, 2] - a[:, 2]) + v * (c[:, 2] - a[:, 2]))[met]
    return (float(z.min()), float(z.max())) if len(z) >= 2 else None


def endplate(body: Body, sign: float) -> Array | None:
    """Return the normal (3,) of the plane through the upper (`sign` 1) or lower (-1) endplate, toward the head, LPS."""
    own, frame = body.own, body.frame
    centre, half = 0.5 * (own.max(axis=0) + own.min(axis=0)), 0.5 * np.ptp(own, axis=0)
    inner = (np.abs(own - centre)[:, :2] < ENDPLATE_SHARE * half[:2]).all(axis=1)
    chosen = own[inner & (sign * body.normals[:, 2] > 0.7) & (sign * (own[:, 2] - centre[2]) > 0.0)]
    if len(chosen) < LEAST_POINTS:
        return None
    design = np.column_stack([chosen[:, :2], np.ones(len(chosen))])
    on_plane = np.ones(len(chosen), dtype=bool)
    for _ in range(FITS):
        if on_plane.sum() < LEAST_POINTS:
            return None
        slope_x, slope_y, offset = np.linalg.lstsq(design[on_plane], chosen[on_plane, 2], rcond=None)[0]
        off = np.abs(design @ [slope_x, slope_y, offset] - chosen[:, 2])
        on_plane = off <= max(DISHED_MM, float(np.median(off)))
    normal = np.array([-slope_x, -slope_y, 1.0])
    return np.asarray(frame.axes @ (normal / np.linalg.norm(normal)))


@dataclass(frozen=True, eq=False)
class Body:
    """Surface of a body in its vertebra's frame, whatever else the structure holds.

    Attributes
    ----------
    own, normals : (n, 3) centres and unit normals of its faces.
    triangles : (m, 3, 3) faces near its middle plane.
    """

    structure: Structure
    frame: OwnFrame
    own: Array
    normals: Array
    triangles: Array


def body_of(anatomy: Anatomy, level: str) -> Body | None:
    """Take the labelled body or, without one, what of the whole vertebra lies before the wall of its canal.

    Splitting the vertebra would say the same of endplates and front, and takes a quarter of a second a level.
    """
    return anatomy.once(f"shape_{level}", lambda: _found(anatomy, level))


def _found(anatomy: Anatomy, level: str) -> Body | None:
    name = f"vertebra_{level}_body"
    labelled = name in anatomy.makers
    structure, rings = anatomy.get(name if labelled else f"vertebra_{level}"), vertebra_rings(anatomy, level)
    if structure is None or rings is None:
        return None
    corners = rings.frame.to_own(structure.mesh.vertices)[structure.mesh.faces]
    own = corners.mean(axis=1)
    if not labelled:
        before = own[:, 1] < np.interp(own[:, 2], rings.heights, rings.wall_mm)
        own, corners = own[before], corners[before]
    if len(own) < LEAST_POINTS:
        return None
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = area / np.maximum(np.linalg.norm(area, axis=1), 1e-12)[:, None]
    return Body(structure, rings.frame, own, normals, corners[np.abs(own[:, 0]) < 2.0 * ACROSS_MM[-1]])


def _inside(anatomy: Anatomy, structure: Structure, points: Array) -> bool:
    """Return whether points lie in the structure's image, away from its border, where the surface is no longer seen."""
    for image in anatomy.images:
        if structure.affine_lps is not None and np.array_equal(image.affine_lps, structure.affine_lps):
            index = image.index_of(points)
            return bool(((index >= 1.0) & (index <= np.array(image.array.shape) - 2.0)).all())
    return False
