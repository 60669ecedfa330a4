"""Temperatures of a simulated freezing step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from planner.core.names import FREEZING
from planner.measure.heat import assumed, with_caveats
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.measure.swept import NO_SAC, at_cord, at_lesion_edge, at_surfaces, roots_of, skin_of, spread, zone_span
from planner.simulate.treatment.cold_result import ColdResult, min_temperature_at


def cold_of(context: StepContext) -> ColdResult | str:
    """Return what the step's freezing leaves, or why that is not known."""
    found = context.simulation.cold
    own = found[context.case.steps.index(context.step)] if found else None
    return context.simulation.missing if own is None else own


def with_cold(function: Callable[[StepContext, ColdResult], Outcome]) -> Callable[[StepContext], Outcome]:
    """Say why there is no result, and hand on what it assumes."""

    def measured(context: StepContext) -> Outcome:
        cold = cold_of(context)
        return NotEvaluated(cold) if isinstance(cold, str) else with_caveats(function(context, cold), cold.caveats)

    measured.__doc__ = function.__doc__
    return measured


@quantity("tissue_temperature_min_c")
@with_cold
def tissue_temperature_min(_context: StepContext, cold: ColdResult) -> Outcome:
    """Coldest cell of all times."""
    value, interval = spread(cold, lambda run: float(run.min_c.min()))
    at = np.unravel_index(int(cold.run.min_c.argmin()), cold.run.grid.shape)
    return Measured(value, interval, place(cold.run.grid.points_mm[at]), note=assumed(cold.assumed))


@quantity("lesion_edge_temperature_c", FREEZING)
@with_cold
def lesion_edge_frozen(context: StepContext, cold: ColdResult) -> Outcome:
    """Warmest point of the lesion's surface, each at its coldest moment."""
    return at_lesion_edge(context, cold, min_temperature_at, lowest=False)


@quantity("cord_temperature_min_c")
@with_cold
def cord_temperature_min(context: StepContext, cold: ColdResult) -> Outcome:
    """Coldest point of the cord, or of what stands for it, what comes after the last freeze included."""
    return at_cord(context, cold, zone_span(context, cold.ice), min_temperature_at, lowest=True)


@quantity("root_temperature_min_c")
@with_cold
def root_temperature_min(context: StepContext, cold: ColdResult) -> Outcome:
    """Coldest point of any nerve root."""
    return at_surfaces(cold, *roots_of(context), min_temperature_at, lowest=True)


@quantity("sac_temperature_min_c")
@with_cold
def sac_temperature_min(context: StepContext, cold: ColdResult) -> Outcome:
    """Coldest point of the thecal sac."""
    sac = context.case.anatomy.get("thecal_sac") if "thecal_sac" in context.case.anatomy.names else None
    return at_surfaces(cold, [sac] if sac else [], NO_SAC, None, min_temperature_at, lowest=True)


@quantity("skin_temperature_min_c")
@with_cold
def skin_temperature_min(context: StepContext, cold: ColdResult) -> Outcome:
    """Coldest point of the skin."""
    return at_surfaces(cold, *skin_of(context), min_temperature_at, lowest=True)
