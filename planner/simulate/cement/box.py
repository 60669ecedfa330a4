"""Cells of a box, or of a mask in it: their neighbours and faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def neighbours(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return (n, 6) numbers of the cells of a mask below and above each along x, y and z, −1 where there is none."""
    number = np.full(tuple(np.array(mask.shape) + 2), -1, dtype=np.int32)
    number[1:-1, 1:-1, 1:-1][mask] = np.arange(int(mask.sum()), dtype=np.int32)
    i, j, k = (axis + 1 for axis in np.nonzero(mask))
    near = [number[i - 1, j, k], number[i + 1, j, k], number[i, j - 1, k], number[i, j + 1, k]]
    return np.ascontiguousarray(np.stack([*near, number[i, j, k - 1], number[i, j, k + 1]], axis=1))
