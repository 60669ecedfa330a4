"""What is refused before a freezing step is computed, each problem with its place in the plan."""

from __future__ import annotations

from collections.abc import Sequence

from planner.core.errors import Problem
from planner.plan.case import Case, CaseStep
from planner.simulate.grid import TensorGrid
from planner.simulate.treatment.cold_probe import ColdPosition
from planner.simulate.treatment.refusals import placed_refusals

MOST_PROBES = 10
"""What an argon console drives."""


def cold_refusals(case: Case, step: CaseStep, positions: Sequence[ColdPosition], grid: TensorGrid) -> list[Problem]:
    """Return all that keeps a step from being computed; empty where nothing does."""
    return [*_settings(step, positions), *placed_refusals(case, step, positions, grid)]


def _settings(step: CaseStep, positions: Sequence[ColdPosition]) -> list[Problem]:
    at, found = f"$.steps[{step.index}]", list[Problem]()
    count = len(positions[0].needles)
    if count > MOST_PROBES:
        found.append(Problem(f"{at}.access", f"{count} probes", f"at most {MOST_PROBES}", "plan two steps"))
    return found
