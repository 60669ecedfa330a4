"""Heights of a vertebral body, its loss of height, and the kyphosis between endplates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.roles.build import vertebra_rings
from planner.anatomy.roles.frame import OwnFrame
from planner.anatomy.structures import Anatomy, Structure
from planner.core.names import LEVELS
from planner.geometry.measures import line_crossings

Array = NDArray[np.float64]

RIM_SHARE: Final = 0.15
"""Of the body's depth, from front and back: where anterior and posterior height are taken, inside the rounded rim."""
ACROSS_MM: Final = (-6.0, -3.0, 0.0, 3.0, 6.0)
"""Lines beside the midline over which a height is the median."""
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
    """Largest relative loss of height; `against` says what it was compared with."""

    fraction: float
    where: str
    against: str


def body_heights(anatomy: Anatomy, level: str) -> Heights | None:
    """Measure a body at the front, in the middle and at the back; None where the body or its frame is not known."""
    found = _body(anatomy, level)
    if found is None:
        return None
    body, frame = found
    own = frame.to_own(body.mesh.vertices)
    tall = own[:, 2].max() - own[:, 2].min() + 2.0
    middle = 0.5 * (own[:, 2].max() + own[:, 2].min())
    waist = own[(np.abs(own[:, 2] - middle) < 0.4 * tall) & (np.abs(own[:, 0]) < 8.0)]
    front, back = float(waist[:, 1].min()), float(waist[:, 1].max())
    made = []
    for share in (RIM_SHARE, 0.5, 1.0 - RIM_SHARE):
        y = front + share * (back - front)
        spans = []
        for x in ACROSS_MM:
            ends = frame.to_lps(np.array([[x, y, middle - tall], [x, y, middle + tall]]))
            hits = line_crossings(ends[0], ends[1], body.mesh)
            if len(hits) >= 2:
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
    return HeightLoss(max(0.0, losses[where]), where, against)


def kyphosis_deg(anatomy: Anatomy, upper: str, lower: str) -> float | None:
    """Return the sagittal angle between the upper endplate of one level and the lower endplate of another.

    Positive where they open to the back (kyphosis), negative in lordosis. None where one is not known.
    """
    ends = []
    for level, sign in ((upper, 1.0), (lower, -1.0)):
        found = _body(anatomy, level)
        if found is None:
            return None
        ends.append((_endplate(*found, sign), found[1].axes))
    left = ends[0][1][:, 0] + ends[1][1][:, 0]
    left /= np.linalg.norm(left)
    (first, _), (second, _) = ends
    return float(np.degrees(np.arctan2(np.cross(second, first) @ left, first @ second)))


def _endplate(body: Structure, frame: OwnFrame, sign: float) -> Array:
    """Normal of the plane through an endplate, toward the head, LPS."""
    own = frame.to_own(body.mesh.vertices)
    normals = _vertex_normals(body) @ frame.axes
    centre, half = 0.5 * (own.max(axis=0) + own.min(axis=0)), 0.5 * np.ptp(own, axis=0)
    inner = (np.abs(own - centre)[:, :2] < ENDPLATE_SHARE * half[:2]).all(axis=1)
    chosen = own[inner & (sign * normals[:, 2] > 0.7) & (sign * (own[:, 2] - centre[2]) > 0.0)]
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


def _body(anatomy: Anatomy, level: str) -> tuple[Structure, OwnFrame] | None:
    body, rings = anatomy.get(f"vertebra_{level}_body"), vertebra_rings(anatomy, level)
    return None if body is None or rings is None else (body, rings.frame)


def _neighbours(anatomy: Anatomy, level: str) -> list[str]:
    at = LEVELS.index(level)
    return [
        name
        for name in LEVELS[max(at - 1, 0) : at + 2]
        if name != level and (whole := anatomy.get(f"vertebra_{name}")) is not None and not whole.cut
    ]
