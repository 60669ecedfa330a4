"""What the plan itself states: set-point, time, balloon, cement, dose, levels; and cement against the body."""

from __future__ import annotations

from planner.core.names import FREEZING
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, quantity

MODELLED_BODY = 0.08
"""Relative error of the volume of a body told from its vertebra by shape: against body maps of real CT it was within
4 % for whole lumbar levels and 8 % for one cut by the image."""


def _stated(value: float | None, key: str) -> Outcome:
    return NotEvaluated(f"the plan states no {key}") if value is None else Measured(float(value))


@quantity("setpoint_c")
def setpoint(context: StepContext) -> Outcome:
    """Set-point at the electrode; a stop criterion measured away from it is another thing."""
    plan, sheet = context.step.plan, context.step.sheet
    stops_elsewhere = plan.stop_temperature_c is not None or (sheet and sheet.value("stop_temperature_c") is not None)
    if plan.setpoint_c is None and stops_elsewhere:
        return NotApplicable("the generator stops on a temperature measured away from the electrode")
    return _stated(context.step.plan.setpoint_c, "`setpoint`")


@quantity("ablation_duration_s")
def ablation_duration(context: StepContext) -> Outcome:
    """Time of heating, or of all phases of freezing and thawing."""
    if context.step.kind in FREEZING:
        plan = context.step.plan
        whole = sum(phase.duration_s for cycle in plan.cycles for phase in cycle)
        whole += sum(place.pause_s or 0.0 for place in plan.positions)
        return _stated(whole if all(plan.cycles) else None, "`cycle`")
    return _stated(context.step.plan.duration_s, "`duration`")


@quantity("balloon_pressure_kpa")
def balloon_pressure(context: StepContext) -> Outcome:
    """Pressure planned in each balloon."""
    return _stated(context.step.plan.balloon.pressure_kpa, "`balloon.pressure`")


@quantity("balloon_volume_ml")
def balloon_volume(context: StepContext) -> Outcome:
    """Volume planned in each balloon."""
    return _stated(context.step.plan.balloon.volume_ml, "`balloon.volume`")


@quantity("cement_volume_ml")
def cement_volume(context: StepContext) -> Outcome:
    """Cement of the step; a level's steps add up."""
    cement = context.step.plan.cement
    return NotApplicable("no cement is planned") if cement is None else Measured(cement.volume_ml)


@quantity("cement_session_volume_ml")
def cement_session_volume(context: StepContext) -> Outcome:
    """Cement of the step; all steps of the session add up."""
    return cement_volume(context)


@quantity("cement_fill_fraction")
def cement_fill(context: StepContext) -> Outcome:
    """Cement over the volume of the vertebral body, never of the whole vertebra."""
    cement = context.step.plan.cement
    if cement is None:
        return NotApplicable("no cement is planned")
    name = f"vertebra_{context.step.level}_body"
    body = context.case.anatomy.get(name)
    if body is None:
        return NotEvaluated(f"{name} is not in the labels, nor could it be told by the vertebra's shape")
    if body.cut:
        return NotEvaluated(f"{name} is cut by the border of the image")
    fill, note = cement.volume_ml / body.volume_ml, f"body {body.volume_ml:.1f} mL"
    if body.origin != "modelled":
        return Measured(fill, note=note)
    spread = (fill * (1.0 - MODELLED_BODY), fill * (1.0 + MODELLED_BODY))
    return Measured(fill, spread, note=note, caveat="the body was told from the vertebra by its shape", modelled=True)


@quantity("dose_per_fraction_gy")
def dose_per_fraction(context: StepContext) -> Outcome:
    """Prescribed dose over the number of fractions."""
    return Measured(context.step.plan.dose_gy / context.step.plan.fractions)


@quantity("technique_steps")
def technique_steps(_context: StepContext) -> Outcome:
    """One for each step: what a site does not offer is planned nowhere."""
    return Measured(1.0)


@quantity("vertebral_levels")
def vertebral_levels(context: StepContext) -> Outcome:
    """One for the first step at a level, none for its further steps, so that the session's sum counts levels."""
    first = next(step for step in context.case.steps if step.level == context.step.level)
    return Measured(1.0 if first is context.step else 0.0)
