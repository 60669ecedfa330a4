"""The heat of setting cement, by the same solver as ablation.

Conversion α grows as dα/dt = r(T) α (1 − α), r doubling every 10 K: at 37 °C half is set at the sheet's setting time,
and a tenth to nine tenths take its width. The heat of a cell is what its cement holds times dα/dt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.plan.devices import MaterialFigure, MaterialSheet
from planner.simulate.cement.cells import Cells
from planner.simulate.cement.material import MINUTE
from planner.simulate.cement.met import Met, alive
from planner.simulate.grid import TensorGrid
from planner.simulate.spongiosa import Spongiosa
from planner.simulate.thermal.damage import CORD
from planner.simulate.thermal.exposure import Cem43Dose, Extremes
from planner.simulate.thermal.solver import HeatSolver
from planner.simulate.tissues import BODY_C, Bound
from planner.simulate.treatment.properties import Variation, properties_of
from planner.simulate.treatment.tissue_map import TissueMap, tissue_map

Array = NDArray[np.float64]
ROOM_C = 22.0
Q10 = 2.0
"""Rate of setting over ten degrees (assumed; chemists' rule of thumb)."""
HOTTEST_C = 90.0
"""The rate grows no further above: conversion is over within seconds there."""
STEP_MM, GROWTH, AROUND_MM = 1.0, 1.3, 35.0
STEPS_PER_WIDTH = 24
"""The setting of the hottest cell is cut into some ten steps."""
SHOWN_STEPS = 4
"""Steps between two points of the curve."""
AFTER_S = 240.0
LONGEST_S = 3600.0
HEAT_SPREAD = 0.15
"""Relative uncertainty of the heat of setting (assumed)."""


@dataclass(frozen=True, eq=False)
class Setting:
    """Cement that has set.

    Attributes
    ----------
    grid, max_c, cem43_min, cord_cem43_min : fields. cement : share of each cell that is cement.
    time_s, core_c : since mixing, and the hottest cement then.
    met : what an ablation before had left when the cement came; doses of it are in those above. None without one.
    """

    grid: TensorGrid
    max_c: NDArray[np.float32]
    cem43_min: NDArray[np.float32]
    cord_cem43_min: NDArray[np.float32]
    cement: Array
    time_s: Array
    core_c: Array
    met: Met | None = None

    @property
    def hottest_c(self) -> float:
        """Hottest cement of all times."""
        return float(self.max_c[self.cement > 0.1].max(initial=BODY_C))


@dataclass(frozen=True)
class Law:
    """How a cement sets and what it is made of."""

    heat_j_m3: float
    capacity_j_m3_k: float
    conductivity_w_m_k: float
    half_s: float
    width_s: float

    @property
    def rate_per_s(self) -> float:
        """At 37 °C."""
        return float(np.log(81.0) / self.width_s)

    def start(self, room_s: float) -> float:
        """Conversion after so long at room temperature."""
        slow = Q10 ** ((ROOM_C - BODY_C) / 10.0)
        return float(1.0 / (1.0 + np.exp(self.rate_per_s * (self.half_s - slow * room_s))))

    def rate(self, alpha: Array, temperature_c: NDArray[np.floating]) -> Array:
        """Return dα/dt."""
        faster = Q10 ** ((np.minimum(temperature_c, HOTTEST_C) - BODY_C) / 10.0)
        return np.asarray(self.rate_per_s * faster * alpha * (1.0 - alpha))


def law_of(sheet: MaterialSheet) -> Law | str:
    """Read a sheet, or say what it lacks."""
    asked: tuple[MaterialFigure, ...] = (
        "heat_j_g", "density_kg_m3", "specific_heat_j_kg_k", "thermal_conductivity_w_m_k", "setting_time_min",
    )  # fmt: skip
    values = [sheet.value(name) for name in asked]
    missing = [name for name, value in zip(asked, values, strict=True) if value is None]
    if missing:
        return f"the sheet {sheet.material} does not state {', '.join(missing)}"
    heat, density, specific, conductivity, half = (float(v) for v in values if v is not None)
    width = sheet.value("setting_width_min") or 0.3 * half
    return Law(1000.0 * heat * density, density * specific, conductivity, MINUTE * half, MINUTE * width)


class _Conversion:
    """Advances α by what was used as a source, so that heat and conversion agree."""

    def __init__(self, start: float, cells: int) -> None:
        self.alpha, self.rate = np.full(cells, start), np.zeros(cells)

    def add(self, above_c: object, rise_c: object, base_c: float, step_s: float) -> None:  # noqa: ARG002 - its protocol
        self.alpha = np.minimum(self.alpha + self.rate * step_s, 1.0)


def set_cement(  # noqa: PLR0917 - its physics as plain arguments
    grid: TensorGrid,
    law: Law,
    cement: Array,
    conductivity: Array,
    capacity: Array,
    perfusion: Array,
    *,
    start_s: float,
    held: NDArray[np.bool_] | None = None,
    heat: float = 1.0,
    met: Met | None = None,
    progress: Callable[[float], None] | None = None,
) -> Setting:
    """Let cement set in its surroundings, from body temperature on, or from what an ablation left.

    Parameters
    ----------
    cement : (nx, ny, nz) share of each cell that is cement; the properties are those of the mixture.
    start_s : since mixing. held : cells kept at 37 °C, such as a bath. heat : factor of the heat of setting.
    met : the tissue that the cement came into; its doses go on.
    """
    dose, cord = Cem43Dose(grid.shape), Cem43Dose(grid.shape, CORD)
    start: float | Array = BODY_C
    if met is not None:
        dose.minutes, cord.minutes = met.cem43_min.copy(), met.cord_cem43_min.copy()
        perfusion = alive(perfusion, met.cem43_min)
        own = cement * law.capacity_j_m3_k / capacity  # cement comes in at the body's temperature
        start = (1.0 - own) * met.temperature_c + own * BODY_C
    step = law.width_s / STEPS_PER_WIDTH
    solver = HeatSolver(grid, conductivity, capacity, perfusion, longest_step_s=step, initial_c=start)
    if held is not None:
        solver.hold(held, BODY_C)
    where, rows = np.nonzero(cement > 0.0), []
    extremes, conversion = Extremes(solver.system.u), _Conversion(law.start(start_s), len(where[0]))
    solver.exposures = (extremes, dose, cord, conversion)
    source, full = np.zeros(grid.shape), heat * law.heat_j_m3 * cement[where]

    def follow(_middle: float) -> None:
        rate = law.rate(conversion.alpha, BODY_C + solver.system.u[where])
        conversion.rate = np.minimum(rate, (1.0 - conversion.alpha) / step)
        source[where] = full * conversion.rate
        solver.heat(source, switched=False)

    end, core = LONGEST_S, cement > 0.5 * cement.max(initial=1e-9)
    rows.append((start_s, BODY_C + float(solver.system.u[core].max(initial=0.0))))
    while solver.time_s < end:
        solver.advance(solver.time_s + SHOWN_STEPS * step, before_step=follow)
        rows.append((start_s + solver.time_s, BODY_C + float(solver.system.u[core].max(initial=0.0))))
        done = float(conversion.alpha.min(initial=1.0))
        if done > 0.99:
            end = min(end, solver.time_s + AFTER_S) if end == LONGEST_S else end
        if progress is not None:
            progress(done)
    curve = np.array(rows).T
    return Setting(
        grid, extremes.highest + np.float32(BODY_C), dose.minutes, cord.minutes, cement, curve[0], curve[1],
        met,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What lies round a filled body: cells, their tissue, and the share of each that is cement."""

    grid: TensorGrid
    tissues: TissueMap
    share: Array

    def mixed(self, law: Law, bound: Bound | None = "base") -> tuple[Array, Array, Array]:
        """Return conductivity, heat capacity and perfusion; `bound` is that of the perfusion, None leaves it out."""
        share = self.share
        k, c, w = self.bare(bound)
        k = (1.0 - share) * k + share * law.conductivity_w_m_k
        c = (1.0 - share) * c + share * law.capacity_j_m3_k
        return k, c, np.where(share > 0.05, 0.0, w)  # no blood flows where cement is

    def bare(self, bound: Bound | None = "base") -> tuple[Array, Array, Array]:
        """Return the same before any cement is there."""
        found = properties_of(self.tissues, Variation(perfusion=bound or "base"))
        k, c, w = (np.asarray(p, np.float64) for p in (found.conductivity, found.heat_capacity, found.perfusion))
        return k, c, (np.zeros_like(w) if bound is None else w)


def surroundings(cells: Cells, part: Array, bone: Spongiosa) -> Surroundings:
    """Return what lies round a filled body."""
    from scipy.ndimage import map_coordinates  # noqa: PLC0415

    filled = cells.points_mm[part > 0.05]
    low, high = filled.min(axis=0) - 2.0, filled.max(axis=0) + 2.0
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    grid = TensorGrid.graded(
        [(-h, h) for h in half], [(-h - AROUND_MM, h + AROUND_MM) for h in half], STEP_MM, GROWTH, centre_mm=middle
    )
    target = bone.target
    tissues = tissue_map(
        bone.anatomy, grid, lesion=target.lesion, lesion_type=target.lesion_type, bone=target.bone
    )  # fmt: skip
    index = (cells.site.frame.to_own(grid.points_mm.reshape(-1, 3)) - cells.low_mm) / cells.width_mm
    share = map_coordinates(cells.box(part * cells.pore_share), index.T, order=1, mode="constant")
    return Surroundings(grid, tissues, np.clip(share, 0.0, 1.0).reshape(grid.shape))
