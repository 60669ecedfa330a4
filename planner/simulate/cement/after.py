"""What cement leaves behind: stiffness and strength of the body, and the risk of its neighbours.

The body is a stack of layers. A layer carries by ΣEA of its cells side by side; the layers bear one after the other:
1/K = Σ h/(EA), and the weakest layer gives way at its EA times the strain of yield. This axial rigidity told the
strength of 81 cadaver vertebrae (buckley2007, R² 0.81). Cement that does not reach an endplate leaves a weak layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import calibration
from planner.simulate.cement.cells import Cells
from planner.simulate.cement.leak import Leaks
from planner.simulate.spongiosa import modulus_mpa

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
    stiffness, strength : ratios, along the spine.
    """

    stiffness: float
    strength: float


def rigidity(cells: Cells, part: Array, cement_mpa: float, damage: float = 1.0) -> tuple[float, float]:
    """Return stiffness (N/mm) and strength (N) of a body along the spine.

    Parameters
    ----------
    part : (n,) how full of cement each cell is. damage : factor of the modulus of bone without cement; a fracture.
    """
    c, h = calibration("bone_mechanics"), cells.width_mm
    body = cells.in_body
    bone = modulus_mpa(cells.density_mg_cm3)
    outer = (cells.near[:, :4] < 0).sum(axis=1)
    shell = c["shell_modulus_mpa"] * c["shell_mm"] / h * outer
    own = (bone + shell) * (damage + (1.0 - damage) * part)
    e = own + part * cells.pore_share * cement_mpa
    layer = cells.index[:, 2]
    ea = np.bincount(layer[body], weights=e[body] * h * h, minlength=cells.mask.shape[2])
    there = np.flatnonzero(np.bincount(layer[body], minlength=cells.mask.shape[2]))
    cut = int(TRIM * len(there))
    ea = ea[there[cut : len(there) - cut]]
    strain = c["yield_strain"] - c["yield_offset"]
    return float(1.0 / (h / ea).sum()), float(ea.min() * strain)


def after(cells: Cells, part: Array, cement_mpa: float) -> After:
    """Compare a body with and without its cement."""
    before, now = rigidity(cells, np.zeros_like(part), cement_mpa), rigidity(cells, part, cement_mpa)
    return After(now[0] / before[0], now[1] / before[1])


def adjacent_risk(leaks: Leaks | None) -> tuple[float, tuple[float, float]]:
    """Return the chance of an adjacent fracture within a year and its ends, by the chance of a leak."""

    def risk(odds: float) -> float:
        chance = leaks.probability if leaks else 0.0
        own = BASE_RISK / (1.0 - BASE_RISK)
        with_leak = odds * own / (1.0 + odds * own)
        return (1.0 - chance) * BASE_RISK + chance * with_leak

    low, high = LEAK_ODDS_ENDS
    return risk(LEAK_ODDS), (risk(low), risk(high))
