"""Boiling: water that heat above 100 °C turns into steam leaves its cell and condenses in the next cooler tissue.

Tissue stays at 100 °C while it boils. How much of its water is gone is a state of its own, as smooth in time as the
heat that boils it off, and conductivity follows it (`electric.warming`). Steam gives its heat to the neighbours,
nearest first, until each of them boils as well: energy is kept. Water flows back all the while. Steam that escapes
along the shaft would carry heat away; here none does.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import TensorGrid

BOILS_C = 100.0
LEAST_WATER_J_M3 = 1e6
"""Tissue without water has nothing to lose: it counts as dry at once, which changes nothing in metal and cement."""
DRY_SHARE = 0.1
"""Conductivity is gone once so much of the water has boiled off: steam fills the room of the rest (assumed)."""
FLOWS_BACK_S = 15.0
"""Water comes back within this time: as long as generators pause for it after impedance has risen (assumed)."""
ROUNDS = 20
"""Layers of cells that one release may reach; what is left then stays where it is."""

Floats = NDArray[np.floating]


class Boiling:
    """How dry tissue has boiled, from 0 to 1 where no current passes any more, (nx, ny, nz).

    `water_j_m3` is the heat that boils off all water, `heat_capacity` J/(m³·K), `most_k` the boiling point above the
    base of temperatures.
    """

    def __init__(self, grid: TensorGrid, water_j_m3: Floats | float, heat_capacity: Floats, most_k: float) -> None:
        self.energy_per_k, self.most_k = heat_capacity * grid.volumes_m3, most_k
        self.water_j = np.maximum(DRY_SHARE * water_j_m3, LEAST_WATER_J_M3) * grid.volumes_m3
        self.dried = np.zeros(grid.shape, np.float32)

    @property
    def any(self) -> bool:
        """Whether anything has boiled."""
        return bool(self.dried.any())

    def pass_time(self, above_k: Floats, seconds: float) -> NDArray[np.bool_] | None:
        """Boil off what lies above the boiling point, in place, and let water flow back; return the cells that boiled.

        Loss and return act at once, solved exactly for a rate of loss that holds over the time.
        """
        excess = np.maximum(above_k - self.most_k, 0.0) * self.energy_per_k
        boiled = condense(above_k, self.energy_per_k, self.most_k)
        if boiled is None and not self.any:
            return None
        stays = math.exp(-seconds / FLOWS_BACK_S)
        lost = excess / self.water_j * (FLOWS_BACK_S / seconds) * (1.0 - stays)
        self.dried = np.minimum(self.dried * stays + lost, 1.0).astype(np.float32)
        self.dried[self.dried < 1e-4] = 0.0
        return boiled


def condense(above_c: Floats, energy_per_k: Floats, most_c: float) -> NDArray[np.bool_] | None:
    """Move what exceeds `most_c` into cooler neighbours, in place; return the cells that boiled.

    Parameters
    ----------
    above_c : temperature above any base. energy_per_k : capacity × volume of each cell. most_c : on the same base.
    """
    boils = above_c > most_c
    if not boils.any():
        return None
    from scipy.ndimage import binary_dilation  # noqa: PLC0415

    found = np.argwhere(boils)
    low, high = np.maximum(found.min(axis=0) - ROUNDS, 0), found.max(axis=0) + ROUNDS + 1
    part = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    u, capacity, full = above_c[part], energy_per_k[part], boils[part]
    left = float(((u[full] - most_c) * capacity[full]).sum(dtype=np.float64))
    u[full] = most_c
    for _ in range(ROUNDS):
        grown = binary_dilation(full)
        ring = grown & ~full
        room = (most_c - u[ring]) * capacity[ring]
        takes = float(room.sum(dtype=np.float64))
        if takes <= 0.0:
            break
        share = min(left / takes, 1.0)
        u[ring] += share * (most_c - u[ring])
        left -= share * takes
        if left <= 0.0:
            break
        full = grown
    return boils
