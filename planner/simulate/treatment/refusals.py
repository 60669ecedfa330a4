"""What is refused before a heating step is computed, each problem with its place in the plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.core.errors import Problem
from planner.plan.case import Case, CaseStep
from planner.simulate.electric.coverage import cell_at_contacts
from planner.simulate.grid import TensorGrid
from planner.simulate.treatment.probe import Placed, Probe

MEMORY_LIMIT_MB = 2000.0
BYTES_PER_CELL = 260.0
"""What a run holds for each cell: field, heat, doses, tissue (counted, and rounded up)."""
COARSEST = 1.05
"""Cells at the contacts may be so many times as wide as the needle; wider ones lose its resistance."""


def refusals(case: Case, step: CaseStep, burns: Sequence[Probe], grid: TensorGrid) -> list[Problem]:
    """Return all that keeps a step from being computed; empty where nothing does."""
    return [*_settings(f"$.steps[{step.index}]", step, burns), *placed_refusals(case, step, burns, grid)]


def placed_refusals(
    case: Case, step: CaseStep, burns: Sequence[Placed], grid: TensorGrid, bytes_per_cell: float = BYTES_PER_CELL
) -> list[Problem]:
    """Return what is wrong with needles and the grid around them."""
    at, found = f"$.steps[{step.index}]", list[Problem]()
    for probe in burns:
        for needle in probe.needles:
            length = float(np.linalg.norm(needle.tip - needle.entry))
            if length <= probe.active_mm:
                got = f"a needle of {length:.0f} mm with an active tip of {probe.active_mm:g} mm"
                found.append(Problem(f"{at}.access", got, "a needle longer than its active tip", "move the entry out"))
    if found:
        return found
    if (need := grid.cells * bytes_per_cell / 1e6) > MEMORY_LIMIT_MB:
        expected = f"at most {MEMORY_LIMIT_MB:.0f} MB"
        found.append(Problem(f"{at}.access", f"a grid of {need:.0f} MB", expected, "bring the needles together"))
        return found
    middle = np.array([n.tip - 0.5 * p.active_mm * n.direction for p in burns for n in p.needles])
    bounds = [s.mesh.bounds for name in case.anatomy.names if (s := case.anatomy.get(name))]
    if bounds:
        low, high = np.min([b[0] for b in bounds], axis=0), np.max([b[1] for b in bounds], axis=0)
        if ((middle < low) | (middle > high)).any():
            got = "the active tip lies outside everything that is labelled"
            found.append(Problem(f"{at}.access", got, "a tip inside the labelled patient", "check frame and numbers"))
    for probe in burns:
        for electrode in probe.electrodes(grid):
            if not grid.contains(grid.to_world(np.asarray(electrode.tip_mm))).all():
                got = "a probe outside the grid"
                found.append(Problem(f"{at}.access", got, "tips inside the grid", "bring the needles together"))
            elif (cell := cell_at_contacts(electrode, grid.widths_mm)) > COARSEST * probe.diameter_mm:
                got = f"cells of {cell:.2f} mm at an electrode of {probe.diameter_mm:g} mm"
                expected = f"cells of at most {probe.diameter_mm:g} mm"
                found.append(Problem(f"{at}.access", got, expected, "bring the needles together"))
    return found


def _settings(at: str, step: CaseStep, burns: Sequence[Probe]) -> list[Problem]:
    found = list[Problem]()
    most = step.sheet.value("max_setpoint_c") if step.sheet else None
    rated = step.sheet.value("max_power_w") if step.sheet else None
    for number, probe in enumerate(burns):
        here = f"{at}.burns[{number}]" if step.plan.burns else at
        if not probe.duration_s > 0.0:
            got = f"a delivery of {probe.duration_s:g} s"
            found.append(Problem(f"{here}.duration", got, "more than 0 s", "state how long it heats"))
        if probe.mode == "temperature" and most is not None and probe.setpoint_c > most:
            got = f"a set-point of {probe.setpoint_c:g} °C"
            found.append(Problem(f"{here}.setpoint", got, f"at most {most:g} °C, the device's", "lower it"))
        if probe.mode == "power" and rated is not None and probe.max_power_w > rated:
            got = f"a power of {probe.max_power_w:g} W"
            found.append(Problem(f"{here}.power", got, f"at most {rated:g} W, the device's", "lower it"))
    return found
