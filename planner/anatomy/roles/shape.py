"""Heights of a vertebral body, its loss of height, and the kyphosis between endplates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.build import once, vertebra_rings
from planner.anatomy.roles.frame import OwnFrame
from planner.anatomy.structures import Anatomy, Structure
from planner.core.names import LEVELS
from planner.geometry.measures import line_crossings

Array = NDArray[np.float64]

RIM_SHARE: Final = 0.15
"""Of the body's depth, from front and back: where anterior and posterior height are taken, inside the rounded rim."""
ACROSS_MM: Final = (-6.0, -3.0, 0.0, 3.0, 6.0)
"""Lines beside the midline over which a height is the median."""
HEALTHY: Final = (0.18, 0.15, 0.08)
"""How far the heights of a healthy body may differ from what they are held against: its own back, one neighbour, the
mean of two (assumed: the largest of 24 levels in two spines without fracture, at 3 mm labels and on meshes, read
0.18, 0.15 and 0.07; heights grow downwards, so that one neighbour alone misleads)."""
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


@dataclass(frozen=True)
class HeightLoss:
    """Largest relative loss of height.

    Attributes
    ----------
    fraction, error : the loss, and how far it may be off (about 95 of 100): voxels and what healthy bodies differ.
    where, against : at the front, in the middle or at the back; what it was compared with.
    """

    fraction: float
    error: float
    where: str
    against: str


@dataclass(frozen=True)
class Angle:
    """A sagittal angle, and how far it may be off, degrees; from the upper endplate of one level to the lower of another."""

    degrees: float
    error: float
    upper: str
    lower: str


def body_heights(anatomy: Anatomy, level: str) -> Heights | None:
    """Measure a body at the front, in the middle and at the back; None where it is cut or its frame is not known."""
    return once(anatomy, f"heights_{level}", lambda: _heights(anatomy, level))


def _heights(anatomy: Anatomy, level: str) -> Heights | None:
    body = _body(anatomy, level)
    if body is None:
        return None
    own, frame = body.own, body.frame
    tall = own[:, 2].max() - own[:, 2].min() + 2.0
    middle = 0.5 * (own[:, 2].max() + own[:, 2].min())
    waist = own[(np.abs(own[:, 2] - middle) < 0.4 * tall) & (np.abs(own[:, 0]) < 8.0)]
    if len(waist) < LEAST_POINTS:
        return None
    front, back = float(waist[:, 1].min()), float(waist[:, 1].max())
    made = []
    for share in (RIM_SHARE, 0.5, 1.0 - RIM_SHARE):
        y = front + share * (back - front)
        spans = []
        for x in ACROSS_MM:
            ends = frame.to_lps(np.array([[x, y, middle - tall], [x, y, middle + tall]]))
            hits = line_crossings(ends[0], ends[1], body.structure.mesh)
            if len(hits) >= 2:
                way = (ends[1] - ends[0]) / (2.0 * tall)
                if body.structure.cut and not _inside(anatomy, body.structure, ends[0] + hits[[0, -1], None] * way):
                    return None
                spans.append(float(hits[-1] - hits[0]))
        if not spans:
            return None
        made.append(float(np.median(spans)))
    return Heights(*made)


def height_loss(anatomy: Anatomy, level: str) -> HeightLoss | None:
    """Compare a body's heights with those of its whole neighbours or, without any, with its own posterior height."""
    own = body_heights(anatomy, level)
    if own is None:
        return None
    others = [(name, h) for name in _neighbours(anatomy, level) if (h := body_heights(anatomy, name)) is not None]
    places = ("anterior", "middle", "posterior")
    if others:
        asked = {p: float(np.mean([getattr(h, p) for _, h in others])) for p in places}
        against = "mean of " + " and ".join(name for name, _ in others)
    else:
        asked, against = dict.fromkeys(places[:2], own.posterior), "its own posterior height"
    losses = {p: 1.0 - getattr(own, p) / height for p, height in asked.items()}
    where = max(losses, key=lambda p: losses[p])
    # Two walls of its own and two of what it is held against, which are the mean of several.
    voxels = _wall_error(anatomy, level) * np.sqrt(2.0 + 2.0 / max(1, len(others))) / asked[where]
    error = float(np.hypot(voxels, HEALTHY[len(others)]))
    return HeightLoss(max(0.0, losses[where]), error, where, against)


def kyphosis_deg(anatomy: Anatomy, upper: str, lower: str) -> float | None:
    """Return the sagittal angle between the upper endplate of one level and the lower endplate of another.

    Positive where they open to the back (kyphosis), negative in lordosis. None where one is not known.
    """
    found = _angle(anatomy, upper, lower)
    return None if found is None else found.degrees


def local_kyphosis(anatomy: Anatomy, level: str) -> Angle | None:
    """Measure the kyphosis round a level: upper endplate of the level above to lower endplate of the level below.

    This is the Cobb angle of the consensus on thoracolumbar fractures (Keynan 2006). Where a neighbour is not
    labelled, or not whole, the level's own endplate takes its place. None where the level itself is not known.
    """
    at = LEVELS.index(level)
    near = set(_neighbours(anatomy, level))
    above = LEVELS[at - 1] if at and LEVELS[at - 1] in near else level
    below = LEVELS[at + 1] if at + 1 < len(LEVELS) and LEVELS[at + 1] in near else level
    ends = ((above, below), (above, level), (level, below), (level, level))
    return next((found for pair in ends if (found := _angle(anatomy, *pair)) is not None), None)


def _angle(anatomy: Anatomy, upper: str, lower: str) -> Angle | None:
    ends, errors = [], []
    for level, sign in ((upper, 1.0), (lower, -1.0)):
        body = _body(anatomy, level)
        normal = None if body is None or body_heights(anatomy, level) is None else _endplate(body, sign)
        if body is None or normal is None:
            return None
        ends.append((normal, body.frame.axes))
        lever = 0.5 * ENDPLATE_SHARE * float(np.ptp(body.own[:, 1]))
        errors.append(np.degrees(np.arctan2(_wall_error(anatomy, level), lever)))
    left = ends[0][1][:, 0] + ends[1][1][:, 0]
    left /= np.linalg.norm(left)
    (first, _), (second, _) = ends
    degrees = np.degrees(np.arctan2(np.cross(second, first) @ left, first @ second))
    return Angle(float(degrees), float(np.hypot(*errors)), upper, lower)


def _wall_error(anatomy: Anatomy, level: str) -> float:
    """How far an endplate may lie off along the canal, mm."""
    body = _body(anatomy, level)
    return 0.0 if body is None else body.structure.uncertainty_mm(body.frame.axes[:, 2])


def _endplate(body: _Body, sign: float) -> Array | None:
    """Normal of the plane through an endplate, toward the head, LPS."""
    own, frame = body.own, body.frame
    centre, half = 0.5 * (own.max(axis=0) + own.min(axis=0)), 0.5 * np.ptp(own, axis=0)
    inner = (np.abs(own - centre)[:, :2] < ENDPLATE_SHARE * half[:2]).all(axis=1)
    chosen = own[inner & (sign * body.normals[:, 2] > 0.7) & (sign * (own[:, 2] - centre[2]) > 0.0)]
    if len(chosen) < LEAST_POINTS:
        return None
    design = np.column_stack([chosen[:, :2], np.ones(len(chosen))])
    slope_x, slope_y, _ = np.linalg.lstsq(design, chosen[:, 2], rcond=None)[0]
    normal = np.array([-slope_x, -slope_y, 1.0])
    return np.asarray(frame.axes @ (normal / np.linalg.norm(normal)))


def _vertex_normals(body: Structure) -> Array:
    corners = body.mesh.triangles
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(body.mesh.vertices)
    for k in range(3):
        np.add.at(total, body.mesh.faces[:, k], area)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1), 1e-12)[:, None])


@dataclass(frozen=True, eq=False)
class _Body:
    """Surface of a body in its vertebra's frame: points and normals of it alone, whatever the structure holds besides."""

    structure: Structure
    frame: OwnFrame
    own: Array
    normals: Array


def _body(anatomy: Anatomy, level: str) -> _Body | None:
    """Take the labelled body or, without one, what of the whole vertebra lies before the wall of its canal.

    Splitting the vertebra would say the same of endplates and front, and takes a quarter of a second a level.
    """
    return once(anatomy, f"shape_{level}", lambda: _found(anatomy, level))


def _found(anatomy: Anatomy, level: str) -> _Body | None:
    name = f"vertebra_{level}_body"
    labelled = name in anatomy.makers
    structure, rings = anatomy.get(name if labelled else f"vertebra_{level}"), vertebra_rings(anatomy, level)
    if structure is None or rings is None:
        return None
    own = rings.frame.to_own(structure.mesh.vertices)
    normals = _vertex_normals(structure) @ rings.frame.axes
    if not labelled:
        before = own[:, 1] < np.interp(own[:, 2], rings.heights, rings.wall_mm)
        own, normals = own[before], normals[before]
    return _Body(structure, rings.frame, own, normals) if len(own) >= LEAST_POINTS else None


def _inside(anatomy: Anatomy, structure: Structure, points: Array) -> bool:
    """Return whether points lie in the structure's image, away from its border, where the surface is no longer seen."""
    for image in anatomy.images:
        if structure.affine_lps is not None and np.array_equal(image.affine_lps, structure.affine_lps):
            index = image.index_of(points)
            return bool(((index >= 1.0) & (index <= np.array(image.array.shape) - 2.0)).all())
    return False


def _neighbours(anatomy: Anatomy, level: str) -> list[str]:
    at = LEVELS.index(level)
    return [
        name
        for name in LEVELS[max(at - 1, 0) : at + 2]
        if name != level and (whole := anatomy.get(f"vertebra_{name}")) is not None and not whole.cut
    ]
