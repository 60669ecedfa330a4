"""Runs the physics of a case. No solver is built yet, and this says so instead of guessing."""

from __future__ import annotations

from dataclasses import dataclass

from planner.core.names import ABLATION
from planner.plan.case import Case
from planner.simulate.zone import ExpectedZone, expected_zone

NO_SOLVER = "needs a simulation that this version does not carry out"
SWITCHED_OFF = "simulation was switched off"


@dataclass(frozen=True, eq=False)
class Simulation:
    """What physics says.

    Attributes
    ----------
    zones : for each step its expected zone, the reason why there is none, or None where the kind has none.
    missing : why simulated quantities have no value.
    """

    zones: tuple[ExpectedZone | str | None, ...]
    missing: str


def run_simulation(case: Case, *, simulate: bool = True) -> Simulation:
    """Run every step's physics; `simulate=False` leaves out what takes long."""
    zones = tuple(expected_zone(step) if step.kind in ABLATION else None for step in case.steps)
    return Simulation(zones, NO_SOLVER if simulate else SWITCHED_OFF)
