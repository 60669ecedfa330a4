"""How long a ray runs through a round-ended rod or an ellipsoid: closed forms keep a thin needle its width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.geometry.bodies import Capsule, Spheroid
from planner.show.fluoro.carm import CArm

Array = NDArray[np.float64]
Body = Capsule | Spheroid
MARGIN = 2
"""Pixels beyond a body's shadow that are still looked at."""


def chords(body: Body, carm: CArm) -> Array:
    """(rows, columns) length of each ray within a body, mm."""
    found = np.zeros((carm.machine.pixels,) * 2)
    window = _window(body, carm)
    rays = carm.rays(window)
    if rays.size:
        unit = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
        source = carm.source
        found[window] = _capsule(body, source, unit) if isinstance(body, Capsule) else _spheroid(body, source, unit)
    return found


def _window(body: Body, carm: CArm) -> tuple[slice, slice]:
    """Rows and columns on which the shadow of the body's box falls."""
    low, high = body.bounds
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    at = carm.project(corners)
    whole = slice(0, carm.machine.pixels)
    if not np.isfinite(at).all():
        return whole, whole
    first = np.clip(np.floor(at.min(axis=0)) - MARGIN, 0, carm.machine.pixels).astype(int)
    last = np.clip(np.ceil(at.max(axis=0)) + MARGIN + 1, 0, carm.machine.pixels).astype(int)
    return slice(first[1], last[1]), slice(first[0], last[0])


def _sphere(centre: Array, radius: float, source: Array, unit: Array) -> tuple[Array, Array]:
    """Where rays enter and leave a ball; entry beyond exit where they miss it."""
    out = source - centre
    half = unit @ out
    square = half**2 - (out @ out - radius**2)
    root = np.sqrt(np.maximum(square, 0.0))
    missed = square <= 0.0
    return np.where(missed, np.inf, -half - root), np.where(missed, -np.inf, -half + root)


def _capsule(body: Capsule, source: Array, unit: Array) -> Array:
    """The body is convex: from the first entry into its ends and its wall to the last exit."""
    start, end = np.asarray(body.start, dtype=np.float64), np.asarray(body.end, dtype=np.float64)
    enter, leave = _sphere(start, body.radius, source, unit)
    other = _sphere(end, body.radius, source, unit)
    enter, leave = np.minimum(enter, other[0]), np.maximum(leave, other[1])
    length = float(np.linalg.norm(end - start))
    if length > 0.0:
        axis = (end - start) / length
        out = source - start
        along, offset = unit @ axis, float(out @ axis)
        across, aside = unit - along[..., None] * axis, out - offset * axis
        a = (across**2).sum(axis=-1)
        safe = np.where(a > 0.0, a, 1.0)
        half = (across @ aside) / safe
        square = half**2 - (aside @ aside - body.radius**2) / safe
        root = np.sqrt(np.maximum(square, 0.0))
        steep = np.where(along != 0.0, along, 1.0)
        ends = np.stack([-offset / steep, (length - offset) / steep])
        near = np.maximum(-half - root, np.where(along != 0.0, ends.min(axis=0), -np.inf))
        far = np.minimum(-half + root, np.where(along != 0.0, ends.max(axis=0), np.inf))
        within = (square > 0.0) & (a > 0.0) & (far > near)
        enter = np.where(within, np.minimum(enter, near), enter)
        leave = np.where(within, np.maximum(leave, far), leave)
    return np.where(leave > enter, leave - enter, 0.0)


def _spheroid(body: Spheroid, source: Array, unit: Array) -> Array:
    """Shrunk to a ball of radius 1, where lengths along a ray keep their share."""
    axis = np.asarray(body.axis, dtype=np.float64)
    shrink = np.eye(3) / body.short_semi + np.outer(axis, axis) * (1.0 / body.long_semi - 1.0 / body.short_semi)
    out, way = shrink @ (source - np.asarray(body.centre)), unit @ shrink
    a, half = (way**2).sum(axis=-1), way @ out
    square = half**2 - a * (out @ out - 1.0)
    return np.asarray(2.0 * np.sqrt(np.maximum(square, 0.0)) / a)
