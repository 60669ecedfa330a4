"""What a vertebral body has lost of its height, and the kyphosis round it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.anatomy.roles.shape import ENDPLATE_SHARE, body_heights, body_of, endplate
from planner.anatomy.structures import Anatomy
from planner.core.names import LEVELS

HEALTHY: Final = (0.20, 0.17, 0.08)
"""How far the heights of a healthy body may differ from what they are held against: its own back, one neighbour, the
mean of two (assumed: the largest met at 21 levels of two spines without fracture, labels of 3 mm and meshes, were 0.19,
0.16 and 0.07; heights grow downwards, so that one neighbour alone misleads)."""


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
    """Sagittal angle from the upper endplate of one level to the lower of another, and how far it may be off."""

    degrees: float
    error: float
    upper: str
    lower: str


def height_loss(anatomy: Anatomy, level: str) -> HeightLoss | None:
    """Compare a body's heights with those of its whole neighbours or, without any, with its own posterior height."""
    own = body_heights(anatomy, level)
    if own is None:
        return None
    others = [(name, h) for name in _neighbours(anatomy, level) if (h := body_heights(anatomy, name)) is not None]
    places = ("anterior", "middle", "posterior")
    if others:
        asked = {p: float(np.mean([getattr(h, p) for _, h in others])) for p in places}
        against = f"mean of {' and '.join(name for name, _ in others)}"
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
        body = body_of(anatomy, level)
        normal = None if body is None or body_heights(anatomy, level) is None else endplate(body, sign)
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
    body = body_of(anatomy, level)
    return 0.0 if body is None else body.structure.uncertainty_mm(body.frame.axes[:, 2])


def _neighbours(anatomy: Anatomy, level: str) -> list[str]:
    at = LEVELS.index(level)
    return [
        name
        for name in LEVELS[max(at - 1, 0) : at + 2]
        if name != level and (whole := anatomy.get(f"vertebra_{name}")) is not None and not whole.cut
    ]
