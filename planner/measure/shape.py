"""The shape of the treated body: height it has lost, kyphosis round it."""

from __future__ import annotations

from planner.anatomy.roles.deformity import height_loss, local_kyphosis
from planner.measure.models import Measured, NotEvaluated, Outcome
from planner.measure.registry import StepContext, quantity

NO_BODY = "the vertebra's body is cut by the image, or its canal and so its own axes are not known"


@quantity("height_loss_fraction")
def height_lost(context: StepContext) -> Outcome:
    """Largest loss of height at front, middle or back of the body, against the mean of its whole neighbours."""
    found = height_loss(context.case.anatomy, context.step.level)
    if found is None:
        return NotEvaluated(NO_BODY)
    interval = (max(0.0, found.fraction - found.error), min(1.0, found.fraction + found.error))
    note = None if found.fraction == 0.0 else f"{found.where} height against {found.against}"
    return Measured(found.fraction, interval, note=note)


@quantity("kyphosis_deg")
def kyphosis(context: StepContext) -> Outcome:
    """Cobb angle from the endplate above to the endplate below; kyphosis is positive, lordosis negative."""
    found = local_kyphosis(context.case.anatomy, context.step.level)
    if found is None:
        return NotEvaluated(NO_BODY)
    note = f"upper endplate of {found.upper} to lower endplate of {found.lower}"
    return Measured(found.degrees, (found.degrees - found.error, found.degrees + found.error), note=note)
