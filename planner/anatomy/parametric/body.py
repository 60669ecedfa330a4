"""The vertebral body and the disc: kidney- or heart-shaped in section, waisted, with dished endplates."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.fields import Coordinates, Field, Value, intersection, radius_of, superellipse
from planner.anatomy.parametric.morphometry import Morphometry

RIM_MM = 2.2
"""Width over which the rim between endplate and wall is rounded."""

_DISH = 0.88
"""Superelliptic radius at which the endplate's rim begins."""

_STEP_MM = 0.25
"""Spacing at which callipers are set while drawing."""

_FRONT_POWER, _REAR_POWER = 2.15, 2.8


def depth(m: Morphometry) -> float:
    """Mean of the two endplates' midline depth, mm; the posterior wall stands at half of it behind the origin."""
    return 0.5 * (m.depth_upper + m.depth_lower)


def rear_share(m: Morphometry) -> float:
    """Part of the depth behind the widest line: bodies as deep as wide (mid-thoracic) are heart-shaped."""
    slender = 2.0 * depth(m) / (m.width_upper + m.width_lower)
    return 0.45 - 0.17 * min(max((slender - 0.78) / 0.14, 0.0), 1.0)


def body_half_width(m: Morphometry, y_mm: float) -> float:
    """Return how far the body's flank lies from the midline at the height of the upper rim, mm."""
    length = m.depth_upper
    share = rear_share(m)
    v = y_mm - 0.5 * depth(m) + share * length
    half, power = (share * length + 0.075 * depth(m), _REAR_POWER) if v > 0 else ((1.0 - share) * length, _FRONT_POWER)
    return float(0.5 * m.width_upper * max(1.0 - abs(v / half) ** power, 0.0) ** (1.0 / power))


def _outline(m: Morphometry, x: Field, y: Field, half_width: Value, length: Value) -> tuple[Field, Field]:
    """Return the side wall's field and the superelliptic radius; `length` is the midline depth."""
    wall = np.float32(0.5 * depth(m))
    notch = np.float32(0.075 * depth(m))
    share = rear_share(m)
    centre = wall - share * length
    rear = y > centre
    # Pushing the midline forward by the notch hollows the posterior wall towards the canal.
    v = y - centre + np.where(rear, notch * np.exp(-((x / np.float32(0.44 * m.canal_width)) ** 2)), 0.0)
    half_depth: Field = np.where(rear, share * length + notch, (1.0 - share) * length)
    power = np.where(rear, np.float32(_REAR_POWER), np.float32(_FRONT_POWER))
    side = superellipse(x, v, (half_width, half_depth), power)
    return side, radius_of(np.asarray(x / half_width), np.asarray(v / half_depth), power)


def _dish(radius: Field, depth_mm: float) -> Field:
    return np.asarray(depth_mm * np.maximum(1.0 - (radius / _DISH) ** 2, 0.0) ** 1.3, dtype=np.float32)


def body_field(m: Morphometry, at: Coordinates) -> Field:
    """Return the body's field in the vertebra's own frame, mm; callipers read the table's dimensions on its surface."""
    return _field(m, _drawn(m), at)


def _field(m: Morphometry, drawn: Morphometry, at: Coordinates) -> Field:
    """Return the field; `m` places the walls, `drawn` holds the sizes before the rim is rounded."""
    x, y, z = at
    wall, height = 0.5 * depth(m), drawn.height
    local = height * (1.0 + (drawn.height_ratio - 1.0) * np.clip((wall - y) / depth(m), 0.0, 1.0))
    t = np.clip(z / height + 0.5, 0.0, 1.0)
    waist = np.maximum(1.0 - (2.0 * z / (0.9 * height)) ** 2, 0.0) ** 1.4
    half_width = 0.5 * (drawn.width_lower + (drawn.width_upper - drawn.width_lower) * t) - 0.062 * m.width_upper * waist
    length = drawn.depth_lower + (drawn.depth_upper - drawn.depth_lower) * t - 0.055 * m.depth_upper * waist
    side, radius = _outline(m, x, y, half_width, length)
    top = z - 0.5 * local + _dish(radius, m.dish_upper_mm)
    bottom = -z - 0.5 * local + _dish(radius, m.dish_lower_mm)
    return intersection(side, np.maximum(top, bottom), RIM_MM)


@lru_cache(maxsize=512)
def _drawn(m: Morphometry) -> Morphometry:
    """Return the sizes to draw so that, its rim rounded, the body measures what the table says."""
    drawn = m
    for _ in range(5):
        read = callipers(m, drawn)
        if not np.isfinite(list(read.values())).all():
            return m  # a body crushed flat has no rim to set callipers on
        change = {name: getattr(drawn, name) + getattr(m, name) - read[name] for name in _SIZES}
        front = drawn.height * drawn.height_ratio + m.height * m.height_ratio - read["front"]
        height = drawn.height + m.height - read["height"]
        drawn = replace(drawn, **change, height=height, height_ratio=front / height)
    return drawn


_SIZES = ("width_upper", "width_lower", "depth_upper", "depth_lower")


def callipers(m: Morphometry, drawn: Morphometry) -> dict[str, float]:
    """Measure the body's field in the midline plane and along its widest line, as `measure` does the mesh."""
    wall = 0.5 * depth(m)
    z = np.arange(-0.62 * m.height - 2.0, 0.62 * m.height + 2.0, _STEP_MM, dtype=np.float32)
    y = np.arange(wall - 1.08 * max(m.depth_upper, m.depth_lower) - 1.0, wall + 1.5, _STEP_MM, dtype=np.float32)
    plane = _field(m, drawn, (np.zeros((1, 1), np.float32), y[:, None], z[None, :]))
    x = np.arange(0.32 * m.width_upper, 0.56 * max(m.width_upper, m.width_lower) + 1.0, _STEP_MM, dtype=np.float32)
    t = np.clip(z / drawn.height + 0.5, 0.0, 1.0)
    length = drawn.depth_lower + (drawn.depth_upper - drawn.depth_lower) * t
    widest = np.float32(wall) - rear_share(m) * length
    sheet = _field(m, drawn, (x[:, None], widest[None, :], z[None, :]))
    quarter = 0.25 * m.height
    local = quarter * wedge_ratio(m, y)
    up, low = (np.where(sign * z[None, :] > local[:, None], plane, np.float32(1.0)) for sign in (1.0, -1.0))
    at_widest = quarter * wedge_ratio(m, widest)
    return {
        "width_upper": 2.0 * _last(x, sheet[:, z > at_widest]),
        "width_lower": 2.0 * _last(x, sheet[:, z < -at_widest]),
        "depth_upper": _last(y, up) + _last(-y[::-1], up[::-1]),
        "depth_lower": _last(y, low) + _last(-y[::-1], low[::-1]),
        "height": _tallest(m, z, y, plane, y > wall - 0.25 * depth(m)),
        "front": m.height_ratio * _tallest(m, z, y, plane, y < wall - 0.75 * depth(m)),
    }


def body_box(m: Morphometry) -> tuple[list[float], list[float]]:
    """Return the box of the left half of the body, lowest and highest corner, mm."""
    half_width = 0.5 * max(m.width_upper, m.width_lower)
    rear, front = 0.5 * depth(m) + 2.0, 0.5 * depth(m) - max(m.depth_upper, m.depth_lower)
    half_height = max(0.5 * m.height * m.height_ratio, 0.5 * m.height, 0.25 * m.height * (1.0 + m.height_ratio))
    return [0.0, front, -half_height], [half_width, rear, half_height]


def wedge_ratio(m: Morphometry, y: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the height of an even wedge at depths y over its posterior height; where callipers are set."""
    return np.asarray(1.0 + (m.height_ratio - 1.0) * np.clip((0.5 * depth(m) - y) / depth(m), 0.0, 1.0))


def _tallest(m: Morphometry, z: Field, y: Field, plane: Field, zone: NDArray[np.bool_]) -> float:
    """Return the largest height in a zone, each carried along the wedge to the posterior wall, mm; nan without bone."""
    ratio = wedge_ratio(m, y[zone])
    columns = zip(plane[zone], ratio.tolist(), strict=True)
    heights = [(_last(z, c[:, None]) + _last(-z[::-1], c[::-1, None])) / r for c, r in columns if (c < 0).any()]
    return max(heights, default=float("nan"))


def _last(axis: Field, values: Field) -> float:
    """Return the furthest zero along the first axis, over all others."""
    crossing = (values[:-1] < 0) & (values[1:] >= 0)
    before, after = values[:-1], values[1:]
    share = np.where(crossing, before / np.where(crossing, before - after, 1.0), 0.0)
    place = axis[:-1, None] + share * np.diff(axis)[:, None]
    return float(place[crossing].max()) if crossing.any() else float("nan")


def disc_field(upper: Morphometry, lower: Morphometry, at: Coordinates, inset_mm: float = 0.8) -> Field:
    """Return the space between two endplates in the disc's own frame, mm; the bodies still have to be cut out."""
    x, y, z = at
    half_width = np.float32(0.25 * (upper.width_lower + lower.width_upper) - inset_mm)
    length = np.float32(0.5 * (upper.depth_lower + lower.depth_upper) - 2.0 * inset_mm)
    shift = np.float32(0.5 * (depth(upper) - 0.5 * (upper.depth_lower + lower.depth_upper)) + inset_mm)
    side, radius = _outline(upper, x, y + shift, half_width, length)
    slope = math.tan(0.5 * math.radians(upper.disc_lordosis_deg))
    half_height = 0.5 * upper.disc_below - slope * y
    above = z - half_height - _dish(radius, upper.dish_lower_mm)
    below = -z - half_height - _dish(radius, lower.dish_upper_mm)
    return intersection(side, np.maximum(above, below), 2.0)
