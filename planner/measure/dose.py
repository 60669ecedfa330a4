"""Dose to the cord: of the planned course, and together with an earlier one."""

from __future__ import annotations

from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, quantity

CORD_ALPHA_BETA_GY = 2.0
"""As the HyTEC report counts the cord's dose (Sahgal et al. 2021)."""


def equivalent_dose(dose_gy: float, fractions: float, alpha_beta_gy: float = CORD_ALPHA_BETA_GY) -> float:
    """Return the equivalent dose in fractions of 2 Gy, by the linear-quadratic model."""
    return dose_gy * (dose_gy / fractions + alpha_beta_gy) / (2.0 + alpha_beta_gy)


@quantity("cord_dose_max_gy")
def cord_dose_max(context: StepContext) -> Outcome:
    """Point maximum of the cord (or its sac), as the planning system gives it."""
    dose = context.step.plan.cord_dmax_gy
    return NotEvaluated("the step states no `cord_dmax`") if dose is None else Measured(dose)


@quantity("cord_eqd2_gy")
def cord_eqd2(context: StepContext) -> Outcome:
    """The same in fractions of 2 Gy."""
    dose = cord_dose_max(context)
    if not isinstance(dose, Measured):
        return dose
    return Measured(equivalent_dose(dose.value, context.step.plan.fractions))


@quantity("cord_cumulative_eqd2_gy")
def cord_cumulative_eqd2(context: StepContext) -> Outcome:
    """Both courses together; the first as if nothing of it had healed."""
    patient = context.case.plan.patient
    earlier = None if patient is None else patient.prior_radiation
    if earlier is None:
        return NotApplicable("the plan states no earlier radiation of this stretch of cord")
    now = cord_eqd2(context)
    if not isinstance(now, Measured):
        return now
    return Measured(now.value + equivalent_dose(earlier.cord_dmax_gy, earlier.fractions))


@quantity("cord_eqd2_ratio")
def cord_eqd2_ratio(context: StepContext) -> Outcome:
    """Share of this course in both."""
    both, now = cord_cumulative_eqd2(context), cord_eqd2(context)
    if not isinstance(both, Measured) or not isinstance(now, Measured):
        return both
    return Measured(now.value / both.value)


@quantity("reirradiation_interval_months")
def reirradiation_interval(context: StepContext) -> Outcome:
    """Months since the first course."""
    patient = context.case.plan.patient
    earlier = None if patient is None else patient.prior_radiation
    if earlier is None:
        return NotApplicable("the plan states no earlier radiation of this stretch of cord")
    months = earlier.interval_months
    return NotEvaluated("`patient.prior_radiation` does not state `interval`") if months is None else Measured(months)
