"""Temperatures and doses of a simulated heating step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.core.names import HEATING
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.measure.swept import Read, assumed, at_cord, at_lesion_edge, spread, wider, with_result, zone_span
from planner.simulate.treatment.result import HeatResult, dose_at, max_temperature_at
from planner.simulate.treatment.treatment import Delivered


def heat_of(context: StepContext) -> HeatResult | str:
    """Return what the step's heating leaves, or why that is not known."""
    return context.own(context.simulation.heat)


with_heat = with_result(heat_of)


@quantity("tissue_temperature_max_c")
@with_heat
def tissue_temperature_max(_context: StepContext, heat: HeatResult) -> Outcome:
    """Hottest cell of all times."""
    value, interval = spread(heat, lambda run: float(run.max_c.max()))
    at = np.unravel_index(int(heat.run.max_c.argmax()), heat.run.grid.shape)
    return Measured(value, interval, place(heat.run.grid.points_mm[at]), note=assumed(heat.assumed))


@quantity("lesion_edge_temperature_c", HEATING)
@with_heat
def lesion_edge_temperature(context: StepContext, heat: HeatResult) -> Outcome:
    """Coldest point of the lesion's surface, each at its hottest moment."""
    return at_lesion_edge(context, heat, max_temperature_at, lowest=True)


@quantity("cord_temperature_max_c", HEATING)
@with_heat
def cord_temperature_max(context: StepContext, heat: HeatResult) -> Outcome:
    """Hottest point of the cord, or of what stands for it, heat left after the stop included."""
    return at_heated_cord(context, heat, max_temperature_at)


@quantity("cord_cem43_min", HEATING)
@with_heat
def cord_cem43(context: StepContext, heat: HeatResult) -> Outcome:
    """Largest heat dose of the cord, or of what stands for it; the cord's own slope widens the interval."""
    found = at_heated_cord(context, heat, dose_at)
    if not isinstance(found, Measured):
        return found
    steeper = at_heated_cord(context, heat, lambda run, points: dose_at(run, points, cord=True))
    ends = [m.value for m in (found, steeper) if isinstance(m, Measured)]
    low, high = wider(found.value, found.interval, ends)
    return replace(found, interval=(max(low, 0.0), high))


def at_heated_cord(context: StepContext, heat: HeatResult, read: Read[Delivered]) -> Measured | NotEvaluated:
    """Read the highest value at the cord, or at what stands for it."""
    return at_cord(context, heat, zone_span(context, heat.zone), read)
