"""What cement meets after a burn or a freeze of the same level: the tissue goes on to cool or to warm until it is in.

The same solver of heat as for the ablation and for the setting, without a source. Where the earlier dose killed, no
blood flows any more. Ice that is still there thaws without its latent heat here, sooner than it would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.damage import CORD
from planner.simulate.thermal.exposure import Cem43Dose
from planner.simulate.thermal.left import Left
from planner.simulate.thermal.solver import LETHAL_CEM43_MIN, HeatSolver
from planner.simulate.tissues import BODY_C

Array = NDArray[np.float64]
Field = NDArray[np.float32]
FREEZING_C = -0.5
"""Of tissue; what is colder when the injection begins is still ice."""


@dataclass(frozen=True, eq=False)
class Met:
    """Tissue at the end of the injection, cement apart; fields are (nx, ny, nz).

    Attributes
    ----------
    temperature_c, cem43_min, cord_cem43_min : what the cement's heat comes on top of.
    hottest_c, coldest_c : when the injection began, and where it was hottest, LPS mm.
    wait_s : from the last stop until then. too_late : whether the plan's pause ends before the first known field.
    """

    temperature_c: Array
    cem43_min: Field
    cord_cem43_min: Field
    hottest_c: float
    coldest_c: float
    where_mm: Array
    wait_s: float
    too_late: bool = False


def meet(left: Left, grid: TensorGrid, tissue: tuple[Array, Array, Array], wait_s: float, inject_s: float) -> Met:
    """Let tissue come back towards the body's temperature.

    Parameters
    ----------
    tissue : conductivity, heat capacity and perfusion. wait_s : from the last stop to the begin of the injection.
    inject_s : how long that takes.
    """
    conductivity, capacity, perfusion = tissue
    dose, cord = Cem43Dose(grid.shape), Cem43Dose(grid.shape, CORD)
    dose.minutes, cord.minutes = left.dose_on(grid), left.dose_on(grid, cord=True)
    solver = HeatSolver(
        grid, conductivity, capacity, alive(perfusion, dose.minutes), exposures=(dose, cord),
        initial_c=left.temperature_on(grid, BODY_C),
    )  # fmt: skip
    begin = max(wait_s - left.after_s, 0.0)
    if begin > 0.0:
        solver.advance(begin)
    then = solver.temperature_c
    if inject_s > 0.0:
        solver.advance(begin + inject_s)
    where = grid.points_mm[np.unravel_index(int(then.argmax()), grid.shape)]
    return Met(
        solver.temperature_c, dose.minutes, cord.minutes, float(then.max()), float(then.min()), where,
        max(wait_s, left.after_s), wait_s < left.after_s,
    )  # fmt: skip


def alive(perfusion: Array, cem43_min: Field) -> Array:
    """Perfusion that a dose has left."""
    return np.asarray(perfusion * np.exp(-np.minimum(cem43_min / LETHAL_CEM43_MIN, 50.0)))
