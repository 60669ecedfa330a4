"""Where each vertebra stands: rigid poses, stacked from body heights, disc heights and wedges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.parametric.fields import Coordinates
from planner.anatomy.parametric.morphometry import Morphometry

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """A rigid frame, such as a vertebra's own: turned by R = Ry(lean) · Rz(twist) · Rx(tilt), then moved.

    In this order the left-right axis, seen from the front, leans by exactly `lean_rad`.

    Attributes
    ----------
    x_mm, y_mm, z_mm : origin (of a vertebra: its body's centre), LPS mm.
    tilt_rad : in the sagittal plane, positive when the top leans to posterior.
    lean_rad : in the frontal plane, positive when the top leans to the left.
    twist_rad : about the long axis, positive when the front turns to the left.
    """

    y_mm: float = 0.0
    z_mm: float = 0.0
    tilt_rad: float = 0.0
    x_mm: float = 0.0
    lean_rad: float = 0.0
    twist_rad: float = 0.0

    @property
    def planar(self) -> bool:
        """Whether it only moves in the sagittal plane, so that left still mirrors right."""
        return self.x_mm == 0.0 and self.lean_rad == 0.0 and self.twist_rad == 0.0

    @property
    def origin(self) -> Vector:
        """(3,) LPS mm."""
        return np.array([self.x_mm, self.y_mm, self.z_mm])

    @cached_property
    def turn(self) -> Vector:
        """(3, 3) rotation; its columns are the frame's axes in the world."""
        (ct, st), (cl, sl), (cw, sw) = (
            (math.cos(a), math.sin(a)) for a in (self.tilt_rad, self.lean_rad, self.twist_rad)
        )
        tilt = np.array([[1.0, 0.0, 0.0], [0.0, ct, st], [0.0, -st, ct]])
        lean = np.array([[cl, 0.0, sl], [0.0, 1.0, 0.0], [-sl, 0.0, cl]])
        twist = np.array([[cw, -sw, 0.0], [sw, cw, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(lean @ twist @ tilt)

    @classmethod
    def of(cls, turn: ArrayLike, origin: ArrayLike) -> Pose:
        """Return the pose of a (3, 3) rotation and a (3,) origin."""
        r, (x, y, z) = np.asarray(turn, dtype=np.float64), np.asarray(origin, dtype=np.float64).tolist()
        twist = math.asin(float(np.clip(r[1, 0], -1.0, 1.0)))
        lean = math.atan2(-r[2, 0], r[0, 0])
        rest = (cls(lean_rad=lean, twist_rad=twist).turn.T) @ r
        return cls(y, z, math.atan2(rest[1, 2], rest[1, 1]), x, lean, twist)

    def to_world(self, points: ArrayLike) -> Vector:
        """Take (…, 3) points from this frame to LPS mm."""
        return np.asarray(np.asarray(points, dtype=np.float64) @ self.turn.T + self.origin)

    def to_local(self, points: ArrayLike) -> Vector:
        """Take (…, 3) points from LPS mm to this frame."""
        return np.asarray((np.asarray(points, dtype=np.float64) - self.origin) @ self.turn)

    def seen_from(self, other: Pose) -> Pose:
        """Return this pose as it stands in another's frame."""
        if self.planar and other.planar:
            y, z = other.to_local(self.origin)[1:].tolist()
            return Pose(y, z, self.tilt_rad - other.tilt_rad)
        return Pose.of(other.turn.T @ self.turn, other.to_local(self.origin))

    def grid_to(self, other: Pose, at: Coordinates) -> Coordinates:
        """Carry open-grid coordinates of this frame into another's; left and right stay apart while both are planar."""
        here = self.seen_from(other)
        if here.planar:
            c, s = np.float32(math.cos(here.tilt_rad)), np.float32(math.sin(here.tilt_rad))
            return at[0], c * at[1] + s * at[2] + np.float32(here.y_mm), c * at[2] - s * at[1] + np.float32(here.z_mm)
        r, o = here.turn.astype(np.float32), here.origin.astype(np.float32)
        x, y, z = (r[k, 0] * at[0] + r[k, 1] * at[1] + (r[k, 2] * at[2] + o[k]) for k in range(3))
        return x, y, z


WORLD = Pose()


def wedge_rad(m: Morphometry) -> float:
    """Half the angle between the endplates, positive when the body is taller in front."""
    return math.atan(0.5 * m.height * (m.height_ratio - 1.0) / (0.5 * (m.depth_upper + m.depth_lower)))


def mean_height(m: Morphometry) -> float:
    """Body height halfway between the anterior and posterior walls, mm."""
    return 0.5 * m.height * (1.0 + m.height_ratio)


@dataclass(frozen=True)
class Bend:
    """What a curve to the side adds to one level; angles as in :class:`Pose`."""

    lean_rad: float = 0.0
    twist_rad: float = 0.0


STRAIGHT = Bend()


def stack(rows: Mapping[str, Morphometry], level: str, bends: Mapping[str, Bend] | None = None) -> dict[str, Pose]:
    """Stand every level on the next, the target's body centre in the origin and its frame the world's.

    Parameters
    ----------
    rows : by level, from the head down; each holds the disc below it and its wedge.
    level : the target.
    bends : of the levels that lean to a side or turn.

    Returns
    -------
    dict of level to Pose, from the head down.
    """
    names, bends = list(rows), bends or {}
    tilt, at = 0.0, np.zeros(3)
    standing: dict[str, Pose] = {}
    for lower, upper in zip([None, *names[:0:-1]], names[::-1], strict=True):
        bend = bends.get(upper, STRAIGHT)
        if lower is not None:
            below, disc, under = rows[lower], math.radians(rows[upper].disc_lordosis_deg), standing[lower]
            middle = tilt + wedge_rad(below) + 0.5 * disc
            tilt = middle + 0.5 * disc + wedge_rad(rows[upper])
            half = 0.5 * (bends.get(lower, STRAIGHT).lean_rad + bend.lean_rad)
            at = (
                at
                + 0.5 * mean_height(below) * under.turn[:, 2]
                + rows[upper].disc_below * Pose(tilt_rad=middle, lean_rad=half).turn[:, 2]
                + 0.5 * mean_height(rows[upper]) * Pose(0.0, 0.0, tilt, 0.0, bend.lean_rad, bend.twist_rad).turn[:, 2]
            )
        x, y, z = at.tolist()
        standing[upper] = Pose(y, z, tilt, x, bend.lean_rad, bend.twist_rad)
    return {name: standing[name].seen_from(standing[level]) for name in names}


def disc_frame(upper: Morphometry, lower: Morphometry, upper_pose: Pose, lower_pose: Pose) -> Pose:
    """Return the frame halfway between two endplates."""
    ends = (
        upper_pose.to_world([0.0, 0.0, -0.5 * mean_height(upper)]),
        lower_pose.to_world([0.0, 0.0, 0.5 * mean_height(lower)]),
    )
    centre = 0.5 * (ends[0] + ends[1])
    tilt_up, tilt_low = (
        Pose(tilt_rad=p.tilt_rad + sign * wedge_rad(m), lean_rad=p.lean_rad, twist_rad=p.twist_rad)
        for p, m, sign in ((upper_pose, upper, -1.0), (lower_pose, lower, 1.0))
    )
    x, y, z = centre.tolist()
    return Pose(
        y,
        z,
        0.5 * (tilt_up.tilt_rad + tilt_low.tilt_rad),
        x,
        0.5 * (tilt_up.lean_rad + tilt_low.lean_rad),
        0.5 * (tilt_up.twist_rad + tilt_low.twist_rad),
    )
