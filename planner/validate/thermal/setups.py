"""Set-ups that the cases of heat share: tissue, an octant around a source, isotherms of a computed field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import graded_widths

Array = NDArray[np.float64]
CONDUCTIVITY, CAPACITY, PERFUSION = 0.31, 1178.0 * 2274.0, 2237.0
"""Cancellous bone, rounded as in the worked figures: W/(m·K), J/(m³·K), W/(m³·K)."""
BLOOD_C = 37.0
MM = 1e-3


def octant_widths(step_mm: float, core_mm: float, outer_mm: float, growth: float = 1.1) -> Array:
    """Cell widths from a symmetry plane outwards: fine to `core_mm`, then growing."""
    return graded_widths((0.0, core_mm), (0.0, outer_mm), step_mm, growth)[1]


def centres(widths_mm: Array) -> Array:
    """Cell centres along an axis from 0, mm."""
    return np.asarray(np.cumsum(widths_mm) - 0.5 * widths_mm)


def radii(places_mm: Sequence[Array]) -> Array:
    """(nx, ny, nz) distance of each cell centre from the origin of the places, mm."""
    x, y, z = np.meshgrid(*places_mm, indexing="ij")
    return np.asarray(np.sqrt(x * x + y * y + z * z))


def ball_share(places_mm: Sequence[Array], widths_mm: Sequence[Array], radius_mm: float, parts: int = 8) -> Array:
    """Share of each cell that lies in a ball around 0, by sub-cells."""
    fine = []
    for at, width in zip(places_mm, widths_mm, strict=True):
        inside = (np.arange(parts) + 0.5) / parts - 0.5
        fine.append((at[:, None] + width[:, None] * inside).ravel())
    x, y, z = fine[0][:, None, None], fine[1][None, :, None], fine[2][None, None, :]
    covered = (x * x + y * y + z * z <= radius_mm**2).astype(np.float32)
    nx, ny, nz = (len(at) for at in places_mm)
    return np.asarray(covered.reshape(nx, parts, ny, parts, nz, parts).mean(axis=(1, 3, 5)), dtype=np.float64)


def along_ray(field: Array, places_mm: Sequence[Array], direction: Sequence[float], r_mm: Array) -> Array:
    """Read a field at distances from the origin of the places along a direction."""
    from scipy.interpolate import RegularGridInterpolator  # noqa: PLC0415

    unit = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    read = RegularGridInterpolator(tuple(places_mm), field, method="linear", bounds_error=False, fill_value=None)
    return np.asarray(read(r_mm[:, None] * unit))


def isotherm_mm(field_c: Array, places_mm: Sequence[Array], value_c: float, direction: Any, from_mm: float) -> float:
    """Outermost distance along a ray at which a field falls to a value.

    Around a small source the temperature runs as 1/r, so r·(T − blood) is what is interpolated linearly.
    """
    r = np.arange(from_mm, float(min(at[-1] for at in places_mm)), 0.02)
    unit = np.abs(np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction))
    weighted = (field_c - BLOOD_C) * radii(places_mm)
    above = along_ray(weighted, places_mm, unit * np.sign(direction), r) / r + BLOOD_C
    hot = np.flatnonzero(above >= value_c)
    if len(hot) == 0 or hot[-1] + 1 == len(r):
        return float("nan")
    n = int(hot[-1])
    return float(r[n] + 0.02 * (above[n] - value_c) / (above[n] - above[n + 1]))


RAYS = (
    (1, 0, 0),
    (0, 1, 0),
    (0, 0, 1),
    (1, 1, 0),
    (1, 0, 1),
    (0, 1, 1),
    (1, 1, 1),
    (2, 1, 0),
    (1, 2, 3),
    (3, 1, 2),
    (2, 3, 1),
    (1, 3, 0),
)
"""Directions within an octant, along, across and between the axes of the grid."""
