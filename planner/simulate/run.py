"""Runs the physics of a case: heat, balloons and cement in the patient's tissue; says what is missing of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.core.names import ABLATION, CEMENTING, HEATING
from planner.plan.case import Case, CaseStep
from planner.simulate.zone import ExpectedZone, expected_zone

if TYPE_CHECKING:
    from planner.simulate.augment import Augmentation
    from planner.simulate.treatment.result import HeatResult

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
    """

    zones: tuple[ExpectedZone | str | None, ...]
    missing: str
    augmentation: tuple[Augmentation | str | None, ...] = ()
    heat: tuple[HeatResult | str | None, ...] = ()


def run_simulation(
    case: Case,
    *,
    simulate: bool = True,
    intervals: bool = True,
    kinds: tuple[str, ...] = (*HEATING, *CEMENTING),
    progress: Progress | None = None,
) -> Simulation:
    """Run every step's physics; `simulate=False` leaves out what takes long, `intervals=False` samples and ends.

    Steps of other `kinds` are left out. A step whose computation fails has the reason in place of a result; the others
    go on.
    """
    zones = tuple(expected_zone(step) if step.kind in ABLATION else None for step in case.steps)
    if not simulate:
        return Simulation(zones, SWITCHED_OFF)
    worked = [step for step in case.steps if step.kind in kinds]
    heat: list[HeatResult | str | None] = []
    augmentation: list[Augmentation | str | None] = []
    done = 0
    for step in case.steps:
        told = None if progress is None else _share(progress, done, len(worked))
        before = next((h for h in reversed(heat) if h is not None and not isinstance(h, str)), None)
        asked = step in worked
        heat.append(_heated(case, step, intervals, before, told) if asked and step.kind in HEATING else None)
        augmentation.append(_augmented(case, step, heat, intervals, told) if asked and step.kind in CEMENTING else None)
        done += asked
    return Simulation(zones, NO_SOLVER, tuple(augmentation), tuple(heat))


def _share(progress: Progress, done: int, of: int) -> Progress:
    return lambda share: progress((done + share) / of)


def _augmented(
    case: Case, step: CaseStep, heat: list[HeatResult | str | None], intervals: bool, progress: Progress | None
) -> Augmentation | str:
    from planner.simulate.augment import SAMPLES, simulate_augmentation  # noqa: PLC0415 - numba, half a second

    samples = SAMPLES if intervals else 0
    try:
        left = [(s, h.zone) for s, h in zip(case.steps, heat, strict=False) if h is not None and not isinstance(h, str)]
        burnt = {s.index: zone for s, zone in left if zone is not None}
        return simulate_augmentation(case, step, burnt=burnt, samples=samples, progress=progress)
    except Exception as error:  # noqa: BLE001 - a broken computation must not hide what geometry says
        return f"the simulation failed ({type(error).__name__}: {error})"


def _heated(
    case: Case, step: CaseStep, intervals: bool, earlier: HeatResult | None, progress: Progress | None
) -> HeatResult | str:
    from planner.simulate.treatment.simulated import SWEEP, simulate_heating  # noqa: PLC0415 - numba, half a second

    try:
        return simulate_heating(case, step, sweep=SWEEP if intervals else (), earlier=earlier, progress=progress)
    except Exception as error:  # noqa: BLE001 - a broken computation must not hide what geometry says
        return f"the simulation failed ({type(error).__name__}: {error})"
