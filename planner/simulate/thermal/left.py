"""What a step leaves in tissue when its delivery stops: heat or cold from which a later step goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.thermocouples import read_at

Array = NDArray[np.float64]
Field = NDArray[np.float32]
LEAST_DOSE_MIN = 1e-12
"""Dose that counts as none."""


@dataclass(frozen=True, eq=False)
class Left:
    """Tissue at one moment; fields are (nx, ny, nz).

    Attributes
    ----------
    temperature_c : at that moment. after_s : how long after the last stop that is.
    cem43_min, cord_cem43_min : dose until then, in general and by the cord's slope; None where none was counted.
    """

    grid: TensorGrid
    temperature_c: Field
    after_s: float = 0.0
    cem43_min: Field | None = None
    cord_cem43_min: Field | None = None

    def temperature_on(self, grid: TensorGrid, beyond_c: float) -> Array:
        """Temperature in the cells of another grid; `beyond_c` where this one does not reach."""
        return read_at(self.grid, self.temperature_c, grid.points_mm.reshape(-1, 3), beyond_c).reshape(grid.shape)

    def dose_on(self, grid: TensorGrid, *, cord: bool = False) -> Field:
        """Dose in the cells of another grid, min."""
        field = self.cord_cem43_min if cord else self.cem43_min
        if field is None:
            return np.zeros(grid.shape, np.float32)
        return read_dose(self.grid, field, grid.points_mm.reshape(-1, 3)).reshape(grid.shape).astype(np.float32)


def read_dose(grid: TensorGrid, minutes: NDArray[np.floating], points_mm: Array) -> Array:
    """Return a dose at points (n, 3), LPS mm, read by its logarithm, in which it runs almost straight; 0 outside."""
    log = np.log2(np.maximum(minutes, LEAST_DOSE_MIN))
    found = 2.0 ** read_at(grid, log, points_mm, float(np.log2(LEAST_DOSE_MIN)))
    return np.where(found > 2.0 * LEAST_DOSE_MIN, found, 0.0)
