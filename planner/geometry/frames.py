"""Frames: RAS and LPS, voxel indices and millimetres, and one fixed order of image axes."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

RAS_TO_LPS: Final[NDArray[np.float64]] = np.diag([-1.0, -1.0, 1.0, 1.0])
"""(4, 4) turns RAS into LPS, and LPS into RAS: x and y change sign."""

SINGULAR_DETERMINANT: Final = 1e-6
"""Smallest |determinant| of the unit column directions that still counts as three axes. Real scanners stay
above 0.8 even with a tilted gantry; below 1e-6 two axes agree to a ten-thousandth of a degree."""

TIE_DECIMALS: Final = 9
"""Places kept when two orders of axes are compared: an image turned by exactly 45° must not be sorted by
the rounding of its header."""


def flip_ras_lps(points: ArrayLike) -> NDArray[np.float64]:
    """Change points from RAS to LPS, or back.

    Parameters
    ----------
    points : (n, 3) or (3,), mm.

    Returns
    -------
    Array of the same shape with x and y negated.
    """
    return np.asarray(np.asarray(points, dtype=np.float64) * [-1.0, -1.0, 1.0])


def apply_affine(affine: ArrayLike, points: ArrayLike) -> NDArray[np.float64]:
    """Send points (n, 3) or (3,) through a (4, 4) affine, e.g. voxel indices to LPS mm."""
    m = np.asarray(affine, dtype=np.float64)
    moved: NDArray[np.float64] = np.asarray(points, dtype=np.float64) @ m[:3, :3].T + m[:3, 3]
    return moved


def spacing_mm(affine: ArrayLike) -> NDArray[np.float64]:
    """(3,) distance in mm between neighbouring voxels along each array axis: the affine's column norms."""
    return np.asarray(np.linalg.norm(np.asarray(affine, dtype=np.float64)[:3, :3], axis=0))


def is_singular(affine: ArrayLike) -> bool:
    """Tell whether an affine fails to span space, or holds NaN or infinity.

    The measure is relative (the determinant of the unit column directions against
    `SINGULAR_DETERMINANT`), so that micrometre voxels pass and collapsed axes do not.
    """
    m = np.asarray(affine, dtype=np.float64)
    if not np.isfinite(m).all():
        return True
    norms = spacing_mm(m)
    if (norms == 0.0).any():
        return True
    return bool(abs(np.linalg.det(m[:3, :3] / norms)) < SINGULAR_DETERMINANT)


def canonical(array: NDArray[Any], affine_lps: ArrayLike) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Reorder and flip the array's axes so that they run closest to +L, +P and +S.

    The same image written in any of the 48 axis orders gives the same array and, to rounding, the same
    affine. Nothing is resampled; the result is a view. For an oblique image the permutation with the
    largest sum of direction cosines wins.

    Parameters
    ----------
    array : at least three axes, the first three spatial.
    affine_lps : (4, 4) voxel indices to LPS mm.

    Returns
    -------
    The view and the (4, 4) affine that sends its indices to the same places.

    Raises
    ------
    ValueError
        The affine is singular or the array has fewer than three axes.
    """
    m = np.asarray(affine_lps, dtype=np.float64)
    if array.ndim < 3:
        raise ValueError(f"an image needs three spatial axes, got shape {array.shape}")
    if is_singular(m):
        raise ValueError("the affine is singular: its columns do not span space")
    unit = m[:3, :3] / spacing_mm(m)

    def turned(order: tuple[int, ...]) -> NDArray[np.float64]:
        columns = unit[:, order]
        along = np.diag(columns)
        # A sheared axis at right angles to the one it stands for is told by its largest part.
        largest = columns[np.abs(columns).argmax(axis=0), range(3)]
        return np.where(np.abs(along) > 10.0**-TIE_DECIMALS, np.sign(along), np.sign(largest))

    def worth(order: tuple[int, ...]) -> tuple[float, ...]:
        # Ties are settled by the directions that result, which do not depend on the order on disk.
        columns = unit[:, order] * turned(order)
        return tuple(np.round([np.abs(np.diag(columns)).sum(), *columns.ravel()], TIE_DECIMALS).tolist())

    order = max(permutations(range(3)), key=worth)
    view = np.transpose(array, (*order, *range(3, array.ndim)))
    out = m.copy()
    out[:, :3] = m[:, order]
    for axis in np.flatnonzero(turned(order) < 0.0):
        out[:3, 3] += out[:3, axis] * (view.shape[axis] - 1)
        out[:3, axis] *= -1.0
        view = np.flip(view, axis=int(axis))
    return view, out
