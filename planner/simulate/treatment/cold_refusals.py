"""What is refused before a freezing step is computed, each problem with its place in the plan."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from planner.core.errors import Problem
from planner.geometry.segments import segment_to_segments
from planner.plan.case import Case, CaseStep
from planner.simulate.grid import TensorGrid
from planner.simulate.treatment.cold_probe import FREEZING, ColdPosition, limits_of
from planner.simulate.treatment.refusals import placed_refusals

MOST_PROBES = 10
"""What a console drives at once (coded for argon probes elsewhere)."""
BYTES_PER_CELL, BYTES_PER_FREEZE = 200.0, 40.0
"""What a run holds for each cell: tissue and solver, and more for every freeze (counted, and rounded up)."""


def cold_refusals(case: Case, step: CaseStep, positions: Sequence[ColdPosition], grid: TensorGrid) -> list[Problem]:
    """Return all that keeps a step from being computed; empty where nothing does."""
    freezes = sum(len(place.freezes_s) for place in positions)
    size = BYTES_PER_CELL + BYTES_PER_FREEZE * freezes
    return [*_settings(step, positions), *placed_refusals(case, step, positions, grid, size)]


def _settings(step: CaseStep, positions: Sequence[ColdPosition]) -> list[Problem]:
    at, found, first = f"$.steps[{step.index}]", list[Problem](), positions[0]
    if len(first.needles) > MOST_PROBES:
        got = f"{len(first.needles)} probes"
        found.append(Problem(f"{at}.access", got, f"at most {MOST_PROBES}, as a console drives", "plan two steps"))
    for (m, one), (n, other) in combinations(enumerate(first.needles), 2):
        ends = one.tip - first.active_mm * one.direction, other.tip - first.active_mm * other.direction
        here, there = segment_to_segments(ends[0], one.tip, ends[1][None], other.tip[None])
        if (gap := float(np.linalg.norm(here - there, axis=1).min())) < first.diameter_mm:
            got = f"probes {m + 1} and {n + 1} whose axes come within {gap:.1f} mm"
            found.append(Problem(f"{at}.access[{n}]", got, f"at least {first.diameter_mm:g} mm", "move one of them"))
    if step.sheet is not None:
        limits = limits_of(step.sheet, first.diameter_mm, first.active_mm)
        if first.freeze_c < limits.coldest_c:
            got, expected = f"a probe of {first.freeze_c:g} °C", f"{limits.coldest_c:g} °C, the device's, or warmer"
            found.append(Problem(f"{at}.probe_temperature", got, expected, "raise it"))
        rated = step.sheet.value("freeze_power_w")
        if rated is not None and first.power_w > rated:
            got, expected = f"a power of {first.power_w:g} W", f"at most {rated:g} W, the device's"
            found.append(Problem(f"{at}.power", got, expected, "lower it"))
    return found + [p for number, place in enumerate(positions) for p in _cycle(step, place, number)]


def _cycle(step: CaseStep, place: ColdPosition, number: int) -> list[Problem]:
    at, found = f"$.steps[{step.index}]", list[Problem]()
    own = bool(step.plan.positions) and bool(step.plan.positions[number].cycle)
    here = f"{at}.positions[{number}].cycle" if own else f"{at}.cycle"
    most = (step.sheet.value("max_duty_fraction") if step.sheet else None) or 1.0
    if not place.freezes_s:
        found.append(Problem(here, "no freeze", "a cycle that freezes", "write for example `freeze 10 min`"))
    for n, phase in enumerate(place.phases):
        duty = place.duty if phase.duty is None else phase.duty
        path = f"{at}.duty" if phase.duty is None else f"{here}[{n}]"
        if phase.kind in FREEZING and not 0.0 < duty <= most:
            expected = f"above 0 and at most {100.0 * most:g} %" + (", the device's" if most < 1.0 else "")
            problem = Problem(path, f"a duty of {100.0 * duty:g} %", expected, "correct it")
            found += [] if problem in found else [problem]
        if not phase.duration_s > 0.0:
            found.append(Problem(f"{here}[{n}]", f"{phase.duration_s:g} s", "more than 0 s", "state how long"))
    return found
