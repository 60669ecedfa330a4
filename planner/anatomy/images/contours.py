"""Contours in voxel indices: which slices they lie on, and which voxels they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLAT = 0.25
"""Most that a contour may lean out of its slice, in slices."""
ON_CENTRES = 1e-3
"""Contours this near to voxel centres were traced along them."""
ONE_PLANE = 0.02
"""Depths closer than this, in slices, are one plane."""

ROUNDING = 1e-6
MISSING_STEPS = 1.5
"""Steps to the next contour from which on nothing is drawn between."""

Contour = NDArray[np.float64]


def stack_axis(index: list[Contour]) -> int | None:
    """Return the array axis across which all contours are flat; None where there is none."""
    lean = np.max([np.ptp(points, axis=0) for points in index], axis=0)
    axis = int(lean.argmin())
    return axis if lean[axis] <= FLAT else None


def planes_of(index: list[Contour], axis: int) -> list[tuple[float, list[Contour]]]:
    """Return depth along `axis` and the contours there, (n, 2) in the other two axes, in order of depth."""
    planes: list[tuple[float, list[Contour]]] = []
    for points in sorted(index, key=lambda p: float(p[:, axis].mean())):
        depth, flat = float(points[:, axis].mean()), np.delete(points, axis, axis=1)
        if planes and depth - planes[-1][0] < ONE_PLANE:
            planes[-1][1].append(flat)
        else:
            planes.append((depth, [flat]))
    return planes


def slab_half(depths: NDArray[np.float64]) -> float:
    """Return half the thickness a contour stands for, in slices: half its usual step, at least half a slice."""
    step = float(np.median(np.diff(depths))) if len(depths) > 1 else 1.0
    return max(step, 1.0) / 2.0


def draw(contours: list[Contour], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the pixels whose centre lies inside an odd number of closed contours: a contour within one is a hole.

    Contours traced along pixel centres, as programs do that made them from a mask, include their own pixels.
    """
    from skimage.draw import polygon_perimeter  # noqa: PLC0415

    # Along each row of centres the parity changes where an edge crosses; one pass serves all contours of the slice.
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    traced = np.zeros(shape, dtype=bool)
    for given in contours:
        whole = np.rint(given)
        on_centres = bool(np.abs(given - whole).max() < ON_CENTRES)
        points = whole if on_centres else given
        _count_crossings(points, crossings)
        if on_centres:
            traced[polygon_perimeter(*points.astype(int).T, shape, clip=False)] = True
    inside: NDArray[np.bool_] = (np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1) | traced
    return inside


def _count_crossings(points: Contour, crossings: NDArray[np.int32]) -> None:
    """Add each crossing of a closed polygon with the rows at the first column whose centre is not before it."""
    ahead = np.roll(points, -1, axis=0)
    turned = points[:, 0] > ahead[:, 0]
    low, high = np.where(turned[:, None], ahead, points), np.where(turned[:, None], points, ahead)
    # Half-open, so that a corner on a row counts once, whatever edges meet there.
    first = np.clip(np.ceil(low[:, 0]), 0, len(crossings)).astype(np.int64)
    counts = np.clip(np.ceil(high[:, 0]), 0, len(crossings)).astype(np.int64) - first
    edge = np.repeat(np.arange(len(points)), counts)
    row = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    share = (row - low[edge, 0]) / (high[edge, 0] - low[edge, 0])
    column = low[edge, 1] + share * (high[edge, 1] - low[edge, 1])
    np.add.at(crossings, (row, np.clip(np.ceil(column), 0, crossings.shape[1] - 1).astype(np.int64)), 1)


def mask_of(
    contours: list[Contour], affine: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return the voxels of a structure drawn as contours (n, 3) LPS mm, and what to say of it."""
    inverse = np.linalg.inv(affine)
    index = [points @ inverse[:3, :3].T + inverse[:3, 3] for points in contours]
    mask = np.zeros(shape, dtype=bool)
    axis = stack_axis(index)
    if axis is None:
        return mask, ["has contours across the slices and is left out"]
    planes = planes_of(index, axis)
    depths = np.array([depth for depth, _ in planes])
    half = slab_half(depths)
    view = np.moveaxis(mask, axis, 0)
    near_before, drawn = -1, np.zeros(view.shape[1:], dtype=bool)
    for k in range(max(0, int(depths[0] - half)), min(len(view), int(depths[-1] + half) + 2)):
        # Half-open, so that a structure is as thick as its slices together; midway the next contour counts.
        away = k - depths
        near = int(np.abs(away + ROUNDING).argmin())
        if -half - ROUNDING <= away[near] < half - ROUNDING:
            if near != near_before:
                near_before, drawn = near, draw(planes[near][1], view.shape[1:])
            view[k] = drawn
    gapped = len(depths) > 1 and bool((np.diff(depths) > MISSING_STEPS * 2.0 * half).any())
    return mask, ["has slices without contours between others and is read as separate pieces"] if gapped else []
