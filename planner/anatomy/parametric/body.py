"""The vertebral body and the disc: kidney-shaped in section, waisted, with dished endplates."""

from __future__ import annotations

import math

import numpy as np

from planner.anatomy.parametric.fields import Coordinates, Field, Value, intersection, radius_of, superellipse
from planner.anatomy.parametric.layout import Pose, mean_height, wedge_rad
from planner.anatomy.parametric.morphometry import Morphometry

_REAR_SHARE = 0.45
"""Part of the depth behind the widest line."""

_DISH = 0.88
"""Superelliptic radius at which the endplate's rim begins."""

_DISH_MM = {"top": 1.4, "bottom": 2.2}
"""Depth of the endplates' hollow; the lower one is deeper (shape only, see SOURCES.md)."""


def depth(m: Morphometry) -> float:
    """Mean of the two endplates' midline depth, mm; the posterior wall stands at half of it behind the origin."""
    return 0.5 * (m.depth_upper + m.depth_lower)


def _outline(m: Morphometry, x: Field, y: Field, half_width: Value, length: Value) -> tuple[Field, Field]:
    """Return the side wall's field and the superelliptic radius; `length` is the midline depth."""
    wall = np.float32(0.5 * depth(m))
    notch = np.float32(0.075 * depth(m))
    centre = wall - _REAR_SHARE * length
    rear = y > centre
    # Pushing the midline forward by the notch hollows the posterior wall towards the canal.
    v = y - centre + np.where(rear, notch * np.exp(-((x / np.float32(0.44 * m.canal_width)) ** 2)), 0.0)
    half_depth: Field = np.where(rear, _REAR_SHARE * length + notch, (1.0 - _REAR_SHARE) * length)
    power = np.where(rear, np.float32(2.8), np.float32(2.15))
    side = superellipse(x, v, (half_width, half_depth), power)
    return side, radius_of(np.asarray(x / half_width), np.asarray(v / half_depth), power)


def _dish(radius: Field, depth_mm: float) -> Field:
    return np.asarray(depth_mm * np.maximum(1.0 - (radius / _DISH) ** 2, 0.0) ** 1.3, dtype=np.float32)


def body_field(m: Morphometry, at: Coordinates) -> Field:
    """Return the body's field in the vertebra's own frame, mm."""
    x, y, z = at
    wall, height = 0.5 * depth(m), m.height
    local = height * (1.0 + (m.height_ratio - 1.0) * np.clip((wall - y) / depth(m), 0.0, 1.0))
    t = np.clip(z / height + 0.5, 0.0, 1.0)
    waist = np.maximum(1.0 - (2.0 * z / (0.9 * height)) ** 2, 0.0) ** 1.4
    half_width = 0.5 * (m.width_lower + (m.width_upper - m.width_lower) * t) - 0.062 * m.width_upper * waist
    length = m.depth_lower + (m.depth_upper - m.depth_lower) * t - 0.055 * m.depth_upper * waist
    side, radius = _outline(m, x, y, half_width, length)
    top = z - 0.5 * local + _dish(radius, _DISH_MM["top"])
    bottom = -z - 0.5 * local + _dish(radius, _DISH_MM["bottom"])
    return intersection(side, np.maximum(top, bottom), 2.2)


def disc_pose(upper: Morphometry, upper_pose: Pose) -> Pose:
    """Return the frame halfway between two endplates."""
    lordosis = math.radians(upper.disc_lordosis_deg)
    tilt = upper_pose.tilt_rad - wedge_rad(upper) - 0.5 * lordosis
    reach = 0.5 * mean_height(upper)
    y = upper_pose.y_mm - reach * math.sin(upper_pose.tilt_rad) - 0.5 * upper.disc_below * math.sin(tilt)
    z = upper_pose.z_mm - reach * math.cos(upper_pose.tilt_rad) - 0.5 * upper.disc_below * math.cos(tilt)
    return Pose(y, z, tilt)


def disc_field(upper: Morphometry, lower: Morphometry, at: Coordinates, inset_mm: float = 0.8) -> Field:
    """Return the space between two endplates in the disc's own frame, mm; the bodies still have to be cut out."""
    x, y, z = at
    half_width = np.float32(0.25 * (upper.width_lower + lower.width_upper) - inset_mm)
    length = np.float32(0.5 * (upper.depth_lower + lower.depth_upper) - 2.0 * inset_mm)
    shift = np.float32(0.5 * (depth(upper) - 0.5 * (upper.depth_lower + lower.depth_upper)) + inset_mm)
    side, radius = _outline(upper, x, y + shift, half_width, length)
    slope = math.tan(0.5 * math.radians(upper.disc_lordosis_deg))
    half_height = 0.5 * upper.disc_below - slope * y
    above = z - half_height - _dish(radius, _DISH_MM["bottom"])
    below = -z - half_height - _dish(radius, _DISH_MM["top"])
    return intersection(side, np.maximum(above, below), 2.0)
