"""What cord, roots and skin go through: temperature, dose, time above 45 °C, and what comes after the stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from planner.anatomy.structures import Structure
from planner.core.names import HEATING, LEVELS
from planner.measure.heat import CordReader, at_cord, inside_too, spread, with_heat
from planner.measure.instrument import MODELLED_ROOTS
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity
from planner.simulate.treatment.result import HeatResult, dose_at, max_temperature_at, time_above_45_at

NO_SKIN = "no skin is labelled"


@quantity("cord_above_45_s")
@with_heat
def cord_above_45(context: StepContext, heat: HeatResult) -> Outcome:
    """Longest time that a point of the cord, or of what stands for it, spends above 45 °C."""
    found = at_cord(context, heat, time_above_45_at)
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
    return _at(heat, *_roots(context), max_temperature_at)


@quantity("root_cem43_min", HEATING)
@with_heat
def root_dose(context: StepContext, heat: HeatResult) -> Outcome:
    """Largest heat dose of any nerve root."""
    return _not_negative(_at(heat, *_roots(context), dose_at))


@quantity("root_above_45_s")
@with_heat
def root_above_45(context: StepContext, heat: HeatResult) -> Outcome:
    """Longest time that a point of a nerve root spends above 45 °C."""
    return _not_negative(_at(heat, *_roots(context), time_above_45_at))


@quantity("root_overshoot_c")
@with_heat
def root_overshoot(_context: StepContext, heat: HeatResult) -> Outcome:
    """By how much the hottest point of a root rises after the stop."""
    return _overshoot(heat, [name for name in heat.curves.watched_c if name.startswith("nerve_root_")])


@quantity("skin_temperature_max_c")
@with_heat
def skin_temperature(context: StepContext, heat: HeatResult) -> Outcome:
    """Hottest point of the skin."""
    return _at(heat, *_skin(context), max_temperature_at)


@quantity("skin_cem43_min")
@with_heat
def skin_dose(context: StepContext, heat: HeatResult) -> Outcome:
    """Largest heat dose of the skin."""
    return _not_negative(_at(heat, *_skin(context), dose_at))


@quantity("skin_above_45_s")
@with_heat
def skin_above_45(context: StepContext, heat: HeatResult) -> Outcome:
    """Longest time that a point of the skin spends above 45 °C."""
    return _not_negative(_at(heat, *_skin(context), time_above_45_at))


@quantity("skin_overshoot_c")
@with_heat
def skin_overshoot(context: StepContext, heat: HeatResult) -> Outcome:
    """By how much the hottest point of the skin rises after the stop."""
    return _overshoot(heat, ["skin"]) if "skin" in context.case.anatomy.names else NotApplicable(NO_SKIN)


def _roots(context: StepContext) -> tuple[Sequence[Structure], str, str | None]:
    """Roots that are labelled, else those of the level and the one above as they are modelled."""
    anatomy = context.case.anatomy
    labelled = [s for name in anatomy.names if name.startswith("nerve_root_") and (s := anatomy.get(name))]
    if labelled:
        return labelled, "", None
    at = LEVELS.index(context.step.level)
    names = [f"nerve_root_{level}_{side}" for level in LEVELS[max(at - 1, 0) : at + 1] for side in ("left", "right")]
    modelled = [s for name in names if (s := anatomy.get(name))]
    return modelled, "not in the labels: nerve roots, and they could not be modelled", MODELLED_ROOTS


def _skin(context: StepContext) -> tuple[Sequence[Structure], str, str | None]:
    names = context.case.anatomy.names
    skin = context.case.anatomy.get("skin") if "skin" in names else None
    return [skin] if skin else [], NO_SKIN, None


def _at(
    heat: HeatResult, structures: Sequence[Structure], missing: str, caveat: str | None, read: CordReader
) -> Outcome:
    if not structures:
        return NotApplicable(missing) if missing == NO_SKIN else NotEvaluated(missing)
    points = np.concatenate([inside_too(s.mesh) for s in structures])
    near = points[heat.run.grid.contains(points)]
    if not len(near):
        near = points[:1]  # all of them are beyond what is computed, where nothing warms
    value, interval = spread(heat, lambda run: float(read(run, near).max()))
    return Measured(value, interval, place(near[int(read(heat.run, near).argmax())]), caveat=caveat)


def _overshoot(heat: HeatResult, names: Sequence[str]) -> Outcome:
    if not names:
        return NotEvaluated("no such structure was watched")
    value, interval = spread(heat, lambda run: max(run.curves.overshoot_k(name) for name in names))
    return _not_negative(Measured(value, interval))


def _not_negative(found: Outcome) -> Outcome:
    if not isinstance(found, Measured) or found.interval is None:
        return found
    return replace(found, interval=(max(found.interval[0], 0.0), max(found.interval[1], 0.0)))
