"""Distance-like fields: negative inside, about 1 mm per mm near the surface, broadcast over float32 grids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
Coordinates: TypeAlias = tuple[Field, Field, Field]
Value: TypeAlias = Field | np.float32 | float
"""A length or exponent: one for all points, or one a point."""


def union(a: Field, b: Field, blend_mm: float) -> Field:
    """Join two shapes; where their surfaces come within `blend_mm` the crease is filled (polynomial smooth-min)."""
    h = np.maximum(blend_mm - np.abs(a - b), 0.0)
    return np.asarray(np.minimum(a, b) - h * h * np.float32(0.25 / blend_mm), dtype=np.float32)


def intersection(a: Field, b: Field, blend_mm: float) -> Field:
    """Keep what both shapes share, the edge rounded over `blend_mm`."""
    return -union(-a, -b, blend_mm)


def superellipse(x: Field, y: Field, half: tuple[Value, Value], power: Value) -> Field:
    """Return the field of |x/a|^n + |y/b|^n = 1, to first order a distance.

    Parameters
    ----------
    x, y : coordinates from the centre, mm.
    half : half axes a and b, mm; may vary from point to point.
    power : n; 2 an ellipse, more is boxier, less more pointed.
    """
    u: Field = np.asarray(np.abs(x) / half[0], dtype=np.float32)
    v: Field = np.asarray(np.abs(y) / half[1], dtype=np.float32)
    g = np.maximum(radius_of(u, v, power), 1e-3)
    slope = np.hypot((u / g) ** (power - 1.0) / half[0], (v / g) ** (power - 1.0) / half[1])
    # In the very centre the slope vanishes; it is far inside either way.
    return np.asarray((g - 1.0) / np.maximum(slope, 1e-2), dtype=np.float32)


def radius_of(u: Field, v: Field, power: Value) -> Field:
    """Return the superelliptic radius, 1 on the outline, of coordinates already divided by the half axes."""
    return np.asarray((np.abs(u) ** power + np.abs(v) ** power) ** (1.0 / power), dtype=np.float32)


def horn(
    at: Coordinates,
    ends: tuple[Sequence[float], Sequence[float]],
    side: Sequence[float],
    radii: tuple[tuple[float, float], tuple[float, float]],
    cap_mm: float | None = None,
) -> Field:
    """Return a tapered capsule of elliptic section.

    Parameters
    ----------
    at : coordinates, mm.
    ends : two points of the axis, mm.
    side : direction of the first radius; what lies along the axis is taken out.
    radii : the two radii at each end, mm.
    cap_mm : length of the rounded ends; None makes them as long as the wider radius, so that a flat section
        ends in a paddle, not in a cut.
    """
    start = np.asarray(ends[0], dtype=np.float64)
    axis = np.asarray(ends[1], dtype=np.float64) - start
    length = float(np.linalg.norm(axis))
    axis /= length
    first = np.asarray(side, dtype=np.float64) - np.dot(side, axis) * axis
    first /= np.linalg.norm(first)
    second = np.cross(axis, first)

    def along(direction: NDArray[np.float64]) -> Field:
        d = direction.astype(np.float32)
        x, y, z = (c - np.float32(s) for c, s in zip(at, start, strict=True))
        return np.asarray(x * d[0] + (y * d[1] + z * d[2]), dtype=np.float32)

    t = along(axis)
    s = np.clip(t / np.float32(length), 0.0, 1.0)
    beyond = t - s * np.float32(length)
    r1 = np.float32(radii[0][0]) + s * np.float32(radii[1][0] - radii[0][0])
    r2 = np.float32(radii[0][1]) + s * np.float32(radii[1][1] - radii[0][1])
    cap = np.maximum(r1, r2) if cap_mm is None else np.float32(cap_mm)
    u, v, w = along(first) / r1, along(second) / r2, beyond / cap
    # The floor keeps the axis itself, where both norms vanish, well inside.
    k0 = np.maximum(np.sqrt(u * u + v * v + w * w), 1e-4)
    k1 = np.sqrt((u / r1) ** 2 + (v / r2) ** 2 + (w / cap) ** 2)
    return np.asarray(k0 * (k0 - 1.0) / np.maximum(k1, 1e-4 / np.minimum(np.minimum(r1, r2), cap)), dtype=np.float32)


def polygon(u: Field, v: Field, corners: Sequence[tuple[float, float]]) -> Field:
    """Return the exact signed distance to a simple polygon; corners in mm, either way round."""
    nearest = np.full(np.broadcast_shapes(u.shape, v.shape), np.inf, dtype=np.float32)
    inside = np.zeros(nearest.shape, dtype=bool)
    for (u0, v0), (u1, v1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        du, dv = u1 - u0, v1 - v0
        t = np.clip(((u - u0) * du + (v - v0) * dv) / (du * du + dv * dv), 0.0, 1.0)
        nearest = np.minimum(nearest, np.hypot(u - u0 - t * du, v - v0 - t * dv))
        if dv != 0.0:
            inside ^= ((v0 > v) != (v1 > v)) & (u < u0 + (v - v0) * du / dv)
    return np.where(inside, -nearest, nearest).astype(np.float32)
