"""Where each number of a label map lies, in one pass."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, slice, slice]
"""A block of voxels; both ends of each slice are stated."""

MOST_NUMBERS: Final = 65_535
"""Different numbers that still are labels; an image of more is a CT, or hostile."""


def label_boxes(array: NDArray[Any]) -> dict[int, Box]:
    """Return number → box that its voxels just fill, for each number but 0.

    Parameters
    ----------
    array : (i, j, k), whole numbers from 0 on.

    Raises
    ------
    ValueError
        When it holds more than :data:`MOST_NUMBERS` different numbers.
    """
    from scipy.ndimage import find_objects  # noqa: PLC0415

    if array.dtype == bool:
        array = array.view(np.uint8)
    numbers: NDArray[Any] | None = None
    if int(array.max(initial=0)) > MOST_NUMBERS:  # the pass below keeps a place for each number up to the largest
        numbers = np.unique(array.ravel(order="K"))
        numbers = numbers[numbers > 0]
        if len(numbers) > MOST_NUMBERS:
            raise ValueError(f"{len(numbers)} different label numbers")
        array = _compact(array, numbers)
    # In the order of memory, which is seldom that of the axes.
    order = np.argsort([-abs(step) for step in array.strides], kind="stable")
    back = np.argsort(order)
    found = find_objects(array.transpose(order))
    return {
        int(number if numbers is None else numbers[number - 1]): (box[back[0]], box[back[1]], box[back[2]])
        for number, box in enumerate(found, start=1)
        if box is not None
    }


def _compact(array: NDArray[Any], numbers: NDArray[Any]) -> NDArray[np.uint16]:
    """Each number's rank among `numbers`, from 1; slice by slice, since the search answers in eight bytes a voxel."""
    ranks = np.zeros(array.shape, dtype=np.uint16)
    for k in range(array.shape[2]):
        part = array[..., k]
        ranks[..., k] = np.where(part > 0, np.searchsorted(numbers, part) + 1, 0)
    return ranks


def box_of(mask: NDArray[np.bool_]) -> Box | None:
    """Return the box that the true voxels of a mask just fill; None where there is none."""
    ends = []
    for axis in range(3):
        there = np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis)))
        if not len(there):
            return None
        ends.append(slice(int(there[0]), int(there[-1]) + 1))
    return (ends[0], ends[1], ends[2])


def hull(one: Box, other: Box) -> Box:
    """Return the smallest box that holds both."""
    a, b, c = (slice(min(s.start, t.start), max(s.stop, t.stop)) for s, t in zip(one, other, strict=True))
    return (a, b, c)
