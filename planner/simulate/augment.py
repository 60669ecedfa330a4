"""Balloon, cement, setting and after effects of one step, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from planner.core.names import BALLOON
from planner.plan.case import Case, CaseStep
from planner.simulate.balloon.simulated import BalloonResult, simulate_balloons
from planner.simulate.cement.after import After, after
from planner.simulate.cement.exotherm import HEAT_SPREAD, Law, Setting, law_of, set_cement, surroundings
from planner.simulate.cement.met import meet
from planner.simulate.cement.simulated import CementResult, simulate_cement
from planner.simulate.runs import tried
from planner.simulate.spongiosa import spongiosa_of
from planner.simulate.thermal.left import Left
from planner.simulate.tissues import Bound
from planner.simulate.zone import Body, ExpectedZone, expected_zone

SAMPLES = 200
CEMENT_SHARE = 0.6
"""Of the time, for progress: flow and samples against setting."""


@dataclass(frozen=True, eq=False)
class Augmentation:
    """A simulated kyphoplasty or vertebroplasty; a part that could not be computed is the reason why.

    Attributes
    ----------
    balloon : None where there is no balloon. cement : None where no cement is planned.
    setting : base, cool and hot end: less heat and more blood, more heat and none.
    """

    case: Case
    step: CaseStep
    balloon: BalloonResult | str | None
    cement: CementResult | str | None
    setting: tuple[Setting, Setting, Setting] | str | None

    @cached_property
    def after(self) -> After | str | None:
        """Stiffness and strength."""
        if self.cement is None or isinstance(self.cement, str):
            return self.cement
        sheet = self.cement.push.sheet
        modulus = sheet.value("elastic_modulus_mpa")
        if modulus is None:
            return f"the sheet {sheet.material} does not state elastic_modulus_mpa"
        return after(self.cement.cells, self.cement.part, modulus)


def simulate_augmentation(
    case: Case,
    step: CaseStep,
    *,
    burnt: Mapping[int, Body] | None = None,
    left: Left | None = None,
    samples: int = SAMPLES,
    progress: Callable[[float], None] | None = None,
) -> Augmentation:
    """Simulate a step.

    Parameters
    ----------
    burnt : by the index of an earlier step, the zone that its simulation left; without one its sheet's is taken.
    left : heat or cold that the last ablation of this level left; the cement sets in it.
    samples : injections for the probability of a leak; 0 leaves it and the intervals of heat out.
    progress : told the share done, 0 to 1; what it raises stops the work.
    """
    balloon = tried(lambda: simulate_balloons(case, step)) if step.kind in BALLOON else None
    if step.plan.cement is None:
        return Augmentation(case, step, balloon, None, None)
    if isinstance(balloon, str):
        return Augmentation(case, step, balloon, f"without its cavity the cement cannot be placed: {balloon}", balloon)
    early = None if progress is None else lambda share: progress(CEMENT_SHARE * share)
    ablated = _ablated(case, step, burnt or {})
    cement = tried(lambda: simulate_cement(case, step, balloon, ablated=ablated, samples=samples, progress=early))
    late = None if progress is None else lambda share: progress(CEMENT_SHARE + (1.0 - CEMENT_SHARE) * share)
    setting = tried(lambda: _setting(case, step, cement, left, samples > 0, late))
    return Augmentation(case, step, balloon, cement, setting)


def _ablated(case: Case, step: CaseStep, burnt: Mapping[int, Body]) -> tuple[Body, ...]:
    """Bodies of what was burnt or frozen at this level before: as simulated, else as the sheet says."""
    found: list[Body] = []
    for earlier in case.steps[: case.steps.index(step)]:
        if earlier.level != step.level or not hasattr(earlier.plan, "zone"):
            continue
        if earlier.index in burnt:
            found.append(burnt[earlier.index])
        elif isinstance(zone := expected_zone(earlier), ExpectedZone):
            found += zone.lethal
    return tuple(found)


def _setting(  # noqa: PLR0917 - a step and what came before
    case: Case,
    step: CaseStep,
    cement: CementResult | str,
    left: Left | None,
    ends: bool,
    progress: Callable[[float], None] | None,
) -> tuple[Setting, Setting, Setting] | str:
    if isinstance(cement, str):
        return cement
    law = law_of(cement.push.sheet)
    if isinstance(law, str):
        return law
    if not (cement.part > 0.05).any():
        return "too little cement went in to heat anything"
    start = float(cement.filled.time_s[-1])
    around = surroundings(cement.cells, cement.part, spongiosa_of(case.anatomy, step.target))
    planned = step.plan.cement.after_ablation_s
    wait = cement.push.start_s if planned is None else planned
    took = start - cement.push.start_s

    def run(law: Law, bound: Bound | None, heat: float, number: int) -> Setting:
        told = None if progress is None else lambda share: progress((number + share) / (3.0 if ends else 1.0))
        met = None if left is None else meet(left, around.grid, around.bare(bound), wait, took)
        mixed = around.mixed(law, bound)
        return set_cement(around.grid, law, around.share, *mixed, start_s=start, heat=heat, met=met, progress=told)

    base = run(law, "base", 1.0, 0)
    if not ends:
        return base, base, base
    return base, run(law, "high", 1.0 - HEAT_SPREAD, 1), run(law, None, 1.0 + HEAT_SPREAD, 2)
