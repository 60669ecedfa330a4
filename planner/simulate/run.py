"""Runs the physics of a case: balloons and cement in the patient's bone; for the rest it says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.core.names import ABLATION, CEMENTING
from planner.plan.case import Case, CaseStep
from planner.simulate.zone import ExpectedZone, expected_zone

if TYPE_CHECKING:
    from planner.simulate.augment import Augmentation

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
    """

    zones: tuple[ExpectedZone | str | None, ...]
    missing: str
    augmentation: tuple[Augmentation | str | None, ...] = ()


def run_simulation(
    case: Case, *, simulate: bool = True, intervals: bool = True, progress: Progress | None = None
) -> Simulation:
    """Run every step's physics; `simulate=False` leaves out what takes long, `intervals=False` samples and ends.

    A step whose computation fails has the reason in place of a result; the others go on.
    """
    zones = tuple(expected_zone(step) if step.kind in ABLATION else None for step in case.steps)
    if not simulate:
        return Simulation(zones, SWITCHED_OFF)
    cementing = [step for step in case.steps if step.kind in CEMENTING]
    augmentation: list[Augmentation | str | None] = []
    for step in case.steps:
        done = sum(a is not None for a in augmentation)
        told = None if progress is None else _share(progress, done, len(cementing))
        augmentation.append(_augmented(case, step, intervals, told) if step.kind in CEMENTING else None)
    return Simulation(zones, NO_SOLVER, tuple(augmentation))


def _share(progress: Progress, done: int, of: int) -> Progress:
    return lambda share: progress((done + share) / of)


def _augmented(case: Case, step: CaseStep, intervals: bool, progress: Progress | None) -> Augmentation | str:
    from planner.simulate.augment import SAMPLES, simulate_augmentation  # noqa: PLC0415 - numba, half a second

    try:
        return simulate_augmentation(case, step, samples=SAMPLES if intervals else 0, progress=progress)
    except Exception as error:  # noqa: BLE001 - a broken computation must not hide what geometry says
        return f"the simulation failed ({type(error).__name__}: {error})"
