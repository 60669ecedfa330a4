"""Simulates one freezing step of a case: the base run, and coarse runs for the interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planner.core.errors import Problem
from planner.core.names import FREEZING
from planner.plan.case import Case, CaseStep
from planner.simulate.grid import TensorGrid
from planner.simulate.runs import Run, Told, base_and_ends
from planner.simulate.tissues import BODY_C
from planner.simulate.treatment.cold_probe import ColdPosition, positions_of
from planner.simulate.treatment.cold_refusals import cold_refusals
from planner.simulate.treatment.cold_result import ColdResult
from planner.simulate.treatment.cold_tissue import frozen_of
from planner.simulate.treatment.cold_treatment import AFTER_S, ColdRun, freeze_timeline
from planner.simulate.treatment.probe import grid_of
from planner.simulate.treatment.properties import Variation, properties_of
from planner.simulate.treatment.simulated import tissues_of, watched_points
from planner.simulate.treatment.tissue_map import TissueMap

STEP_MM, GROWTH = 1.0, 1.35
CORE_MM, FAR_MM = 8.0, 60.0
"""How far fine cells reach around the active parts, where temperature is steepest, and the outer faces at least. Ice,
−20 and −40 °C of two probes lie within 0.1 mm across and 0.15 mm along of those on 0.7-mm cells to 20 mm, growing by
1.15, at a thirteenth of the time."""
COLD_SWEEP = tuple(
    Variation(**{group: bound})  # type: ignore[arg-type]
    for group in ("perfusion", "bone_conductivity", "latent_heat", "frozen_conductivity", "probe_power")
    for bound in ("low", "high")
)
"""One group of properties at one end of its range at a time."""
FAR_K = 0.5
"""Cooling of the outer faces from which the grid counts as too small."""


def simulate_freezing(
    case: Case,
    step: CaseStep,
    *,
    step_mm: float = STEP_MM,
    sweep: tuple[Variation, ...] = COLD_SWEEP,
    earlier: ColdResult | None = None,
    progress: Callable[[float], None] | None = None,
) -> ColdResult | str:
    """Simulate a freezing step, or say why it cannot be.

    Parameters
    ----------
    step_mm : largest cell around the active parts.
    sweep : variations for the interval, computed on cells as wide as a probe; none: no interval.
    earlier : an earlier freezing step of the plan, whose freezes add up.
    progress : told the share done, 0 to 1; what it raises stops the work.

    Raises
    ------
    SimulationError
        When temperatures are no longer numbers.
    """
    positions = positions_of(step)
    if isinstance(positions, str):
        return positions
    if problems := cold_refusals(case, step, positions, cold_grid(positions, step_mm)):
        return "; ".join(f"{p.got}: expected {p.expected}" for p in problems)
    whole = sum(place.duration_s for place in positions) + AFTER_S
    watched = watched_points(case.anatomy, step)

    def run(tissues: TissueMap, variation: Variation, then: ColdRun | None) -> Run[ColdRun]:
        def frozen(tell: Told) -> ColdRun:
            held = properties_of(tissues, variation)
            probes = [place.with_power(variation.probe_power) for place in positions]
            return freeze_timeline(
                probes, tissues.grid, held, frozen_of(held, variation), watched_mm=watched, earlier=then,
                progress=lambda t: tell(min(t / whole, 1.0)),
            )  # fmt: skip

        return frozen

    fine = tissues_of(case, step, cold_grid(positions, step_mm))
    ends: list[Run[ColdRun]] = []
    if sweep:
        wide = tissues_of(case, step, cold_grid(positions, 2.0 * step_mm))
        varied = (Variation(), *sweep)
        before = earlier.coarse if earlier and earlier.coarse else [None] * len(varied)
        ends = [run(wide, variation, then) for variation, then in zip(varied, before, strict=True)]
    found, coarse = base_and_ends(run(fine, Variation(), earlier.run if earlier else None), ends, progress)
    said = list(fine.caveats)
    if any(flow.takes_w_m3_k > 0.0 and flow.temperature_c < BODY_C for flow in fine.flows):
        said.append("a cooling fluid beside ice is simulated as standing still")
    if found.edge_fall_k > FAR_K:
        said.append(f"the far boundary cooled by {found.edge_fall_k:.1f} K")
    return ColdResult(found, coarse, tuple(said), (*fine.assumed, *positions[0].assumed), positions)


def refused_freezing(case: Case) -> list[Problem]:
    """Return what keeps any freezing step of a plan from being computed, with its place."""
    found: list[Problem] = []
    for step in case.steps:
        positions = positions_of(step) if step.kind in FREEZING else ""
        if not isinstance(positions, str):
            found += cold_refusals(case, step, positions, cold_grid(positions, STEP_MM))
    return found


def cold_grid(positions: Sequence[ColdPosition], step_mm: float, growth: float = GROWTH) -> TensorGrid:
    """Return cells in line with the first probe, no wider than a probe around the active parts."""
    finest = min(step_mm, *(place.diameter_mm for place in positions))
    return grid_of(positions, finest, growth, CORE_MM, FAR_MM)
