"""What an ablation kills, as a band over sources that disagree: cells of the lesion, and bone beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.core.names import HEATING
from planner.geometry.index import index_of
from planner.geometry.mesh import Mesh
from planner.geometry.voxelise import inside
from planner.measure.heat import heat_of, simulated
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.measure.simulated_zone import lesion_of
from planner.simulate.treatment.result import (
    LETHAL_C,
    LETHAL_CEM43_MIN,
    HeatResult,
    dose_at,
    max_temperature_at,
    read_at,
)
from planner.simulate.treatment.treatment import Delivered

Array = NDArray[np.float64]
SAMPLES = 4000
"""Points of a lesion at which its cells are counted: the share is right to 0.01."""
BONE_CEM43_MIN = 16.0
"""47 °C for a minute, from which bone does not heal (Eriksson and Albrektsson 1983)."""


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
        "Arrhenius": 1.0 - np.exp(-read_at(run, run.omega, points_mm)),
        "240 CEM43": (dose_at(run, points_mm) >= LETHAL_CEM43_MIN).astype(np.float64),
        "60 °C": (max_temperature_at(run, points_mm) >= LETHAL_C).astype(np.float64),
    }


def heat_killed(heat: HeatResult, mesh: Mesh) -> tuple[Killed, ...]:
    """Return what each source says of a lesion after heat."""
    points = inside_points(mesh)
    fine = heat_kills(heat.run, points)
    coarse = [heat_kills(run, points) for run in heat.coarse]
    return tuple(_told(name, dead, [c[name] for c in coarse], points, heat.spread) for name, dead in fine.items())


def _told(
    name: str, dead: Array, coarse: Sequence[Array], points: Array, spread: Callable[[list[float]], tuple[float, float]]
) -> Killed:
    share = float(dead.mean())
    low, high = spread([share, *(float(c.mean()) for c in coarse)]) if coarse else (share, share)
    least = int(dead.argmin())
    return Killed(name, share, (max(low, 0.0), min(high, 1.0)), float(dead[least]), points[least])


def killed_of(context: StepContext) -> tuple[Killed, ...] | str:
    """Return what each source says of the step's lesion, or why nothing can be said."""
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion.reason
    heat = heat_of(context)
    return heat if isinstance(heat, str) else heat_killed(heat, lesion.mesh)


@quantity("kill_probability", HEATING)
def kill_probability(context: StepContext) -> Outcome:
    """Share of the lesion's cells killed: the middle of the sources, and the band over all of them."""
    found = killed_of(context)
    if isinstance(found, str):
        return NotEvaluated(found)
    least, most = (pick(found, key=lambda k: k.share) for pick in (min, max))
    middle = float(np.median([k.share for k in found]))
    band = (min(k.interval[0] for k in found), max(k.interval[1] for k in found))
    weakest = min(found, key=lambda k: k.weakest)
    note = f"least by {least.source}, most by {most.source}" if least.share < most.share else "the sources agree"
    return simulated(Measured(middle, band if band[0] < band[1] else None, place(weakest.where_mm), note=note))


@quantity("bone_harmed_ml", HEATING)
def bone_heated(context: StepContext) -> Outcome:
    """Bone of the level outside the lesion that had 47 °C for a minute or its equal, from which it does not heal."""
    heat = heat_of(context)
    if isinstance(heat, str):
        return NotEvaluated(heat)
    return bone_volume(context, heat, lambda run: run.cem43_min >= BONE_CEM43_MIN)


def bone_volume(context: StepContext, heat: HeatResult, harmed: Callable[[Delivered], NDArray[np.bool_]]) -> Outcome:
    """Volume of the level's bone outside the lesion within the cells that `harmed` names, mL."""
    name = f"vertebra_{context.step.level}"
    bone = context.case.anatomy.get(name)
    if bone is None:
        return NotEvaluated(f"not in the labels: {name.replace('_', ' ')}")
    lesion = lesion_of(context)

    def volume(run: Delivered) -> float:
        cells = harmed(run)
        points = run.grid.points_mm[cells]
        if not len(points):
            return 0.0
        own = index_of(bone.mesh).signed(points)[0] < 0.0
        if not isinstance(lesion, NotEvaluated):
            own &= index_of(lesion.mesh).signed(points)[0] >= 0.0
        return float(run.grid.volumes_m3[cells][own].sum()) * 1e6

    value = volume(heat.run)
    interval = heat.spread([value, *map(volume, heat.coarse)]) if heat.coarse else None
    return simulated(Measured(value, None if interval is None else (max(interval[0], 0.0), interval[1])))
