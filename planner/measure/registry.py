"""The register of measuring functions: adding a quantity is one function here and one row in the table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from planner.core.quantity import QUANTITIES
from planner.measure.models import Measured, NotApplicable, NotEvaluated, Outcome
from planner.plan.case import Case, CaseStep
from planner.simulate.run import Simulation
from planner.simulate.zone import ExpectedZone

T = TypeVar("T")


@dataclass(eq=False)
class StepContext:
    """What a measuring function may look at: one step of one case, with its zone; `shared` holds interim results."""

    case: Case
    step: CaseStep
    simulation: Simulation
    shared: dict[str, object] = field(default_factory=dict)

    @property
    def zone(self) -> ExpectedZone | str | None:
        """The step's expected zone, or why there is none."""
        return self.simulation.zones[self.case.steps.index(self.step)]

    def own(self, found: Sequence[T | str | None]) -> T | str:
        """Return the step's own of what was simulated step by step, or why it is missing."""
        one = found[self.case.steps.index(self.step)] if found else None
        return self.simulation.missing if one is None else one


Measure = Callable[[StepContext], Outcome]
_FUNCTIONS: dict[tuple[str, str], Measure] = {}


def quantity(name: str, kinds: tuple[str, ...] | None = None) -> Callable[[Measure], Measure]:
    """Register the function that measures `name`.

    Parameters
    ----------
    kinds : of step for which it does; every kind that has the quantity where left out.

    Raises
    ------
    KeyError
        When the quantity table has no such row, or there already is a function for such a step.
    """
    asked = [(name, kind) for kind in kinds or (QUANTITIES[name].kinds if name in QUANTITIES else ())]
    if name not in QUANTITIES or any(key in _FUNCTIONS for key in asked):
        raise KeyError(f"{name!r} is no row of the quantity table, or is measured already")

    def register(function: Measure) -> Measure:
        _FUNCTIONS.update(dict.fromkeys(asked, function))
        return function

    return register


def measure_step(context: StepContext) -> Mapping[str, Outcome]:
    """Measure every quantity that this kind of step has; a crash or a NaN is `NotEvaluated`, never a value."""
    return {name: measure_one(name, context) for name, row in QUANTITIES.items() if context.step.kind in row.kinds}


def measure_one(name: str, context: StepContext) -> Outcome:
    """Measure a quantity; a crash or a NaN is `NotEvaluated`, never a value."""
    function = _FUNCTIONS.get((name, context.step.kind))
    if function is None:
        simulated = QUANTITIES[name].origin == "simulated"
        return NotEvaluated(context.simulation.missing if simulated else "this version does not measure it yet")
    try:
        found = function(context)
    except Exception as error:  # noqa: BLE001 - one broken measurement must not hide the others
        return NotEvaluated(f"the measurement failed ({type(error).__name__}: {error})")
    if isinstance(found, NotEvaluated | NotApplicable):
        return found
    numbers = (found.value, *(found.interval or ()))
    return found if all(map(math.isfinite, numbers)) else NotEvaluated("the measurement gave no finite number")


def widened(value: float, half_mm: float) -> tuple[float, float] | None:
    """Return the interval of a value known to `half_mm`; None where it is exact."""
    return None if half_mm == 0 else (value - half_mm, value + half_mm)


def place(point: object) -> tuple[float, float, float]:
    """Return a point as three plain floats, to a hundredth of a millimetre."""
    x, y, z = (round(float(v), 2) + 0.0 for v in point)  # type: ignore[attr-defined]
    return (x, y, z)


def rounded(value: float) -> float:
    """Return a value without the digits that only differ between machines."""
    return round(value, 6) + 0.0


__all__ = ["Measured", "StepContext", "measure_one", "measure_step", "place", "quantity", "rounded", "widened"]
