"""Laws that hold whatever the figures: closed forms, kept volume, and what may never grow with what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.plan.devices import ViscosityCurve, device_sheet, material_names, material_sheet
from planner.simulate.balloon.shape import shape_of
from planner.simulate.cement.box import neighbours
from planner.simulate.cement.exotherm import law_of
from planner.simulate.cement.flow import Injection, Medium, Openings, inject
from planner.simulate.cement.leak import Leaks
from planner.simulate.spongiosa import crushing_kpa, modulus_mpa, permeability_m2
from planner.validate.augmentation import balloon, breach, flow, heat
from planner.validate.augmentation.balloon import in_even_bone
from planner.validate.run import rows_of

FEW = settings(max_examples=8)
CLOSED = [*balloon.CASES, *flow.CASES, *heat.CASES, *breach.CASES]


@pytest.mark.parametrize("case", CLOSED, ids=lambda case: case.name)
def test_closed_forms(case):
    rows = rows_of(case)
    missed = [f"{row.quantity}: {row.got} against {row.expected} ± {row.tolerance}" for row in rows if not row.passed]
    assert not missed


@given(st.floats(5.0, 300.0), st.floats(5.0, 300.0), st.floats(0.5, 4.0))
@FEW
def test_stiffer_bone_never_asks_for_less_pressure(one, other, volume):
    thin, dense = sorted((one, other))
    low, high = (in_even_bone(density, volume) for density in (thin, dense))
    assert high.pressure_kpa[-1] >= low.pressure_kpa[-1] * (1.0 - 1e-6)
    assert (high.pressure_kpa >= low.pressure_kpa * (1.0 - 1e-3)).all()  # the table of the curve


@given(st.floats(0.3, 3.9), st.floats(0.05, 1.0))
@FEW
def test_more_volume_never_asks_for_less_pressure(volume, more):
    assert in_even_bone(60.0, volume + more).pressure_kpa[-1] >= in_even_bone(60.0, volume).pressure_kpa[-1]


@given(st.floats(0.0, 790.0), st.floats(0.1, 10.0))
def test_denser_bone_is_stiffer_and_lets_less_through(density, more):
    assert modulus_mpa(density + more) >= modulus_mpa(density)
    assert crushing_kpa(density + more) >= crushing_kpa(density)
    assert permeability_m2(density + more) <= permeability_m2(density)


def block(openings=True, uneven=0, finger=60.0):
    """A body of 14 × 14 × 14 cells of 2 mm with an opening in one wall."""
    mask = np.ones((14, 14, 14), dtype=bool)
    near = neighbours(mask)
    n = len(near)
    k = 4e-8 * np.exp(0.8 * np.random.default_rng(uneven).standard_normal(n)) if uneven else np.full(n, 4e-8)
    cell = np.flatnonzero(near[:, 0] < 0)[95:103]
    made = Openings(("cortical",), np.array([20.0]), np.array([4e-8]), np.array([2.0]), cell, np.zeros(8, np.int64))
    drain = (near < 0).sum(axis=1).astype(float)
    return Medium(2.0, near, np.full(n, 0.85 * 8e-3), np.repeat(k[:, None], 3, 1), drain, 10.0, finger,
                  made if openings else Openings())  # fmt: skip


def pushed(volume, viscosity, **kind):
    middle = np.ravel_multi_index((5, 7, 7), (14, 14, 14))
    return inject(block(**kind), Injection(np.array([middle]), volume, 0.05, lambda _: viscosity))


@given(st.floats(0.5, 9.0), st.floats(5.0, 3000.0), st.integers(0, 5))
@FEW
def test_cement_is_neither_lost_nor_made(volume, viscosity, uneven):
    found = pushed(volume, viscosity, uneven=uneven)
    assert found.held_ml.sum() + found.leaked_ml.sum() == pytest.approx(volume, rel=1e-3)
    assert found.delivered_ml == pytest.approx(volume, rel=1e-9)


@given(st.floats(0.5, 8.0), st.floats(0.2, 3.0), st.integers(0, 3))
@FEW
def test_more_volume_never_fills_less(volume, more, uneven):
    low, high = (pushed(v, 200.0, uneven=uneven) for v in (volume, volume + more))
    assert high.held_ml.sum() >= low.held_ml.sum() - 1e-9


@given(st.floats(10.0, 2000.0), st.floats(1.1, 10.0), st.floats(3.0, 9.0), st.integers(0, 3))
@FEW
def test_thicker_cement_never_leaks_more(viscosity, times, volume, uneven):
    thin, thick = (pushed(volume, mu, uneven=uneven).leaked_ml.sum() for mu in (viscosity, viscosity * times))
    # The front moves in steps of three quarters of a cell: what leaks is known to about one of them.
    assert thick <= thin + 0.02 * volume


def test_thin_cement_leaks_where_thick_does_not():
    assert pushed(6.0, 20.0).leaked_ml.sum() > 2.0 * pushed(6.0, 1000.0).leaked_ml.sum() > 0.0
    assert len(pushed(6.0, 20.0, openings=False).leaked_ml) == 0


def test_a_weak_hand_slows_the_injection_and_stiff_cement_ends_it():
    medium, cell = block(), np.array([1000])
    way = Injection(
        cell, 4.0, 0.05, lambda t: 100.0 * np.exp(t / 60.0), limit_kpa=500.0, tube_per_pa_s=1.5e11, end_s=200.0
    )
    found = inject(medium, way)
    assert found.syringe_kpa.max() <= 500.0 * (1 + 1e-9)
    assert found.stopped is not None
    assert found.delivered_ml < 4.0
    assert found.time_s[-1] <= 200.0 + 1e-6
    assert found.held_ml.sum() + found.leaked_ml.sum() == pytest.approx(found.delivered_ml, rel=1e-6)


def test_every_shipped_cement_can_be_injected_and_set():
    for name in material_names():
        sheet = material_sheet(name)
        assert sheet.viscosity is not None
        start = sheet.value("injection_start_min")
        assert sheet.viscosity.at(start + 1.0) > sheet.viscosity.at(start)
        assert not isinstance(law_of(sheet), str)


def test_a_curve_that_falls_is_refused():
    source = {"ref": "house", "grade": "assumed", "flag": "E"}
    with pytest.raises(ValueError, match="both rise"):
        ViscosityCurve(points=((2.0, 100.0), (4.0, 50.0)), source=source)


def test_a_balloon_without_a_free_size_says_so():
    assert "free diameter" in shape_of(device_sheet("interv_balloon"))
    assert shape_of(device_sheet("generic_balloon_15mm")).volume_ml == 4.0


def test_the_interval_of_a_share_is_wilsons():
    leaks = Leaks(np.array([[1.0, 0, 0, 0, 0]] * 30 + [[0.0] * 5] * 70))
    assert leaks.probability == pytest.approx(0.3)
    assert leaks.interval == pytest.approx((0.2189, 0.3958), abs=1e-3)  # Wilson for 30 of 100
    assert leaks.by_type["basivertebral"] == pytest.approx(0.3)
