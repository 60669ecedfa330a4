"""Needles in one tissue, as on a bench: simulated with the same code as a plan's steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from planner.plan.case import Instrument
from planner.simulate.grid import TensorGrid
from planner.simulate.tissues import Tissue, tissue
from planner.simulate.treatment.coolant import Coolant
from planner.simulate.treatment.probe import Probe, grid_of
from planner.simulate.treatment.properties import Properties
from planner.simulate.treatment.treatment import Delivered, deliver

STEP_MM, GROWTH = 1.5, 1.35
"""Cells; 1 mm moves the axes of these zones by up to 1.3 mm."""
ROOM_C = 20.0
"""Of excised liver, where a report does not say (assumed)."""
ICE_WATER_C = 5.0
"""Coolant of needles for the liver: water from an ice bath, warmed on its way (usual practice, from memory; set after a
first look at the rows in liver, which are therefore not blind)."""
LIVER_S_M = 0.36
"""Conductivity of liver at 37 °C, the upper end of the table: a 2-cm tip then begins at 100 Ω in cold liver, where 80 Ω
are reported (10 of group A, Korean J Radiol 2004, PMC2698170) and the table's base gives 244 Ω. Power-driven zones do
not depend on it; of those shown only the two driven by current do, and it was kept after a look at both."""
SHAFT_MM = 90.0


@dataclass(frozen=True)
class Core:
    """Another tissue around the tip, concentric with it: a cylinder of the tip's length, or a ball."""

    name: str
    radius_mm: float
    sigma_s_m: float
    is_ball: bool = False


@dataclass(frozen=True)
class Bench:
    """A needle in one tissue, or in a core of another.

    Attributes
    ----------
    body_c : of the tissue and its blood. perfused : with blood. sigma_s_m : at 37 °C.
    """

    probe: Probe
    body_c: float
    perfused: bool = False
    sigma_s_m: float = LIVER_S_M
    name: str = "liver"
    core: Core | None = None


def needle(
    diameter_mm: float, active_mm: float, minutes: float, *, power_w: float = 200.0, current_a: float = 0.0,
    setpoint_c: float = 90.0, bipolar: bool = False, cooled: bool = True, gap_share: float = 0.1,
) -> Probe:  # fmt: skip
    """Return a needle from above, driven by power, by current where one is given, by temperature without coolant."""
    place = Instrument(np.array([0.0, 0.0, SHAFT_MM]), np.zeros(3), None, "bench")
    mode: Literal["temperature", "power", "current"] = "current" if current_a else "power" if cooled else "temperature"
    coolant = Coolant.in_needle(diameter_mm, ICE_WATER_C) if cooled else None
    return Probe(
        (place,), diameter_mm, active_mm, bipolar, coolant, setpoint_c, None, None, 60.0 * minutes, power_w,
        mode=mode, current_a=current_a, gap_share=gap_share,
    )  # fmt: skip


def run(bench: Bench, step_mm: float = STEP_MM) -> Delivered:
    """Deliver it."""
    grid = grid_of((bench.probe,), step_mm, GROWTH)
    row = tissue(bench.name)
    inner, within = row, np.zeros(grid.shape, bool)
    if bench.core is not None:
        inner, within = tissue(bench.core.name), _within(bench.core, bench.probe.active_mm, grid)

    def cells(of: Callable[[Tissue], float]) -> NDArray[np.float32]:
        return np.where(within, of(inner), of(row)).astype(np.float32)

    sigma = np.where(within, bench.core.sigma_s_m if bench.core else 0.0, bench.sigma_s_m).astype(np.float32)
    made = Properties(
        cells(lambda t: t.value("conductivity_w_m_k")), cells(Tissue.heat_capacity_j_m3_k),
        cells(lambda t: t.perfusion_w_m3_k() if bench.perfused else 0.0),
        cells(lambda t: t.value("conductivity_rise_per_k")), sigma, np.ones(grid.shape, bool),
        water=cells(Tissue.water_share),
    )  # fmt: skip
    return deliver((bench.probe,), grid, made, body_c=bench.body_c)


def _within(core: Core, active_mm: float, grid: TensorGrid) -> NDArray[np.bool_]:
    away = np.abs(grid.points_mm - (0.0, 0.0, 0.5 * active_mm))
    if core.is_ball:
        return np.asarray(np.linalg.norm(away, axis=-1) < core.radius_mm)
    return np.asarray((np.hypot(away[..., 0], away[..., 1]) < core.radius_mm) & (away[..., 2] < 0.5 * active_mm))
