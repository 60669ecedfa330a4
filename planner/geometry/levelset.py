"""Marching cubes at the level that keeps a label's volume."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.geometry.mesh import Mesh

VOLUME_GOAL: Final = 5e-4
"""Relative error of the volume at which the search for the level stops: a twentieth of what is allowed."""

MOST_SURFACES: Final = 6
"""Marching-cubes runs at most; two or three are usual."""

BAND: Final = 0.1
"""Half-width of the band of values, relative to the level, whose voxel count gives the first slope of
volume against level."""


def surface_of_volume(field: NDArray[np.float32], volume: float) -> tuple[Mesh, float, float]:
    """Find the level set of a smoothed mask that encloses a given volume.

    The first level is the one above which as many voxels lie; a few steps of regula falsi (Illinois) on
    the volume of the mesh itself do the rest.

    Parameters
    ----------
    field : (i, j, k) values in [0, 1], zero all round the edge; volume : in voxels.

    Returns
    -------
    The surface in index coordinates, faces outward, its level and the relative error of its volume.
    """
    from skimage.measure import marching_cubes  # noqa: PLC0415

    def at(level: float) -> tuple[Mesh, float]:
        v, f, _, _ = marching_cubes(field, level, gradient_direction="ascent")  # faces outward
        mesh = Mesh.of(v, f)
        return mesh, mesh.volume_mm3 / volume - 1.0

    top = float(field.max())
    low, high = 1e-3 * top, (1.0 - 1e-3) * top
    level, slope = _first_level(field, volume, top)
    level = min(max(level, low), high)
    low_error, high_error = np.inf, -1.0
    best = (*at(level), level)
    mesh, error, _ = best
    last_side = 0
    for _ in range(MOST_SURFACES - 1):
        if abs(error) <= VOLUME_GOAL:
            break
        side = 1 if error > 0.0 else -1
        if side > 0:
            low, low_error = level, error
            high_error *= 0.5 if last_side == side else 1.0
        else:
            high, high_error = level, error
            low_error *= 0.5 if last_side == side else 1.0
        if np.isfinite(low_error) and last_side:
            level = (low * high_error - high * low_error) / (high_error - low_error)
        else:
            level += error / slope
        if not low < level < high:
            level = 0.5 * (low + high)
        last_side = side
        mesh, error = at(level)
        if abs(error) < abs(best[1]):
            best = (mesh, error, level)
    mesh, error, level = best
    return mesh, level, error


def _first_level(field: NDArray[np.float32], volume: float, top: float) -> tuple[float, float]:
    """Level above which `volume` voxels lie, and the relative volume lost per unit of level there."""
    values = np.sort(field[field > 1e-3 * top])
    k = len(values) - round(volume)
    if k <= 0 or values[0] == top:  # an unsmoothed mask, or one so small that all of it is edge
        return 0.5 * top, 1.0 / top
    # Between two values, and off both: a level equal to a voxel's value makes faces without area.
    level = 0.5 * (float(values[k - 1]) + float(values[k])) * (1.0 + 1e-5)
    width = BAND * level
    inside = np.searchsorted(values, [level - width, level + width])
    return level, max(float(inside[1] - inside[0]), 1.0) / (2.0 * width) / volume


def is_closed(faces: NDArray[np.int64]) -> bool:
    """Tell whether every edge belongs to exactly two faces that run along it in opposite directions."""
    heads = np.roll(faces, -1, axis=1).ravel()
    tails = faces.ravel()
    n = int(faces.max(initial=0)) + 1
    there = np.sort(tails * n + heads)
    back = np.sort(heads * n + tails)
    return bool((np.diff(there) > 0).all() and np.array_equal(there, back))
