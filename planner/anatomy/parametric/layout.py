"""Where each vertebra stands, and the curves that run the whole column."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.parametric.fields import Coordinates
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry, table


@dataclass(frozen=True)
class Pose:
    """A vertebra's own frame: turned about the left-right axis, then moved in the sagittal plane.

    Attributes
    ----------
    y_mm, z_mm : body centre, LPS mm (x is 0).
    tilt_rad : positive when the top leans to posterior.
    """

    y_mm: float = 0.0
    z_mm: float = 0.0
    tilt_rad: float = 0.0

    def to_world(self, points: ArrayLike) -> NDArray[np.float64]:
        """Take (…, 3) points from the vertebra's frame to LPS mm."""
        p = np.asarray(points, dtype=np.float64)
        c, s = math.cos(self.tilt_rad), math.sin(self.tilt_rad)
        return np.stack(
            [p[..., 0], self.y_mm + c * p[..., 1] + s * p[..., 2], self.z_mm - s * p[..., 1] + c * p[..., 2]],
            axis=-1,
        )

    def to_local(self, points: ArrayLike) -> NDArray[np.float64]:
        """Take (…, 3) points from LPS mm to the vertebra's frame."""
        p = np.asarray(points, dtype=np.float64) - [0.0, self.y_mm, self.z_mm]
        c, s = math.cos(self.tilt_rad), math.sin(self.tilt_rad)
        return np.stack([p[..., 0], c * p[..., 1] - s * p[..., 2], s * p[..., 1] + c * p[..., 2]], axis=-1)

    def grid_to(self, other: Pose, at: Coordinates) -> Coordinates:
        """Carry open-grid coordinates of this frame into another's."""
        turn = self.tilt_rad - other.tilt_rad
        c, s = math.cos(other.tilt_rad), math.sin(other.tilt_rad)
        dy, dz = self.y_mm - other.y_mm, self.z_mm - other.z_mm
        shift_y, shift_z = np.float32(c * dy - s * dz), np.float32(s * dy + c * dz)
        c32, s32 = np.float32(math.cos(turn)), np.float32(math.sin(turn))
        return at[0], c32 * at[1] + s32 * at[2] + shift_y, c32 * at[2] - s32 * at[1] + shift_z


WORLD = Pose()


def wedge_rad(m: Morphometry) -> float:
    """Half the angle between the endplates, positive when the body is taller in front."""
    return math.atan(0.5 * m.height * (m.height_ratio - 1.0) / (0.5 * (m.depth_upper + m.depth_lower)))


def mean_height(m: Morphometry) -> float:
    """Body height halfway between the anterior and posterior walls, mm."""
    return 0.5 * m.height * (1.0 + m.height_ratio)


def stack(level: str) -> dict[str, Pose]:
    """Stand every level of the table on the next, the target's body centre in the origin, untilted.

    Returns
    -------
    dict of level to Pose, from the head down.
    """
    rows, target = table(), LEVELS.index(level)
    poses = {level: WORLD}
    for lower, upper in zip(LEVELS[target::-1], LEVELS[target - 1 :: -1] if target else (), strict=False):
        poses[upper] = _next(poses[lower], rows[lower], rows[upper], up=True)
    for upper, lower in zip(LEVELS[target:], LEVELS[target + 1 :], strict=False):
        poses[lower] = _next(poses[upper], rows[upper], rows[lower], up=False)
    return {name: poses[name] for name in LEVELS}


def _next(pose: Pose, here: Morphometry, there: Morphometry, *, up: bool) -> Pose:
    sign = 1.0 if up else -1.0
    disc = there if up else here
    lordosis = math.radians(disc.disc_lordosis_deg)
    middle = pose.tilt_rad + sign * (wedge_rad(here) + 0.5 * lordosis)
    tilt = middle + sign * (wedge_rad(there) + 0.5 * lordosis)
    y, z = pose.y_mm, pose.z_mm
    steps = ((pose.tilt_rad, mean_height(here)), (middle, 2.0 * disc.disc_below), (tilt, mean_height(there)))
    for angle, twice in steps:
        y += sign * 0.5 * twice * math.sin(angle)
        z += sign * 0.5 * twice * math.cos(angle)
    return Pose(y, z, tilt)


@dataclass(frozen=True, eq=False)
class Curve:
    """Quantities that change smoothly along the column.

    Attributes
    ----------
    z_mm : (n,) knots, LPS mm, ascending.
    values : (n, k).
    """

    z_mm: NDArray[np.float64]
    values: NDArray[np.float64]

    @classmethod
    def through(cls, knots: list[tuple[float, ...]]) -> Curve:
        """Pass through (z, value, value, …) knots given in any order."""
        rows = np.array(sorted(knots), dtype=np.float64)
        return cls(rows[:, 0], rows[:, 1:])

    def __call__(self, z: ArrayLike) -> tuple[NDArray[np.float32], ...]:
        """Return each quantity at the heights z; beyond the last knots they run on straight."""
        from scipy.interpolate import PchipInterpolator  # noqa: PLC0415

        at = np.asarray(z, dtype=np.float64)
        inside = np.clip(at, self.z_mm[0], self.z_mm[-1])
        fit = PchipInterpolator(self.z_mm, self.values)
        value = np.moveaxis(fit(inside), -1, 0)
        slope = np.moveaxis(fit.derivative()(inside), -1, 0)
        return tuple((v + s * (at - inside)).astype(np.float32) for v, s in zip(value, slope, strict=True))
