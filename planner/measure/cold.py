"""Temperatures of a simulated freezing step."""

from __future__ import annotations

import numpy as np

from planner.core.names import FREEZING
from planner.measure.models import Measured, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.measure.swept import (
    NO_SAC,
    assumed,
    at_cord,
    at_lesion_edge,
    at_surfaces,
    roots_of,
    skin_of,
    spread,
    with_result,
    zone_span,
)
from planner.simulate.treatment.cold_result import ColdResult, min_temperature_at


def cold_of(context: StepContext) -> ColdResult | str:
    """Return what the step's freezing leaves, or why that is not known."""
    return context.own(context.simulation.cold)


with_cold = with_result(cold_of)


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
