"""A grid of attenuation and its line integrals seen from a C-arm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.show.fluoro.carm import CArm, Machine
from planner.simulate.compiled import announced

MOST_VALUES = 2**31 - 1
"""The loop counts in 32 bits."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Values on a regular grid, zero outside.

    Attributes
    ----------
    flat : float32, C-ordered, with a layer of zeros all around.
    shape : (3,) of the grid, that layer included.
    affine : (4, 4) index in `flat` to LPS mm.
    """

    flat: NDArray[np.float32]
    shape: NDArray[np.int64]
    affine: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.floating], affine_lps: ArrayLike) -> Grid:
        """Take values (i, j, k) whose voxel centres lie at `affine_lps` of their indices.

        Raises
        ------
        ValueError
            A value is not finite, or there are too many.
        """
        if not np.isfinite(values).all():
            raise ValueError("attenuation is NaN or infinite somewhere")
        shape = np.array(values.shape, dtype=np.int64) + 2
        if int(np.prod(shape)) > MOST_VALUES:
            raise ValueError(f"at most {MOST_VALUES} voxels, got {int(np.prod(shape))}")
        held = np.zeros(shape, dtype=np.float32)
        held[1:-1, 1:-1, 1:-1] = values
        affine = np.array(affine_lps, dtype=np.float64)
        affine[:3, 3] -= affine[:3, :3].sum(axis=1)
        return cls(held.reshape(-1), shape, affine)

    def integrals(self, carm: CArm) -> NDArray[np.float32]:
        """(rows, columns) integral along the ray to each pixel, value · mm."""
        warm_up()
        return self._integrals(carm)

    def _integrals(self, carm: CArm) -> NDArray[np.float32]:
        from planner.show.fluoro.kernels.projection import integrate  # noqa: PLC0415 - numba

        inverse = np.linalg.inv(self.affine)
        turn = inverse[:3, :3]
        source, corner = (turn @ point + inverse[:3, 3] for point in (carm.source, carm.corner))
        length = carm.lengths()
        found = np.empty(length.shape, dtype=np.float32)
        integrate(self.flat, self.shape, source, corner, turn @ carm.across, turn @ carm.down, length, found)
        return found


@cache
def warm_up() -> None:
    """Compile the loop on a few voxels, so that whoever waits is told why, once."""
    with announced("virtual fluoroscopy"):
        few = Grid.of(np.ones((2, 2, 2), dtype=np.float32), np.eye(4))
        few._integrals(CArm.angled(Machine(pixels=2), (0.0, 0.0, 0.0)))
