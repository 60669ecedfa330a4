"""Runs the physics of a case: heat, cold, balloons and cement in the patient's tissue; says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from planner.core.names import ABLATION, CEMENTING, FREEZING, HEATING
from planner.plan.case import Case, CaseStep
from planner.simulate.runs import tried
from planner.simulate.zone import ExpectedZone, expected_zone

if TYPE_CHECKING:
    from planner.simulate.augment import Augmentation
    from planner.simulate.thermal.left import Left
    from planner.simulate.treatment.cold_result import ColdResult
    from planner.simulate.treatment.result import HeatResult

T = TypeVar("T")
NO_SOLVER = "needs a simulation that this version does not carry out"
SWITCHED_OFF = "simulation was switched off"
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Simulation:
    """What physics says.

    Attributes
    ----------
    zones : for each step its expected zone, the reason why there is none, or None where the kind has none.
    missing : why simulated quantities of steps that are not simulated have no value.
    augmentation : for each step what balloon and cement do, the reason why that is not known, or None where it has
        neither. Empty where nothing was simulated.
    heat : for each step what its heating leaves, the reason why that is not known, or None where it does not heat.
        Empty where nothing was simulated.
    cold : for each step what its freezing leaves, in the same way.
    """

    zones: tuple[ExpectedZone | str | None, ...]
    missing: str
    augmentation: tuple[Augmentation | str | None, ...] = ()
    heat: tuple[HeatResult | str | None, ...] = ()
    cold: tuple[ColdResult | str | None, ...] = ()


def run_simulation(
    case: Case,
    *,
    simulate: bool = True,
    intervals: bool = True,
    progress: Progress | None = None,
) -> Simulation:
    """Run every step's physics; `simulate=False` leaves out what takes long, `intervals=False` samples and ends.

    A step whose computation fails has the reason in place of a result; the others go on.
    """
    zones = tuple(expected_zone(step) if step.kind in ABLATION else None for step in case.steps)
    if not simulate:
        return Simulation(zones, SWITCHED_OFF)
    worked = [step for step in case.steps if step.kind in (*HEATING, *FREEZING, *CEMENTING)]
    heat: list[HeatResult | str | None] = []
    cold: list[ColdResult | str | None] = []
    augmentation: list[Augmentation | str | None] = []
    done = 0
    for step in case.steps:
        told = None if progress is None else _share(progress, done, len(worked))
        heat.append(_heated(case, step, intervals, _last(heat), told) if step.kind in HEATING else None)
        cold.append(_frozen(case, step, intervals, _last(cold), told) if step.kind in FREEZING else None)
        left = [h or c for h, c in zip(heat, cold, strict=True)]
        augmentation.append(_augmented(case, step, left, intervals, told) if step.kind in CEMENTING else None)
        done += step in worked
    return Simulation(zones, NO_SOLVER, tuple(augmentation), tuple(heat), tuple(cold))


def _last(found: Sequence[T | str | None]) -> T | None:
    """The last that was simulated."""
    return next((f for f in reversed(found) if f is not None and not isinstance(f, str)), None)


def _share(progress: Progress, done: int, of: int) -> Progress:
    return lambda share: progress((done + share) / of)


def _augmented(
    case: Case,
    step: CaseStep,
    before: Sequence[HeatResult | ColdResult | str | None],
    intervals: bool,
    progress: Progress | None,
) -> Augmentation | str:
    from planner.simulate.augment import SAMPLES, simulate_augmentation  # noqa: PLC0415 - numba, half a second

    samples = SAMPLES if intervals else 0

    def filled() -> Augmentation:
        zones = {s.index: f.zone for s, f in zip(case.steps, before, strict=False) if f and not isinstance(f, str)}
        ablated = {index: zone for index, zone in zones.items() if zone is not None}
        left = _left(case, step, before)
        return simulate_augmentation(case, step, burnt=ablated, left=left, samples=samples, progress=progress)

    return tried(filled)


def _left(case: Case, step: CaseStep, done: Sequence[HeatResult | ColdResult | str | None]) -> Left | None:
    """What the last ablation of the step's level left; one that was not simulated leaves nothing that is known."""
    for earlier, found in zip(reversed(case.steps[: len(done)]), reversed(done), strict=True):
        if earlier.level == step.level and earlier is not step and earlier.kind in ABLATION:
            return None if found is None or isinstance(found, str) else found.run.left
    return None


def _heated(
    case: Case, step: CaseStep, intervals: bool, earlier: HeatResult | None, progress: Progress | None
) -> HeatResult | str:
    from planner.simulate.treatment.simulated import SWEEP, simulate_heating  # noqa: PLC0415 - numba, half a second

    ends = SWEEP if intervals else ()
    return tried(lambda: simulate_heating(case, step, sweep=ends, earlier=earlier, progress=progress))


def _frozen(
    case: Case, step: CaseStep, intervals: bool, earlier: ColdResult | None, progress: Progress | None
) -> ColdResult | str:
    from planner.simulate.treatment.cold_simulated import COLD_SWEEP, simulate_freezing  # noqa: PLC0415 - numba

    ends = COLD_SWEEP if intervals else ()
    return tried(lambda: simulate_freezing(case, step, sweep=ends, earlier=earlier, progress=progress))
