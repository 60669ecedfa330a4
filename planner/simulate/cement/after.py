"""What cement leaves behind: stiffness and strength of the body, and the risk of its neighbours.

Stiffness is that of an elastic body on coarse cells (`elastic`). For strength the body is a stack of layers: a layer
carries by ΣEA of its cells side by side, and the weakest gives way at its EA times the strain of yield. This axial
rigidity told the strength of 81 cadaver vertebrae (buckley2007, R² 0.81). Cement that does not reach an endplate leaves
a weak layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.simulate.cement.beside import Beside, beside
from planner.simulate.cement.cells import Cells
from planner.simulate.cement.elastic import moduli, solid
from planner.simulate.cement.leak import Leaks

Array = NDArray[np.float64]
TRIM = 0.12
"""Share of the height left out at either end: rims and the dishes of the endplates are no whole layers."""
BASE_RISK, LEAK_ODDS, LEAK_ODDS_ENDS = 0.12, 2.05, (1.40, 3.00)
"""Adjacent fracture within a year (Al-Ali 2009: 12 %), and odds with a leak (josr2022)."""
HAZARD_NEAR, HAZARD_NEXT = 3.99, 1.97
"""Hazard of a new fracture one and two levels away against farther ones (dir2024)."""


@dataclass(frozen=True)
class After:
    """An augmented body against itself before.

    Attributes
    ----------
    stiffness, strength : ratios, along the spine. beside : of the upper and of the lower disc.
    """

    stiffness: float
    strength: float
    beside: tuple[Beside, Beside]


def strength_n(cells: Cells, modulus: Array) -> float:
    """Return the strength of a body along the spine by the axial rigidity of its weakest layer."""
    c, h, body = calibration("bone_mechanics"), cells.width_mm, cells.in_body
    layer = cells.index[:, 2]
    ea = np.bincount(layer[body], weights=modulus[body] * h * h, minlength=cells.mask.shape[2])
    there = np.flatnonzero(np.bincount(layer[body], minlength=cells.mask.shape[2]))
    cut = int(TRIM * len(there))
    ea = ea[there[cut : len(there) - cut]]
    strain = c["yield_strain"] - c["yield_offset"]
    return float(ea.min() * strain)


def after(cells: Cells, part: Array, cement_mpa: float) -> After:
    """Compare a body with and without its cement."""
    bare, filled = moduli(cells, np.zeros_like(part), cement_mpa), moduli(cells, part, cement_mpa)
    before, now = solid(cells, bare), solid(cells, filled)
    upper, lower = (beside(min(b / a, 1.0)) for a, b in zip(before.bulge_mm3_mpa, now.bulge_mm3_mpa, strict=True))
    stronger = strength_n(cells, filled) / strength_n(cells, bare)
    return After(now.stiffness_n_mm / before.stiffness_n_mm, stronger, (upper, lower))


def adjacent_risk(leaks: Leaks | None) -> tuple[float, tuple[float, float]]:
    """Return the chance of an adjacent fracture within a year and its ends, by the chance of a leak."""

    def risk(odds: float) -> float:
        chance = leaks.probability if leaks else 0.0
        own = BASE_RISK / (1.0 - BASE_RISK)
        with_leak = odds * own / (1.0 + odds * own)
        return (1.0 - chance) * BASE_RISK + chance * with_leak

    low, high = LEAK_ODDS_ENDS
    return risk(LEAK_ODDS), (risk(low), risk(high))
