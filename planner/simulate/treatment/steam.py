"""Boiling: heat that would raise tissue further leaves as steam and condenses in the next cooler tissue.

Between 100 and 105 °C conductivity falls as water turns to gas (`electric.warming`). What is above that is taken out
and given to the neighbours, nearest first, until each of them boils as well: energy is kept, and no cell is hotter than
its water lets it be. Steam that escapes along the shaft would carry heat away; here none does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BOILED_C = 105.0
"""Where all water that can boil is taken to do so."""
ROUNDS = 20
"""Layers of cells that one release may reach; what is left then stays where it is."""

Floats = NDArray[np.floating]


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
