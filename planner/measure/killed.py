"""What an ablation kills, as a band over sources that disagree: cells of the lesion, and bone beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.core.names import FREEZING, HEATING
from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh
from planner.geometry.voxelise import inside
from planner.measure.cold import cold_of, with_cold
from planner.measure.heat import heat_of, with_heat
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.measure.simulated_zone import lesion_of
from planner.measure.swept import simulated, spread
from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.cold_damage import ColdHistory, kill_by_source
from planner.simulate.thermal.thermocouples import read_at
from planner.simulate.treatment.cold_result import KILLS_C, ColdResult, min_temperature_at
from planner.simulate.treatment.cold_treatment import COUNTED_C, ColdRun
from planner.simulate.treatment.result import (
    LETHAL_C,
    LETHAL_CEM43_MIN,
    HeatResult,
    dose_at,
    max_temperature_at,
)
from planner.simulate.treatment.spread import combined
from planner.simulate.treatment.treatment import Delivered

Array = NDArray[np.float64]
SAMPLES = 4000
"""Points of a lesion at which its cells are counted: the share is right to 0.01."""
BONE_CEM43_MIN = 16.0
"""47 °C for a minute, from which bone does not heal (Eriksson and Albrektsson 1983)."""
BONE_COLD_C = 3.5
"""Isotherm at the border of dead bone in the femoral head of the emu."""


@dataclass(frozen=True, eq=False)
class Killed:
    """What one source says of a lesion.

    Attributes
    ----------
    source : its name: a key of the laws of cold, or words for heat.
    share : of the lesion's cells, on average; interval : from property uncertainty.
    weakest : share at the place where it is least; where_mm : that place.
    """

    source: str
    share: float
    interval: tuple[float, float]
    weakest: float
    where_mm: Array


def inside_points(mesh: Mesh) -> Array:
    """Return places that fill a body evenly."""
    step = max((abs(mesh.volume_mm3) / SAMPLES) ** (1.0 / 3.0), 0.1)
    low, high = mesh.bounds
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = low
    shape = tuple(int(n) for n in np.ceil((high - low) / step) + 1)
    block = inside(mesh, affine, (shape[0], shape[1], shape[2]))
    corner = [part.start for part in block.window]
    return np.asarray((np.argwhere(block.values) + corner) * step + low, dtype=np.float64)


def heat_kills(run: Delivered, points_mm: Array) -> Mapping[str, Array]:
    """Return by source the share of cells that heat kills at points."""
    return {
        "Arrhenius": 1.0 - np.exp(-read_at(run.grid, run.omega, points_mm)),
        "240 CEM43": (dose_at(run, points_mm) >= LETHAL_CEM43_MIN).astype(np.float64),
        "60 °C": (max_temperature_at(run, points_mm) >= LETHAL_C).astype(np.float64),
    }


def cold_kills(run: ColdRun, points_mm: Array) -> Mapping[str, Array]:
    """Return by source the share of cells that cold kills at points."""
    return kill_by_source(cold_history(run, points_mm))


def cold_history(run: ColdRun, points_mm: Array) -> ColdHistory:
    """Return what points went through: cold, time at it in each freeze, and how fast they thawed."""
    seconds = [[read_at(run.grid, one, points_mm) for one in run.seconds_below[level]] for level in COUNTED_C]
    thaw = [read_at(run.grid, one, points_mm, np.nan) for one in run.thaw_k_min]
    shape = (run.freezes, len(points_mm))
    coldest = min_temperature_at(run, points_mm)
    return ColdHistory(coldest, COUNTED_C, np.reshape(seconds, (len(COUNTED_C), *shape)), np.reshape(thaw, shape))


def killed_of(context: StepContext) -> tuple[Killed, ...] | str:
    """Return what each source says of the step's lesion, or why nothing can be said."""
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion.reason
    points = inside_points(lesion.mesh)
    if context.step.kind in FREEZING:
        cold = cold_of(context)
        return (
            cold if isinstance(cold, str) else _told([cold_kills(r, points) for r in (cold.run, *cold.coarse)], points)
        )
    heat = heat_of(context)
    return heat if isinstance(heat, str) else _told([heat_kills(r, points) for r in (heat.run, *heat.coarse)], points)


def _told(runs: Sequence[Mapping[str, Array]], points: Array) -> tuple[Killed, ...]:
    """What the sources say of the fine run, which comes first, with the interval from the coarse ones."""
    found = []
    for name, dead in runs[0].items():
        share = float(dead.mean())
        low, high = combined([float(run[name].mean()) for run in runs]) if len(runs) > 1 else (share, share)
        least = int(dead.argmin())
        found.append(Killed(name, share, (max(low, 0.0), min(high, 1.0)), float(dead[least]), points[least]))
    return tuple(found)


@quantity("kill_probability")
def kill_probability(context: StepContext) -> Outcome:
    """Share of the lesion's cells killed: the middle of the sources, and the band over all of them."""
    found = killed_of(context)
    if isinstance(found, str):
        return NotEvaluated(found)
    least, most = min(found, key=_share), max(found, key=_share)
    middle = float(np.median([k.share for k in found]))
    band = (min(k.interval[0] for k in found), max(k.interval[1] for k in found))
    weakest = min(found, key=lambda k: k.weakest)
    note = f"{least.share:.2f} to {most.share:.2f} by source" if least.share < most.share else "the sources agree"
    return simulated(Measured(middle, band if band[0] < band[1] else None, place(weakest.where_mm), note=note))


def _share(killed: Killed) -> float:
    return killed.share


@quantity("lesion_lethal_s")
@with_cold
def lesion_lethal_time(context: StepContext, cold: ColdResult) -> Outcome:
    """Time below −20 °C in the freeze that holds it longest, at the place of the lesion's surface that has least."""
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion
    points = np.asarray(lesion.mesh.vertices, dtype=np.float64)

    def least(run: ColdRun) -> Array:
        held = [read_at(run.grid, field, points) for field in run.seconds_below[KILLS_C]]
        return np.asarray(np.max([np.zeros(len(points)), *held], axis=0))

    value, interval = spread(cold, lambda run: float(least(run).min()))
    return Measured(value, interval, place(points[int(least(cold.run).argmin())]))


@quantity("bone_harmed_ml", HEATING)
@with_heat
def bone_heated(context: StepContext, heat: HeatResult) -> Outcome:
    """Bone of the level outside the lesion that had 47 °C for a minute or its equal, from which it does not heal."""
    return _bone(context, [(run.grid, run.cem43_min >= BONE_CEM43_MIN) for run in (heat.run, *heat.coarse)])


@quantity("bone_harmed_ml", FREEZING)
@with_cold
def bone_chilled(context: StepContext, cold: ColdResult) -> Outcome:
    """Bone of the level outside the lesion that was colder than +3.5 °C, where it died in the emu: beyond the ice."""
    return _bone(context, [(run.grid, run.min_c <= BONE_COLD_C) for run in (cold.run, *cold.coarse)])


def _bone(context: StepContext, harmed: Sequence[tuple[TensorGrid, NDArray[np.bool_]]]) -> Outcome:
    """Volume of the level's bone outside the lesion within the cells named, the fine run's first, mL."""
    name = f"vertebra_{context.step.level}"
    bone = context.case.anatomy.get(name)
    if bone is None:
        return NotEvaluated(f"not in the labels: {name.replace('_', ' ')}")
    lesion = lesion_of(context)

    def volume(grid: TensorGrid, cells: NDArray[np.bool_]) -> float:
        points = grid.points_mm[cells]
        own = index_of(bone.mesh).signed(points)[0] < 0.0 if len(points) else np.zeros(0, bool)
        if len(points) and not isinstance(lesion, NotEvaluated):
            own &= index_of(lesion.mesh).signed(points)[0] >= 0.0
        return float(grid.volumes_m3[cells][own].sum()) * 1e6

    volumes = [volume(grid, cells) for grid, cells in harmed]
    low, high = combined(volumes) if len(volumes) > 1 else (volumes[0], volumes[0])
    return simulated(Measured(volumes[0], (max(low, 0.0), high) if low < high else None))
