"""Canal, cord and great vessels: tubes that run through every level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.fields import Coordinates, Field, superellipse
from planner.anatomy.parametric.layout import Curve, Pose
from planner.anatomy.parametric.morphometry import Morphometry

CANAL_FRONT_SHARE = 0.4
"""Part of the canal's depth in front of its widest line."""


@dataclass(frozen=True, eq=False)
class Tube:
    """A tube with an egg-shaped horizontal section.

    Attributes
    ----------
    curve : along z: centre x, centre y (at the widest line), half width, half depth in front, half depth
        behind, power behind (2 round, less pointed); mm.
    front_power : power of the section in front.
    """

    curve: Curve
    front_power: float = 2.0

    def field(self, at: Coordinates, pose: Pose) -> Field:
        """Return the field, mm, at open-grid coordinates of a vertebra's (or the world's) frame."""
        x, y, z = pose.grid_to(Pose(), at)
        cx, cy, width, front, rear, power = self.curve(z)
        v = y - cy
        behind = v > 0
        return superellipse(
            x - cx, v, (width, np.where(behind, rear, front)), np.where(behind, power, np.float32(self.front_power))
        )


def _levels(rows: dict[str, Morphometry], poses: dict[str, Pose]) -> list[tuple[Morphometry, Pose, float]]:
    """Two heights a level: the canal keeps its own direction behind each body."""
    return [(m, poses[name], sign * 0.33 * m.height) for name, m in rows.items() for sign in (-1.0, 1.0)]


def canal(rows: dict[str, Morphometry], poses: dict[str, Pose]) -> Tube:
    """Return the canal: flat in front, more pointed behind the further down."""
    knots: list[tuple[float, ...]] = []
    for m, pose, z in _levels(rows, poses):
        front = CANAL_FRONT_SHARE * m.canal_depth
        _, y, height = pose.to_world([0.0, 0.5 * depth(m) + front, z])
        knots.append((height, 0.0, y, 0.5 * m.canal_width, front, m.canal_depth - front, 2.0 - 0.35 * m.lumbar))
    # Nearly elliptic in front: converging pedicles (L5) leave no room for corners.
    return Tube(Curve.through(knots), 2.1)


def cord(rows: dict[str, Morphometry], poses: dict[str, Pose]) -> Tube:
    """Return the cord and, below its end, the cauda equina in the dural sac."""
    knots: list[tuple[float, ...]] = []
    for name, m in rows.items():
        has_cord = m.cord_width > 0
        width, thick = (m.cord_width, m.cord_depth) if has_cord else (m.sac_width, m.sac_depth)
        # The sac lies against the front of the canal; the cord floats in the middle of the sac.
        centre = 0.5 * depth(m) + max(0.47 * m.canal_depth, 0.5 * thick + 0.8)
        _, y, height = poses[name].to_world([0.0, centre, 0.0])
        knots.append((height, 0.0, y, 0.5 * width, 0.5 * thick, 0.5 * thick, 2.0))
    return Tube(Curve.through(knots))


def vessel(
    rows: dict[str, Morphometry], poses: dict[str, Pose], x_mm: float, half: tuple[float, float], gap_mm: float
) -> Tube:
    """Return a great vessel in front of the bodies.

    Parameters
    ----------
    x_mm : centre, positive to the left.
    half : half width and half depth, mm.
    gap_mm : clearance from the rims of the bodies.
    """
    angle = np.linspace(0.0, np.pi, 61)
    px, py = x_mm + half[0] * np.cos(angle), half[1] * np.sin(angle)
    knots: list[tuple[float, ...]] = []
    for name, m in rows.items():
        centre = np.inf
        for width, length in ((m.width_upper, m.depth_upper), (m.width_lower, m.depth_lower)):
            middle = 0.5 * depth(m) - 0.45 * length
            rise = (1.0 - np.minimum(np.abs(px) / (0.5 * width + gap_mm), 1.0) ** 2.15) ** (1 / 2.15)
            rim = middle - (0.55 * length + gap_mm) * rise
            # The vessel's rear surface is py behind its centre: push it forward until it clears the rim everywhere.
            centre = min(centre, float(np.min(rim - py)))
        _, y, height = poses[name].to_world([0.0, centre, 0.0])
        knots.append((height, x_mm, y, half[0], half[1], half[1], 2.0))
    return Tube(Curve.through(knots))
