"""What cord, roots and skin go through: temperature, dose, time above 45 °C, and what comes after the stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.core.names import HEATING
from planner.measure.heat import at_heated_cord, with_heat
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, quantity
from planner.measure.swept import NO_SKIN, at_surfaces, roots_of, skin_of, spread
from planner.simulate.treatment.result import HeatResult, dose_at, max_temperature_at, time_above_45_at


@quantity("cord_above_45_s")
@with_heat
def cord_above_45(context: StepContext, heat: HeatResult) -> Outcome:
    """Longest time that a point of the cord, or of what stands for it, spends above 45 °C."""
    found = at_heated_cord(context, heat, time_above_45_at)
    return _not_negative(found)


@quantity("cord_overshoot_c")
@with_heat
def cord_overshoot(_context: StepContext, heat: HeatResult) -> Outcome:
    """By how much the cord's hottest point rises after the stop."""
    return _overshoot(heat, [n for n in heat.curves.watched_c if n in {"spinal_cord", "thecal_sac", "spinal_canal"}])


@quantity("root_temperature_max_c", HEATING)
@with_heat
def root_temperature(context: StepContext, heat: HeatResult) -> Outcome:
    """Hottest point of any nerve root."""
    return at_surfaces(heat, *roots_of(context), max_temperature_at)


@quantity("root_cem43_min", HEATING)
@with_heat
def root_dose(context: StepContext, heat: HeatResult) -> Outcome:
    """Largest heat dose of any nerve root."""
    return _not_negative(at_surfaces(heat, *roots_of(context), dose_at))


@quantity("root_above_45_s")
@with_heat
def root_above_45(context: StepContext, heat: HeatResult) -> Outcome:
    """Longest time that a point of a nerve root spends above 45 °C."""
    return _not_negative(at_surfaces(heat, *roots_of(context), time_above_45_at))


@quantity("root_overshoot_c")
@with_heat
def root_overshoot(_context: StepContext, heat: HeatResult) -> Outcome:
    """By how much the hottest point of a root rises after the stop."""
    return _overshoot(heat, [name for name in heat.curves.watched_c if name.startswith("nerve_root_")])


@quantity("skin_temperature_max_c")
@with_heat
def skin_temperature(context: StepContext, heat: HeatResult) -> Outcome:
    """Hottest point of the skin."""
    return at_surfaces(heat, *skin_of(context), max_temperature_at)


@quantity("skin_cem43_min")
@with_heat
def skin_dose(context: StepContext, heat: HeatResult) -> Outcome:
    """Largest heat dose of the skin."""
    return _not_negative(at_surfaces(heat, *skin_of(context), dose_at))


@quantity("skin_above_45_s")
@with_heat
def skin_above_45(context: StepContext, heat: HeatResult) -> Outcome:
    """Longest time that a point of the skin spends above 45 °C."""
    return _not_negative(at_surfaces(heat, *skin_of(context), time_above_45_at))


@quantity("skin_overshoot_c")
@with_heat
def skin_overshoot(context: StepContext, heat: HeatResult) -> Outcome:
    """By how much the hottest point of the skin rises after the stop."""
    return _overshoot(heat, ["skin"]) if "skin" in context.case.anatomy.names else NotApplicable(NO_SKIN)


def _overshoot(heat: HeatResult, names: Sequence[str]) -> Outcome:
    if not names:
        return NotEvaluated("no such structure was watched")
    value, interval = spread(heat, lambda run: max(run.curves.overshoot_k(name) for name in names))
    return _not_negative(Measured(value, interval))


def _not_negative(found: Outcome) -> Outcome:
    if not isinstance(found, Measured) or found.interval is None:
        return found
    return replace(found, interval=(max(found.interval[0], 0.0), max(found.interval[1], 0.0)))
