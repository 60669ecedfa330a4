"""How an ablation lies: ice over the lesion, probe to the lesion's far edge, what is beside it."""

from __future__ import annotations

import numpy as np

from planner.geometry.segments import point_on_segment
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, place, quantity, widened
from planner.measure.simulated_zone import lesion_of
from planner.measure.zone import margin_within, with_zone
from planner.plan.models import CORD_PROTECTION
from planner.simulate.zone import ExpectedZone

SALINE = ("cooled_saline", "warmed_saline")
"""Fluids with ions among the protections of a plan."""


@quantity("ice_margin_mm")
@with_zone
def ice_margin(context: StepContext, zone: ExpectedZone) -> Outcome:
    """Smallest distance from lesion surface to the edge of the ice, negative where it is outside."""
    if zone.hazard is zone.lethal:
        return NotEvaluated("the plan states one zone, and no edge of the ice beside it")
    return margin_within(context, zone.hazard)


@quantity("probe_edge_distance_mm")
def probe_edge_distance(context: StepContext) -> Outcome:
    """From the place of the lesion's surface that is farthest from every active part, to the nearest of them (axis)."""
    lesion = lesion_of(context)
    if isinstance(lesion, NotEvaluated):
        return lesion
    active = None if context.step.sheet is None else context.step.sheet.value("active_length_mm")
    if active is None:
        return NotEvaluated("the device sheet states no active length")
    points = np.asarray(lesion.mesh.vertices, dtype=np.float64)
    ends = [(tool.tip - active * tool.direction, tool.tip) for tool in context.step.instruments]
    away = np.stack([points - point_on_segment(start, end, points) for start, end in ends])
    nearest = np.linalg.norm(away, axis=2).min(axis=0)
    far = int(nearest.argmax())
    half = lesion.uncertainty_mm(points[far] - points.mean(axis=0))
    return Measured(float(nearest[far]), widened(float(nearest[far]), half), place(points[far]))


@quantity("probe_duty_fraction")
def probe_duty(context: StepContext) -> Outcome:
    """Share of the time in which the probes work, of the freeze that has least."""
    plan = context.step.plan
    whole = 1.0 if plan.duty_fraction is None else plan.duty_fraction
    duties = [whole if p.duty is None else p.duty for cycle in plan.cycles for p in cycle if p.kind == "freeze"]
    return Measured(min(duties)) if duties else NotEvaluated("the plan states no `cycle`")


@quantity("cord_protection")
def cord_protection(context: StepContext) -> Outcome:
    """Whether something that protects or watches the cord is planned."""
    return Measured(float(bool(set(CORD_PROTECTION) & set(context.step.plan.protection))))


@quantity("ionic_fluid")
def ionic_fluid(context: StepContext) -> Outcome:
    """Whether a fluid with ions is planned beside the tip."""
    planned = set(context.step.plan.protection)
    if not planned & {*SALINE, "fluid_dissection"}:
        return NotApplicable("no fluid is planned")
    return Measured(float(bool(set(SALINE) & planned)))
