"""Temperatures and doses of a simulated heating step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from planner.anatomy.structures import Structure
from planner.core.names import HEATING
from planner.geometry.mesh import Mesh
from planner.measure.instrument import at_stand_in
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.neighbours import Span, instrument_span
from planner.measure.registry import StepContext, place, quantity
from planner.simulate.treatment.result import HeatResult, dose_at, max_temperature_at, surface_points
from planner.simulate.treatment.treatment import Delivered

CordReader = Callable[[Delivered, np.ndarray], np.ndarray]


def heat_of(context: StepContext) -> HeatResult | str:
    """Return what the step's heating leaves, or why that is not known."""
    found = context.simulation.heat
    own = found[context.case.steps.index(context.step)] if found else None
    return context.simulation.missing if own is None else own


def with_heat(function: Callable[[StepContext, HeatResult], Outcome]) -> Callable[[StepContext], Outcome]:
    """Say why there is no result, and hand on what it assumes."""

    def measured(context: StepContext) -> Outcome:
        heat = heat_of(context)
        if isinstance(heat, str):
            return NotEvaluated(heat)
        found = function(context, heat)
        if not isinstance(found, Measured):
            return found
        caveat = "; ".join(filter(None, (found.caveat, *heat.caveats))) or None
        return replace(simulated(found), caveat=caveat)

    measured.__doc__ = function.__doc__
    return measured


def simulated(found: Measured) -> Measured:
    """Mark a value as simulated."""
    return replace(found, origin="simulated")


def spread(heat: HeatResult, of: Callable[[Delivered], float]) -> tuple[float, tuple[float, float] | None]:
    """Return the value of a run and its interval from property uncertainty; None without coarse runs."""
    value = of(heat.run)
    return value, heat.spread([value, *map(of, heat.coarse)]) if heat.coarse else None


@quantity("tissue_temperature_max_c")
@with_heat
def tissue_temperature_max(_context: StepContext, heat: HeatResult) -> Outcome:
    """Hottest cell of all times."""
    value, interval = spread(heat, lambda run: float(run.max_c.max()))
    at = np.unravel_index(int(heat.run.max_c.argmax()), heat.run.grid.shape)
    where = heat.run.grid.points_mm[at]
    note = f"assumed: {', '.join(heat.assumed)}" if heat.assumed else None
    return Measured(value, interval, place(where), note=note)


@quantity("lesion_edge_temperature_c", HEATING)
@with_heat
def lesion_edge_temperature(context: StepContext, heat: HeatResult) -> Outcome:
    """Coldest point of the lesion's surface, each at its hottest moment."""
    name = context.step.target.lesion
    lesion = context.case.anatomy.get(name) if name else None
    if lesion is None:
        return NotEvaluated("the step names no lesion")
    points = surface_points(lesion.mesh)
    value, interval = spread(heat, lambda run: float(max_temperature_at(run, points).min()))
    coldest = points[int(max_temperature_at(heat.run, points).argmin())]
    shift = lesion.uncertainty_mm(coldest - points.mean(axis=0))
    if shift > 0.0:
        ends = [float(max_temperature_at(heat.run, surface_points(lesion.mesh, s)).min()) for s in (shift, -shift)]
        interval = _wider(value, interval, ends)
    return Measured(value, interval, place(coldest))


@quantity("cord_temperature_max_c", HEATING)
@with_heat
def cord_temperature_max(context: StepContext, heat: HeatResult) -> Outcome:
    """Hottest point of the cord, or of what stands for it, heat left after the stop included."""
    return at_cord(context, heat, max_temperature_at)


@quantity("cord_cem43_min", HEATING)
@with_heat
def cord_cem43(context: StepContext, heat: HeatResult) -> Outcome:
    """Largest heat dose of the cord, or of what stands for it; the cord's own slope widens the interval."""
    found = at_cord(context, heat, dose_at)
    if not isinstance(found, Measured):
        return found
    steeper = at_cord(context, heat, lambda run, points: dose_at(run, points, cord=True))
    ends = [m.value for m in (found, steeper) if isinstance(m, Measured)]
    low, high = _wider(found.value, found.interval, ends)
    return replace(found, interval=(max(low, 0.0), high))


def at_cord(context: StepContext, heat: HeatResult, read: CordReader) -> Measured | NotEvaluated:
    """Read the highest value at the cord, or at what stands for it."""

    def hottest(cord: Structure) -> Measured:
        points = inside_too(cord.mesh)
        value, interval = spread(heat, lambda run: float(read(run, points).max()))
        where = points[int(read(heat.run, points).argmax())]
        shift = cord.uncertainty_mm(where - points.mean(axis=0))
        if shift > 0.0:
            ends = [float(read(heat.run, surface_points(cord.mesh, s)).max()) for s in (shift, -shift)]
            interval = _wider(value, interval, ends)
        return Measured(value, interval, place(where))

    return at_stand_in(context, heated_span(context, heat), hottest)


def heated_span(context: StepContext, heat: HeatResult) -> Span:
    """Return the height over which a structure must be known: the zone's, or the instrument's without one."""
    if heat.zone is None:
        tips = [float(tool.tip[2]) for tool in context.step.instruments]
        return Span(min(tips) - 1.0, max(tips) + 1.0) if tips else instrument_span(context)
    low, high = heat.zone.bounds[:, 2]
    return Span(float(low), float(high))


def inside_too(mesh: Mesh) -> np.ndarray:
    """Surface and a layer below: blood warms the surface of a heat sink from within as well."""
    return np.concatenate([surface_points(mesh), surface_points(mesh, -0.5)])


def _wider(value: float, interval: tuple[float, float] | None, ends: list[float]) -> tuple[float, float]:
    """Add what a shift of the surface changes to an interval."""
    low, high = interval or (value, value)
    down, up = min(0.0, *(e - value for e in ends)), max(0.0, *(e - value for e in ends))
    return value - float(np.hypot(value - low, down)), value + float(np.hypot(high - value, up))
