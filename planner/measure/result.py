"""The verb `simulate_plan`: physics and measurements of a case, step by step and folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.core.quantity import QUANTITIES, Fold
from planner.measure import (  # noqa: F401 - importing registers the functions
    ablated,
    augmentation,
    bone,
    cold,
    dose,
    exotherm,
    fitness,
    heat,
    heat_beside,
    instrument,
    killed,
    organs,
    pedicle,
    planned,
    shape,
    stated,
    technique,
    zone,
)
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.measure.registry import StepContext, measure_step
from planner.plan.case import Case
from planner.simulate.run import Progress, Simulation, run_simulation


@dataclass(frozen=True, eq=False)
class Result:
    """Quantities of a case.

    Attributes
    ----------
    case : what was measured.
    simulation : the physics behind it.
    by_step : for each step, quantity → outcome, for the quantities its kind has.
    simulated : whether physics was asked for.
    """

    case: Case
    simulation: Simulation
    by_step: tuple[Mapping[str, Outcome], ...]
    simulated: bool

    def of_level(self, name: str, level: str) -> Outcome | None:
        """Fold a quantity over the steps at one level; None where no step there has it."""
        return _fold(
            [q[name] for s, q in zip(self.case.steps, self.by_step, strict=True) if s.level == level and name in q],
            QUANTITIES[name].over_steps,
        )

    def of_session(self, name: str) -> Outcome | None:
        """Fold a quantity over steps and then levels; None where no step has it."""
        levels = dict.fromkeys(step.level for step in self.case.steps)
        folded = [found for level in levels if (found := self.of_level(name, level)) is not None]
        return _fold(folded, QUANTITIES[name].over_levels)

    @property
    def whole(self) -> dict[str, Outcome]:
        """The plan's own value of every quantity that some step has."""
        return {name: found for name in QUANTITIES if (found := self.of_session(name)) is not None}


def simulate_plan(case: Case, *, simulate: bool = True, progress: Progress | None = None) -> Result:
    """Run the physics and measure every quantity of every step; `simulate=False` measures geometry only.

    `progress` is told the share of the physics done, 0 to 1; what it raises stops the work.
    """
    simulation = run_simulation(case, simulate=simulate, progress=progress)
    by_step = tuple(measure_step(StepContext(case, step, simulation)) for step in case.steps)
    return Result(case, simulation, by_step, simulate)


def _fold(outcomes: Sequence[Outcome], how: Fold) -> Outcome | None:
    """The worse side decides and sums add up; one value missing leaves the whole without one."""
    meant = [o for o in outcomes if not isinstance(o, NotApplicable)]
    if not meant:
        return outcomes[0] if outcomes else None
    for outcome in meant:
        if isinstance(outcome, NotEvaluated):
            return outcome
    values = [o for o in meant if isinstance(o, Measured)]
    if len(values) == 1:
        return values[0]
    if how != "sum":
        return (min if how == "min" else max)(values, key=lambda v: v.value)
    spread = [v.interval or (v.value, v.value) for v in values]
    exact = all(v.interval is None for v in values)
    interval = None if exact else (sum(low for low, _ in spread), sum(high for _, high in spread))
    caveat = "; ".join(dict.fromkeys(v.caveat for v in values if v.caveat)) or None
    return Measured(sum(v.value for v in values), interval, caveat=caveat, modelled=any(v.modelled for v in values))
