"""Shapes on the grid on which tumours are grown: the piece at a seed, distances, boxes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

STEP_MM: Final = 1.0
"""Grid on which a tumour is grown, whatever the CT's voxels are: smoothing and shapes then mean the same in each."""
SEED_MM: Final = 2.5
"""Radius round the seed that says what the tumour reads."""
NECK_MM: Final = 2.0
"""Half the width of the bridges that are cut: a leak runs through marrow in threads, a tumour does not."""
GAP_MM: Final = 1.5
"""Half the width of the clefts that are closed."""


def piece(like: Mask, allowed: Mask, away: Array) -> Mask:
    """Return the piece nearest to the seed: without what hangs on it by a neck, closed, no holes.

    Parameters
    ----------
    like : what reads like the tumour; allowed : where it may be.
    away : distance from the seed, mm.
    """
    from scipy.ndimage import binary_fill_holes  # noqa: PLC0415
    from skimage.segmentation import flood  # noqa: PLC0415

    like = like & allowed
    core = distance(like) > NECK_MM
    if not core.any():
        return np.zeros_like(like)
    opened = (distance(~core) <= NECK_MM) & like
    start = np.unravel_index(int(np.where(opened, away, np.inf).argmin()), like.shape)
    if away[start] > SEED_MM:
        return np.zeros_like(like)
    piece = flood(opened, tuple(int(n) for n in start))
    closed = distance(distance(~piece) <= GAP_MM) > GAP_MM
    return np.asarray(binary_fill_holes((closed & allowed) | piece))


def apart(one: Mask, other: Mask) -> float:
    """Return the distance within which 95 of 100 surface points of either lie from the other, mm."""
    if not (one.any() and other.any()):
        return float("inf")
    found = []
    for first, second in ((one, other), (other, one)):
        rim = first & (distance(first) <= STEP_MM)
        to_rim = np.minimum(distance(~(second & (distance(second) <= STEP_MM))), 1e3)
        found.append(float(np.percentile(to_rim[rim], 95)))
    return max(found)


def distance(mask: Mask) -> Array:
    """Return the distance of each point of a mask to the nearest outside it, mm."""
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415

    if mask.all():
        return np.full(mask.shape, np.inf)
    return np.asarray(distance_transform_edt(mask)) * STEP_MM


def box(mask: Mask) -> tuple[slice, ...]:
    """Return the box of a mask, with room for what is closed at its sides."""
    ends = np.argwhere(mask)
    room = int(np.ceil(GAP_MM / STEP_MM)) + 1
    low, high = np.maximum(ends.min(axis=0) - room, 0), ends.max(axis=0) + room + 1
    return tuple(slice(a, b) for a, b in zip(low, high, strict=True))


def from_middle(shape: tuple[int, ...]) -> Array:
    """Return the distance of each point of a grid to its middle, mm."""
    axes = [STEP_MM * (np.arange(n) - n // 2) for n in shape]
    return np.asarray(np.sqrt(sum(part**2 for part in np.meshgrid(*axes, indexing="ij"))))
