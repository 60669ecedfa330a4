"""Simulates one heating step of a case: the base run, and coarse runs for the interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.structures import Anatomy
from planner.core.errors import Problem
from planner.core.names import HEATING
from planner.plan.case import Case, CaseStep
from planner.simulate.grid import TensorGrid
from planner.simulate.runs import Run, base_and_ends
from planner.simulate.treatment.probe import Probe, burns_of, grid_of
from planner.simulate.treatment.properties import Variation, properties_of
from planner.simulate.treatment.refusals import refusals
from planner.simulate.treatment.result import HeatResult
from planner.simulate.treatment.tissue_map import TissueMap, tissue_map
from planner.simulate.treatment.treatment import RESIDUAL_S, Delivered, deliver

STEP_MM, GROWTH = 0.75, 1.3
COARSE_MM, COARSE_GROWTH = 1.5, 1.35
SWEEP = (
    Variation(perfusion="low"), Variation(perfusion="high"), Variation(lesion_sigma="low"),
    Variation(lesion_sigma="high"), Variation(bone_conductivity="low"), Variation(bone_conductivity="high"),
)  # fmt: skip
"""One group of properties at one end of its range at a time."""
FAR_K = 0.5
"""Warming of the outer faces from which the grid counts as too small."""
WATCHED = 2000
"""Points of a structure that curves look at; the result reads them all."""
CORDS = ("spinal_cord", "thecal_sac", "spinal_canal")
SURFACES = ("nerve_root_", "skin")
"""Structures besides the cord whose surfaces curves look at."""


@dataclass(frozen=True, eq=False)
class _Setup:
    """A step on one grid."""

    burns: tuple[Probe, ...]
    grid: TensorGrid
    tissues: TissueMap
    watched: dict[str, NDArray[np.float64]]

    def run(
        self, variation: Variation, earlier: Delivered | None, progress: Callable[[float], None] | None
    ) -> Delivered:
        return deliver(
            self.burns, self.grid, properties_of(self.tissues, variation), watched_mm=self.watched, earlier=earlier,
            progress=progress,
        )  # fmt: skip


def simulate_heating(
    case: Case,
    step: CaseStep,
    *,
    step_mm: float = STEP_MM,
    sweep: tuple[Variation, ...] = SWEEP,
    earlier: HeatResult | None = None,
    progress: Callable[[float], None] | None = None,
) -> HeatResult | str:
    """Simulate a heating step, or say why it cannot be.

    Parameters
    ----------
    step_mm : largest cell around the active tips.
    sweep : variations for the interval, computed on cells twice as wide; none: no interval.
    earlier : an earlier heating step of the plan, whose doses add up.
    progress : told the share done, 0 to 1; what it raises stops the work.

    Raises
    ------
    SimulationError
        When temperatures are no longer numbers.
    """
    burns = burns_of(step)
    if isinstance(burns, str):
        return burns
    if problems := refusals(case, step, burns, grid_of(burns, _finest(burns, step_mm), GROWTH)):
        return "; ".join(f"{p.got}: expected {p.expected}" for p in problems)
    whole = sum(b.duration_s + b.pause_s for b in burns) + RESIDUAL_S
    watched = watched_points(case.anatomy, step)

    def run(setup: _Setup, variation: Variation, then: Delivered | None) -> Run[Delivered]:
        return lambda tell: setup.run(variation, then, lambda t: tell(min(t / whole, 1.0)))

    fine = _setup(case, step, burns, _finest(burns, step_mm), GROWTH, watched)
    ends: list[Run[Delivered]] = []
    if sweep:
        wide = _setup(case, step, burns, _finest(burns, 2.0 * step_mm), COARSE_GROWTH, watched)
        varied = (Variation(), *sweep)
        before = earlier.coarse if earlier and earlier.coarse else [None] * len(varied)
        ends = [run(wide, variation, then) for variation, then in zip(varied, before, strict=True)]
    found, coarse = base_and_ends(run(fine, Variation(), earlier.run if earlier else None), ends, progress)
    said = [*fine.tissues.caveats, *_shortfalls(burns, found)]
    return HeatResult(found, coarse, tuple(said), (*fine.tissues.assumed, *burns[0].assumed), burns)


def refused_steps(case: Case) -> list[Problem]:
    """Return what keeps any heating step of a plan from being computed, with its place."""
    found: list[Problem] = []
    for step in case.steps:
        burns = burns_of(step) if step.kind in HEATING else ""
        if not isinstance(burns, str):
            found += refusals(case, step, burns, grid_of(burns, _finest(burns, STEP_MM), GROWTH))
    return found


def _finest(burns: Sequence[Probe], step_mm: float) -> float:
    return min(step_mm, *(b.diameter_mm for b in burns))


def _shortfalls(burns: Sequence[Probe], run: Delivered) -> list[str]:
    said, probe = [], burns[0]
    if probe.stop_c is None and not run.reached:
        said.append(f"the set-point of {probe.setpoint_c:g} °C was not reached within {probe.max_power_w:g} W")
    if run.pauses:
        said.append(f"impedance rose and power paused {run.pauses} times")
    if run.edge_rise_k > FAR_K:
        said.append(f"the far boundary warmed by {run.edge_rise_k:.1f} K")
    return said


def _setup(  # noqa: PLR0917 - a step and a grid
    case: Case,
    step: CaseStep,
    burns: tuple[Probe, ...],
    step_mm: float,
    growth: float,
    watched: dict[str, NDArray[np.float64]],
) -> _Setup:
    grid = grid_of(burns, step_mm, growth)
    return _Setup(burns, grid, tissues_of(case, step, grid), watched)


def tissues_of(case: Case, step: CaseStep, grid: TensorGrid) -> TissueMap:
    """Return what the cells hold before a step, with its protection."""
    target = step.target
    return tissue_map(
        case.anatomy, grid, lesion=target.lesion, lesion_type=target.lesion_type, bone=target.bone,
        protection=step.plan.protection,
    )  # fmt: skip


def watched_points(anatomy: Anatomy, step: CaseStep) -> dict[str, NDArray[np.float64]]:
    """Return by name the points that curves follow: surfaces of cord, roots and skin, and the plan's thermocouples."""
    found: dict[str, NDArray[np.float64]] = {}
    cords = [s for name in CORDS if (s := anatomy.get(name))][:2]
    others = [s for name in anatomy.names if name.startswith(SURFACES) and (s := anatomy.get(name))]
    for structure in cords + others:
        points = np.asarray(structure.mesh.vertices, dtype=np.float64)
        found[structure.name] = points[:: max(1, len(points) // WATCHED)]
    found.update({name: np.asarray([point]) for name, point in step.thermocouples.items()})
    return found
