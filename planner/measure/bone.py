"""What the CT says of the bone: density of the body, lytic and blastic share of the lesion, lost walls."""

from __future__ import annotations

from planner.anatomy.calibration import assumed_density, mineral_density
from planner.anatomy.density import lesion_shares, trabecular_hu, wall_defect
from planner.core.names import LEVELS
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, quantity

NO_CT = "no CT is given"


@quantity("bone_density_mg_cm3")
def bone_density(context: StepContext) -> Outcome:
    """Mineral density of the spongiosa of the body; without a CT the stated or an assumed grade, as a wide interval."""
    anatomy, target = context.case.anatomy, context.step.target
    if anatomy.ct is None:
        found = assumed_density(target.bone)
        return Measured(found.value, (found.low, found.high), caveat=found.caveat, origin="planned")
    seen = trabecular_hu(anatomy, context.step.level, target.lesion)
    if seen is None:
        return NotEvaluated("the CT shows no spongiosa of the body, or the body is not known")
    found = mineral_density(seen[0])
    note = f"mean {seen[0]:.0f} HU ± {seen[1]:.0f}"
    return Measured(found.value, (found.low, found.high), caveat=found.caveat, note=note)


@quantity("lesion_lytic_fraction")
def lesion_lytic(context: StepContext) -> Outcome:
    """Share of the lesion that reads below the lytic threshold."""
    return _share(context, "lytic")


@quantity("lesion_blastic_fraction")
def lesion_blastic(context: StepContext) -> Outcome:
    """Share of the lesion that reads above the blastic threshold."""
    return _share(context, "blastic")


def _share(context: StepContext, which: str) -> Outcome:
    lesion = context.step.target.lesion
    if lesion is None:
        return NotApplicable("the step names no lesion")
    found = lesion_shares(context.case.anatomy, lesion)
    if found is None:
        return NotEvaluated(NO_CT if context.case.anatomy.ct is None else "the CT does not show the lesion")
    return Measured(float(getattr(found, which)), note=f"reads as {found.shape}")


@quantity("posterior_wall_defect_fraction")
def posterior_wall_defect(context: StepContext) -> Outcome:
    """Share of the posterior wall before the canal without cortex in the CT."""
    return _defect(context, ("posterior",))


@quantity("endplate_defect_fraction")
def endplate_defect(context: StepContext) -> Outcome:
    """Share of the worse endplate without cortex in the CT."""
    return _defect(context, ("upper", "lower"))


def _defect(context: StepContext, walls: tuple[str, ...]) -> Outcome:
    anatomy = context.case.anatomy
    if anatomy.ct is None:
        return NotEvaluated(NO_CT)
    shares = [wall_defect(anatomy, context.step.level, wall) for wall in walls]  # type: ignore[arg-type]
    if any(share is None for share in shares):
        return NotEvaluated("the CT does not show the wall, or body or canal are not known")
    return Measured(max(share for share in shares if share is not None))


@quantity("adjacent_trabecular_hu")
def adjacent_trabecular_hu(context: StepContext) -> Outcome:
    """Lower mean CT number of the spongiosa of the two neighbours; those that get cement themselves are left out."""
    anatomy, level = context.case.anatomy, context.step.level
    if anatomy.ct is None:
        return NotEvaluated(NO_CT)
    at, treated = LEVELS.index(level), {step.level for step in context.case.steps}
    beside = [name for name in LEVELS[max(at - 1, 0) : at + 2] if name not in treated]
    seen = {name: found[0] for name in beside if (found := trabecular_hu(anatomy, name)) is not None}
    if not seen:
        return NotEvaluated("the CT shows no spongiosa of a neighbour")
    weakest = min(seen, key=lambda name: seen[name])
    return Measured(seen[weakest], note=f"at {weakest}")
