"""The trunk round the spine: its outline from the spine outward, sections at right angles to one straight axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.anatomy.parametric.arch import Landmarks
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.fields import Coordinates, Field, superellipse
from planner.anatomy.parametric.layout import Pose
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry, table

Vector = NDArray[np.float64]
Profile = Callable[[ArrayLike], Vector]
"""From heights along the trunk, mm, to a length, mm."""

_OUTLINE: Final = {
    # level: half the trunk's width, skin before the body's centre; mm
    "T1": (105.0, 78.0), "T2": (135.0, 95.0), "T3": (152.0, 112.0), "T4": (160.0, 126.0), "T5": (163.0, 138.0),
    "T6": (164.0, 148.0), "T7": (163.0, 155.0), "T8": (160.0, 160.0), "T9": (157.0, 163.0), "T10": (153.0, 164.0),
    "T11": (150.0, 163.0), "T12": (147.0, 160.0), "L1": (145.0, 156.0), "L2": (143.0, 151.0), "L3": (144.0, 147.0),
    "L4": (149.0, 145.0), "L5": (157.0, 146.0),
}  # fmt: skip
"""An adult of ordinary build without arms (assumed)."""

_BEHIND_TIP: Final = {"T": 17.0, "L": 20.0}
"""Skin behind the tip of the spinous process on the midline, mm (assumed)."""

_FURROW_MM: Final = (6.0, 22.0)
"""Depth and half width of the furrow between the erector muscles (assumed)."""

SKIN_MM: Final = 2.0
"""Thickness of the skin of the back (assumed)."""

FAT_MM: Final = {"T": 9.0, "L": 12.0}
"""Thickness of the subcutaneous fat (assumed)."""

_POWERS: Final = (2.25, 2.7)
"""Roundness of the section in front and behind: the back is flatter."""

BEYOND_MM: Final = 25.0
"""How far the trunk runs past the outermost built vertebrae."""

_RING_MM: Final = 5.0
_AROUND: Final = 120


@dataclass(frozen=True, eq=False)
class Trunk:
    """Outline and landmarks of the trunk, in a frame whose z runs from L5 to T1.

    Attributes
    ----------
    column : the spine in it.
    built : levels that are built; the trunk ends a little beyond them.
    """

    column: Column
    built: tuple[str, ...]

    @cached_property
    def pose(self) -> Pose:
        """The trunk's frame."""
        up = self.column.poses["T1"].origin - self.column.poses["L5"].origin
        up /= np.linalg.norm(up)
        if self.column.mirrored:
            return Pose(0.0, 0.0, float(np.arctan2(up[1], up[2])))
        lateral = np.mean([pose.turn[:, 0] for pose in self.column.poses.values()], axis=0)
        lateral -= (lateral @ up) * up
        lateral /= np.linalg.norm(lateral)
        return Pose.of(np.column_stack([lateral, np.cross(up, lateral), up]), np.zeros(3))

    @cached_property
    def heights(self) -> dict[str, float]:
        """Height of each body's centre."""
        return {level: float(self.pose.to_local(pose.origin)[2]) for level, pose in self.column.poses.items()}

    @cached_property
    def span(self) -> tuple[float, float]:
        """Lowest and highest height of the trunk that is built."""
        rows, (top, bottom) = self.column.rows, (self.built[0], self.built[-1])
        low = 0.5 * rows[bottom].arch_height + 14.0 + rows[bottom].sp_slope * rows[bottom].sp_length
        return (
            self.heights[bottom] - low - BEYOND_MM,
            self.heights[top] + 0.5 * rows[top].arch_height + 15.0 + BEYOND_MM,
        )

    def along(self, at: Mapping[str, float] | list[tuple[float, float]]) -> Profile:
        """Return a smooth profile through values by level, or through (height, value) pairs; constant beyond them."""
        from scipy.interpolate import PchipInterpolator  # noqa: PLC0415

        pairs = [(self.heights[k], v) for k, v in at.items()] if isinstance(at, Mapping) else at
        knots = np.array(sorted(pairs))
        fit = PchipInterpolator(knots[:, 0], knots[:, 1])
        return lambda z: np.asarray(fit(np.clip(z, knots[0, 0], knots[-1, 0])))

    def local(self, point: Callable[[Morphometry], tuple[float, float, float]]) -> dict[str, Vector]:
        """Return a landmark of every level, given in its own frame, in the trunk's."""
        return {
            level: self.pose.to_local(self.column.poses[level].to_world(point(m)))
            for level, m in self.column.rows.items()
        }

    @cached_property
    def size(self) -> float:
        """The patient's size against the table's mean, by the width of the bodies."""
        mean = table()
        return float(np.mean([self.column.rows[k].width_upper / mean[k].width_upper for k in LEVELS]))

    @cached_property
    def tips(self) -> list[tuple[float, float]]:
        """Height and y of the spinous processes' tips, from the head down."""

        def tip(m: Morphometry) -> tuple[float, float, float]:
            rear = 0.32 * m.sp_height - m.sp_slope * m.sp_length
            return 0.0, Landmarks.of(m).apex + 2.0 + m.sp_length, rear - 0.5 * m.sp_height

        return [(float(p[2]), float(p[1])) for p in self.local(tip).values()]

    @cached_property
    def _section(self) -> tuple[Profile, Profile, Profile]:
        """Half width, y of the front and y of the back of the skin by height."""
        body = {level: float(self.pose.to_local(pose.origin)[1]) for level, pose in self.column.poses.items()}
        wide = self.along({level: self.size * _OUTLINE[level][0] for level in LEVELS})
        front = self.along({level: body[level] - self.size * _OUTLINE[level][1] for level in LEVELS})
        gaps = [_BEHIND_TIP[level[0]] for level in LEVELS]
        back = self.along([(z, y + gap) for (z, y), gap in zip(self.tips, gaps, strict=True)])
        return wide, front, back

    @cached_property
    def fat(self) -> Profile:
        """Thickness of the fat by height."""
        return self.along({level: FAT_MM[level[0]] for level in LEVELS})

    def outline(self, z: ArrayLike) -> tuple[Vector, Vector, Vector, Vector]:
        """Return centre y, half width, half depth in front and behind of the skin at heights, mm."""
        wide, front, back = (profile(z) for profile in self._section)
        deep, hollow = back - front, _FURROW_MM[0]
        centre = front + 0.56 * deep
        return centre, wide, centre - front, back + hollow - centre

    def field(self, at: Coordinates, inset: Profile | float = 0.0) -> Field:
        """Return the field of the skin, or of what lies `inset` mm inside it, at coordinates of the trunk's frame."""
        x, y, z = at
        depth = np.asarray(inset(z) if callable(inset) else inset, dtype=np.float32)
        centre, wide, front, rear = (np.asarray(v, dtype=np.float32) for v in self.outline(z))
        v = y - centre
        behind = v > 0
        v = v + np.where(behind, _furrow(x), 0.0).astype(np.float32)
        half = np.where(behind, rear, front) - depth
        power = np.where(behind, np.float32(_POWERS[1]), np.float32(_POWERS[0]))
        return superellipse(x, v, (wide - depth, half), power)

    def rings(self, span: tuple[float, float], inset: Profile | float = 0.0) -> Vector:
        """Return (k, n, 3) points, LPS mm, of the skin or of what lies `inset` mm inside it, upward."""
        z = np.linspace(*span, max(3, int((span[1] - span[0]) / _RING_MM) + 2))
        depth = np.asarray(inset(z) if callable(inset) else np.full_like(z, inset))[:, None]
        centre, wide, front, rear = (v[:, None] for v in self.outline(z))
        angle = 2.0 * np.pi * (np.arange(_AROUND) + 0.5) / _AROUND
        cos, sin = np.cos(angle), np.sin(angle)
        power = np.where(sin > 0, _POWERS[1], _POWERS[0])
        radius = (np.abs(cos) ** power + np.abs(sin) ** power) ** (-1.0 / power)
        x = (wide - depth) * radius * cos
        y = centre + (np.where(sin > 0, rear, front) - depth) * radius * sin
        y = y - np.where(sin > 0, _furrow(x) * np.clip(sin / 0.3, 0.0, 1.0), 0.0)
        return self.pose.to_world(np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], axis=-1))


def _furrow(x: ArrayLike) -> NDArray[np.floating]:
    deep, wide = _FURROW_MM
    return np.asarray(deep * np.exp(-((np.asarray(x) / wide) ** 2)))
