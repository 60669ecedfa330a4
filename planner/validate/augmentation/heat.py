"""Setting without loss of heat and in a slab, by the same solver as ablation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from planner.plan.devices import material_sheet
from planner.simulate.cement.exotherm import Law, law_of, set_cement
from planner.simulate.cement.met import meet
from planner.simulate.grid import MM, TensorGrid
from planner.simulate.thermal.left import Left
from planner.simulate.thermal.solver import LETHAL_CEM43_MIN
from planner.simulate.tissues import BODY_C
from planner.validate.models import Case, Row

RISE_SHARE = 0.01
"""Conversion stops at 99 % of the last cell; the source follows temperature by steps."""
SLAB_K = 0.02
"""Of single precision and of 24 cells across the slab, for a rise of some 5 K."""


def law() -> Law:
    """Law of the generic acrylic cement."""
    sheet = material_sheet("pmma_generic")
    found = law_of(sheet) if sheet else "no sheet"
    if isinstance(found, str):
        raise TypeError(found)
    return found


def _adiabatic() -> Iterable[Row]:
    own, grid = law(), TensorGrid.uniform((4, 4, 4), 1.0)
    for share in (1.0, 0.5):
        full = np.full(grid.shape, share)
        capacity = share * own.capacity_j_m3_k + (1.0 - share) * 3.0e6
        made = set_cement(grid, own, full, np.full(grid.shape, 0.3), np.full(grid.shape, capacity),
                          np.zeros(grid.shape), start_s=300.0)  # fmt: skip
        left = 1.0 - own.start(300.0)
        rise = share * own.heat_j_m3 * left / capacity
        form = "ΔT = φ H (1 − α₀)/ρc"
        got = float(made.max_c.max()) - BODY_C
        yield Row(f"rise_k_of_{share:g}_cement", "closed_form", rise, got, RISE_SHARE * rise, form)


def _slab() -> Iterable[Row]:
    """A slab that sets evenly over time, its faces held: the series of constant heating."""
    from planner.simulate.thermal.solver import HeatSolver  # noqa: PLC0415

    own, n, thick = law(), 25, 10.0
    grid = TensorGrid.of([np.full(n, thick / (n - 1)), [1.0], [1.0]])
    held = np.zeros(grid.shape, dtype=bool)
    held[[0, -1]] = True
    duration, share = 120.0, 0.1
    heat = share * own.heat_j_m3 / duration
    solver = HeatSolver(grid, own.conductivity_w_m_k, own.capacity_j_m3_k, longest_step_s=1.0)
    solver.hold(held, BODY_C)
    solver.heat(heat)
    solver.advance(duration)
    half, diffusivity = 0.5 * thick * MM, own.conductivity_w_m_k / own.capacity_j_m3_k
    terms = np.arange(200)
    odd = (2 * terms + 1) * np.pi / 2.0
    series = (2.0 * (-1.0) ** terms / odd**3 * np.exp(-diffusivity * odd**2 * duration / half**2)).sum()
    expected = heat * half**2 / own.conductivity_w_m_k * (0.5 - series)
    form = "evenly heated slab, faces held (Carslaw and Jaeger § 3.14)"
    got = float(solver.temperature_c[n // 2, 0, 0]) - BODY_C
    yield Row("middle_rise_k", "closed_form", float(expected), got, max(SLAB_K, 0.005 * float(expected)), form)


def _after_a_burn() -> Iterable[Row]:
    """Even tissue that a burn left hot: blood cools it, dose goes on, and the heat of setting comes on top."""
    own, grid, hot = law(), TensorGrid.uniform((4, 4, 4), 1.0), 46.0
    flat = np.ones(grid.shape)
    wait, capacity, perfusion = 300.0, 3.0e6, 1.0e4
    left = Left(grid, (hot * flat).astype(np.float32), cem43_min=np.full(grid.shape, 3.0, np.float32))
    cooled = meet(left, grid, (0.3 * flat, capacity * flat, perfusion * flat), wait, 0.0)
    surviving = np.exp(-3.0 / LETHAL_CEM43_MIN)
    expected = BODY_C + (hot - BODY_C) * np.exp(-perfusion * surviving * wait / capacity)
    form = "37 + ΔT exp(−w e^(−dose/240) t/ρc), every cell alike"
    yield Row("cooled_by_blood_c", "closed_form", float(expected), cooled.hottest_c, SLAB_K, form)
    kept = meet(left, grid, (0.3 * flat, capacity * flat, 0.0 * flat), wait - 60.0, 60.0)
    form = "3 min of the burn + t 2^(T − 43) until the cement is in"
    dose = 3.0 + wait / 60.0 * 2.0 ** (hot - 43.0)
    yield Row("dose_min", "closed_form", dose, float(kept.cem43_min.max()), 0.005 * dose, form)
    share = 0.2
    mixed = share * own.capacity_j_m3_k + (1.0 - share) * capacity
    made = set_cement(grid, own, share * flat, 0.3 * flat, mixed * flat, 0.0 * flat, start_s=300.0, met=kept)
    rise = share * own.heat_j_m3 * (1.0 - own.start(300.0)) / mixed
    start = BODY_C + (hot - BODY_C) * (1.0 - share) * capacity / mixed
    form = "mixture of cement at 37 °C and tissue at 46 °C, and φ H (1 − α₀)/ρc on top"
    yield Row("hottest_c", "closed_form", start + rise, made.hottest_c, RISE_SHARE * rise, form)


CASES = (Case("cement sets without loss", _adiabatic), Case("slab that sets evenly", _slab),
         Case("cement after a burn", _after_a_burn))  # fmt: skip
