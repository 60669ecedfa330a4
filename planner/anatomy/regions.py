"""Voxels of one structure in a label map: a recipe and a box at first, cut out only when a surface is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.boxes import Box, hull
from planner.anatomy.volume import Volume
from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.frames import apply_affine

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Region:
    """Voxels on the grid of one image.

    Attributes
    ----------
    volume : whose grid it is.
    box : that holds all of them.
    within : the voxels in any box of the grid, as a mask of the box's shape.
    recipe : what they are made of, by content; the same recipe on the same grid means the same voxels.
    """

    volume: Volume
    box: Box
    within: Callable[[Box], Mask]
    recipe: Callable[[], str]

    @property
    def mask(self) -> Mask:
        """The voxels in the box."""
        return self.within(self.box)

    def __or__(self, other: Region) -> Region:
        """Both together; the other must lie on the same grid."""
        return Region(
            self.volume,
            hull(self.box, other.box),
            lambda box: self.within(box) | other.within(box),
            lambda: f"({self.recipe()} or {other.recipe()})",
        )

    def __and__(self, other: Region) -> Region:
        """Return what lies in both, on the grid of this one; the other is looked up at the nearest of its voxels."""
        same = other.volume.on_grid_of(self.volume)
        box = other.box if same else _box_on(self.volume, other)
        return Region(
            self.volume,
            _shared(self.box, box),
            lambda box: self.within(box) & (other.within(box) if same else _nearest(other, self.volume, box)),
            lambda: f"({self.recipe()} and {other.recipe()} on {other.volume.affine_lps.tolist()})",
        )


def labelled(volume: Volume, numbers: Sequence[int]) -> Region | None:
    """Return the voxels that hold one of these numbers; None where there is none."""
    boxes = [volume.boxes[number] for number in numbers if number in volume.boxes]
    if not boxes:
        return None
    whole = boxes[0]
    for box in boxes[1:]:
        whole = hull(whole, box)

    def within(box: Box) -> Mask:
        part = volume.array[box]
        found = part == numbers[0]
        for number in numbers[1:]:
            found |= part == number
        return np.asarray(found)

    return Region(volume, whole, within, lambda: f"{volume.content} at {sorted(numbers)}")


def of_mask(volume: Volume) -> Region:
    """Return the true voxels of an image that is a mask."""
    a, b, c = (slice(0, n) for n in volume.shape)
    return Region(volume, (a, b, c), lambda box: np.asarray(volume.array[box]), lambda: f"mask {volume.content}")


def any_voxel(region: Region) -> bool:
    """Return whether it holds a voxel; kept in the cache, since the files must be read for it."""
    if any(side.start >= side.stop for side in region.box):
        return False
    key = key_of("voxel", region.recipe(), repr(region.volume.affine_lps.tolist()), code_of(__name__))
    held = cached_arrays(key, lambda: {"any": np.array(bool(region.mask.any()))})
    return bool(held["any"])


def _shared(one: Box, other: Box) -> Box:
    a, b, c = (slice(max(s.start, t.start), min(s.stop, t.stop)) for s, t in zip(one, other, strict=True))
    return (a, b, c)


def _box_on(grid: Volume, region: Region) -> Box:
    """Return the box of another grid that holds a region, with a voxel to spare for the rounding to the nearest."""
    ends = [(side.start - 1.0, float(side.stop)) for side in region.box]
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)
    index = grid.index_of(apply_affine(region.volume.affine_lps, corners))
    low = np.maximum(np.floor(index.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 2, grid.shape)
    a, b, c = (slice(int(first), int(last)) for first, last in zip(low, high, strict=True))
    return (a, b, c)


def _nearest(region: Region, grid: Volume, box: Box) -> Mask:
    """Return a region's voxels nearest to those of a box of another grid."""
    shape = [side.stop - side.start for side in box]
    index = np.moveaxis(np.indices(shape), 0, -1).reshape(-1, 3) + [side.start for side in box]
    nearest = np.rint(region.volume.index_of(apply_affine(grid.affine_lps, index))).astype(int)
    low = np.array([side.start for side in region.box])
    inside = np.all((nearest >= low) & (nearest < [side.stop for side in region.box]), axis=1)
    found = np.zeros(len(index), dtype=bool)
    found[inside] = region.mask[tuple((nearest[inside] - low).T)]
    return found.reshape(shape)
