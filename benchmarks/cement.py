"""Balloon, cement and its samples in an osteoporotic L1, whole vertebra."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks.job import Prepared
from planner.plan.case import Case, load_plan
from planner.simulate.balloon.simulated import simulate_balloons
from planner.simulate.cement.after import after
from planner.simulate.cement.exotherm import law_of, set_cement, surroundings
from planner.simulate.cement.simulated import simulate_cement
from planner.simulate.spongiosa import spongiosa_of
from planner.validate.augmentation.published import vertebroplasty
from planner.validate.patients import COARSE_L3, access, plan


def injection(_folder: Path, tiny: bool) -> Prepared:
    """The baseline is one cell width up: what twice as few cells along each axis cost."""
    case, width = vertebroplasty(5.0), 2.0 if tiny else 0.75
    found = _injected(case, width)
    title = f"5 mL of cement, {len(found.cells.own_mm) / 1e3:.0f} kcell of {width} mm"
    return title, lambda: _injected(case, width), lambda: _injected(case, 2.0 * width)


def samples(_folder: Path, tiny: bool) -> Prepared:
    case, many = vertebroplasty(5.0), 4 if tiny else 200
    run = case.steps[0]
    return (
        f"probability of a leak, {many} samples",
        lambda: simulate_cement(case, run, samples=many, width_mm=2.0),
        lambda: simulate_cement(case, run, width_mm=2.0),
    )


def setting(_folder: Path, tiny: bool) -> Prepared:
    """Heat of 5 mL in the patient's tissue; beside it stiffness, strength and load on the neighbours."""
    case = vertebroplasty(5.0)
    found = _injected(case, 2.0 if tiny else 0.75)
    law, bone = law_of(found.push.sheet), spongiosa_of(case.anatomy, case.steps[0].target)

    def heat():
        around = surroundings(found.cells, found.part, bone)
        return set_cement(around.grid, law, around.share, *around.mixed(law), start_s=float(found.filled.time_s[-1]))

    return "setting of 5 mL, its heat", heat, lambda: after(found.cells, found.part, 1937.0)


def balloon(_folder: Path, tiny: bool) -> Prepared:  # noqa: ARG001 - one size
    step = {
        "kind": "kyphoplasty", "device": "generic_balloon_15mm", "access": access((30, 60, 12), (8, -6, 0), 10),
        "balloon": {"volume_ml": 3.0, "pressure_kpa": 1200.0},
    }  # fmt: skip
    case = load_plan(plan(COARSE_L3, step, bone="osteoporotic"))
    return (
        "a balloon in thin, likely and dense bone",
        lambda: simulate_balloons(case, case.steps[0]),
        lambda: np.ones(1),
    )


def _injected(case: Case, width_mm: float):
    return simulate_cement(case, case.steps[0], width_mm=width_mm)


def slope() -> None:
    """Print time by cells, and the power of it: `python -m benchmarks.cement`."""
    case, rows = vertebroplasty(5.0), []
    for width in (2.0, 1.5, 1.0, 0.75, 0.6):
        cells, taken = 0, []
        for _ in range(3):
            start, cpu = time.perf_counter(), time.process_time()
            cells = len(_injected(case, width).cells.own_mm)
            taken.append((time.perf_counter() - start, time.process_time() - cpu))
        wall, own = np.array(taken).min(axis=0)
        rows.append((cells, own))
        print(f"{width:5.2f} mm {cells:8d} cells {wall:7.2f} s wall {own:7.2f} s processor")
    cells, own = np.log(np.array(rows)).T
    print(f"slope {np.polyfit(cells, own, 1)[0]:.2f}")


if __name__ == "__main__":
    slope()
