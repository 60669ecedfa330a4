"""The kernel of heat: laws for any input, refusals, stability beside metal, and faults that the validation must catch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planner as pl
from planner.simulate.grid import TensorGrid
from planner.simulate.thermal.damage import arrhenius_laws
from planner.simulate.thermal.exposure import TimeAbove
from planner.simulate.thermal.solver import HeatSolver, Response
from planner.simulate.thermal.steps import Stepper
from planner.simulate.thermal.thermocouples import Thermocouples
from planner.validate.run import rows_of
from planner.validate.thermal import dose, laws, slabs

TISSUE = (0.31, 2.68e6, 2237.0)
CUBE = np.zeros((6, 6, 6))


def refused(**changed):
    call = dict(zip(("conductivity", "heat_capacity", "perfusion"), TISSUE, strict=True))
    call |= {"source": CUBE, "spacing_mm": 1.0, "times_s": [10.0]} | changed
    with pytest.raises(pl.InputError) as error:
        pl.bioheat(**call)
    return {problem.path for problem in error.value.problems}


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"conductivity": -1.0}, "$.conductivity"),
        ({"heat_capacity": 0.0}, "$.heat_capacity"),
        ({"perfusion": np.full((6, 6, 6), np.nan)}, "$.perfusion"),
        ({"source": "hot"}, "$.source"),
        ({"source": 1.0}, "$"),
        ({"source": np.zeros((6, 6))}, "$.source"),
        ({"conductivity": np.ones((6, 6, 5))}, "$"),
        ({"spacing_mm": 0.0}, "$.spacing_mm[0]"),
        ({"spacing_mm": (1.0, 1.0)}, "$.spacing_mm"),
        ({"spacing_mm": (1.0, np.ones(5), 1.0)}, "$.spacing_mm[1]"),
        ({"times_s": []}, "$.times_s"),
        ({"times_s": [0.0, 1.0]}, "$.times_s"),
        ({"times_s": [2.0, 2.0]}, "$.times_s"),
        ({"initial_c": -300.0}, "$.initial_c"),
        ({"arterial_c": np.inf}, "$.arterial_c"),
        ({"boundary": "open"}, "$.boundary"),
        ({"method": "euler"}, "$.method"),
        ({"damage": "burn"}, "$.damage"),
        ({"held": np.zeros((6, 6, 6))}, "$.held"),
        ({"memory_limit_mb": 0.001}, "$.memory_limit_mb"),
        ({"source": np.zeros((2, 6, 6))}, "$.boundary"),
    ],
)
def test_bad_input_is_refused_with_its_place(changed, path):
    assert path in refused(**changed)


def test_every_problem_comes_at_once():
    found = refused(conductivity=-1.0, times_s=[3.0, 1.0], boundary="open", spacing_mm=-1.0)
    assert {"$.conductivity", "$.times_s", "$.boundary", "$.spacing_mm[2]"} <= found


def test_importing_loads_no_compiler():
    code = "import sys, planner; assert 'numba' not in sys.modules; planner.bioheat; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_result_has_the_shapes_that_are_promised():
    heat = CUBE.copy()
    heat[3, 3, 3] = 1e6
    ran = pl.bioheat(*TISSUE, heat, (1.0, 0.5, 2.0), [5.0, 30.0])
    assert ran.temperature_c.shape == (2, 6, 6, 6)
    assert ran.max_c.shape == ran.min_c.shape == ran.cem43_min.shape == (6, 6, 6)
    assert (ran.max_c >= ran.temperature_c.max(axis=0)).all()
    assert (ran.min_c <= ran.temperature_c.min(axis=0)).all()
    assert (ran.temperature_c[:, 0] == 37.0).all()
    assert pl.bioheat(*TISSUE, heat, 1.0, [5.0], dose=False).cem43_min is None


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 3.0))
def test_temperature_stays_between_what_was_there(seed, step_mm):
    """Without a source nothing becomes hotter than the hottest; a little is left to the method's order."""
    rng = np.random.default_rng(seed)
    k, c = rng.uniform(0.2, 0.6, (7, 6, 5)), rng.uniform(2e6, 4e6, (7, 6, 5))
    start = rng.uniform(30.0, 60.0, (7, 6, 5))
    ran = pl.bioheat(k, c, 2000.0, np.zeros(k.shape), step_mm, [120.0], start, boundary="insulated", dose=False)
    assert ran.max_c.max() <= start.max() + 0.5
    assert ran.min_c.min() >= start.min() - 0.5


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_it_is_linear_and_symmetric(seed):
    """Twice the source, twice the rise; mirrored tissue, mirrored field."""
    rng = np.random.default_rng(seed)
    k, q = rng.uniform(0.2, 0.6, (6, 7, 8)), rng.uniform(0.0, 1e5, (6, 7, 8))
    one = pl.bioheat(k, 3e6, 2000.0, q, 1.0, [60.0], dose=False).temperature_c[0] - 37.0
    two = pl.bioheat(k, 3e6, 2000.0, 2.0 * q, 1.0, [60.0], dose=False).temperature_c[0] - 37.0
    assert np.abs(two - 2.0 * one).max() < 1e-4 * one.max()
    turned = pl.bioheat(k[::-1], 3e6, 2000.0, q[::-1], 1.0, [60.0], dose=False).temperature_c[0] - 37.0
    assert np.abs(turned[::-1] - one).max() < 1e-4 * one.max()


def rod(n, direction, radius_mm):
    x = np.indices((n, n, n)) - (n - 1) / 2
    axis = np.array(direction) / np.linalg.norm(direction)
    along = np.tensordot(axis, x, axes=1)
    return (x**2).sum(axis=0) - along**2 < radius_mm**2


@pytest.mark.parametrize(("k", "c"), [(15.0, 2.35e6), (0.017, 1.2e3)], ids=["titanium", "gas"])
def test_an_oblique_rod_stays_stable_and_right(k, c, monkeypatch):
    """Plain alternating directions grow errors twofold a step beside it; the fourth factor holds them."""
    n = 20
    tissue = np.random.default_rng(1).uniform(0.2, 0.6, (n, n, n))
    inside = rod(n, (1, 1, 1), 2.5)
    heat = np.zeros((n, n, n))
    heat[4:7, 8:12, 8:12] = 5e6
    given_ = (np.where(inside, k, tissue), np.where(inside, c, 3e6), 2000.0, heat, 1.0, [60.0, 600.0])
    one = pl.bioheat(*given_, dose=False).temperature_c
    other = pl.bioheat(*given_, dose=False, method="rkl2").temperature_c
    rise = other.max() - 37.0
    assert np.abs(one[0] - other[0]).max() < 0.02 * rise
    assert np.abs(one[1] - other[1]).max() < 0.002 * rise
    if k > 1.0:
        monkeypatch.setattr("planner.simulate.thermal.solver.split_fast", lambda *_: None)
        plain = np.abs(pl.bioheat(*given_[:5], [600.0], dose=False).temperature_c - other[1]).max()
        assert not plain < rise


def test_a_source_may_follow_time():
    heat = CUBE.copy()
    heat[3, 3, 3] = 1e6
    still = pl.bioheat(*TISSUE, heat, 1.0, [30.0, 60.0], boundary="insulated", dose=False)
    pulsed = pl.bioheat(
        *TISSUE, lambda t: heat if t < 30.0 else 0.0 * heat, 1.0, [30.0, 60.0], boundary="insulated", dose=False,
        switch_times_s=[30.0],
    )  # fmt: skip
    assert np.array_equal(still.temperature_c[0], pulsed.temperature_c[0])
    assert pulsed.temperature_c[1].max() < still.temperature_c[1].max() - 0.5


def test_held_cells_stay_and_damage_stops_perfusion():
    heat = np.full((12, 12, 12), 2e5)
    held = np.zeros(heat.shape, dtype=bool)
    held[5:7, 5:7, :] = True
    given_ = (0.3, 2.7e6, 20000.0, heat, 2.0, [600.0])
    cooled = pl.bioheat(*given_, held=held, held_c=10.0, boundary="insulated")
    assert np.abs(cooled.temperature_c[0][held] - 10.0).max() < 1e-6
    flowing = pl.bioheat(*given_, boundary="insulated", initial_c=50.0)
    for law in ("cem43", "cell_kill"):
        stopped = pl.bioheat(*given_, boundary="insulated", initial_c=50.0, perfusion_stop=law)
        assert stopped.temperature_c.max() > flowing.temperature_c.max() + 5.0


def test_conductivity_that_rises_spreads_heat_further():
    heat = np.zeros((11, 11, 11))
    heat[5, 5, 5] = 3e8
    flat = pl.bioheat(*TISSUE, heat, 1.0, [60.0], dose=False).temperature_c[0]
    bent = pl.bioheat(*TISSUE, heat, 1.0, [60.0], dose=False, conductivity_slope=0.002).temperature_c[0]
    assert bent[5, 5, 5] < flat[5, 5, 5]
    assert bent[5, 5, 9] > flat[5, 5, 9]


def test_first_step_of_an_uneven_start_follows_the_tissue_whatever_memory_held(monkeypatch):
    """The first step is as short as the stiffest face asks: faces must be known before the first step sets them."""
    shape = (4, 4, 4)
    start = np.where(np.arange(4)[:, None, None] < 2, 20.0, 37.0) * np.ones(shape)

    def first_step(empty, response):
        monkeypatch.setattr(np, "empty_like", lambda a, *_, **__: np.full(a.shape, empty, a.dtype))
        solver = HeatSolver(TensorGrid.uniform(shape, 1.0), 5.0, 3e6, initial_c=start, response=response)
        taken = []
        solver.advance(5.0, after_step=taken.append)
        return taken[0]

    bends = Response(conductivity_slope=0.01)
    linear = first_step(0.0, None)
    assert 0.0 < linear < 0.9  # else the ordinary first step of a second would hide a fault
    for empty in (0.0, 1e12):
        assert first_step(empty, bends) == pytest.approx(linear)


def test_steps_land_without_a_sliver():
    stepper = Stepper()
    stepper.restart(0.01)
    taken = list(stepper.steps(600.0)) + list(stepper.steps(7.3))
    assert sum(taken) == pytest.approx(607.3, abs=1e-9)
    assert min(taken) >= 0.009
    assert max(taken) <= 10.0


def test_thermocouples_and_time_above_in_a_placed_graded_grid():
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    grid = TensorGrid.graded([(-5.0, 5.0)] * 3, [(-20.0, 20.0)] * 3, 1.0, centre_mm=(10.0, 20.0, 30.0), axes=turn)
    assert np.allclose(grid.to_grid(grid.points_mm[3, 4, 5]), [grid.centres_mm(a)[n] for a, n in enumerate((3, 4, 5))])
    assert (np.abs(np.diff(np.log(grid.widths_mm[0]))) <= np.log(1.2) + 1e-9).all()
    plane = grid.points_mm @ np.array([1.0, -2.0, 0.5])
    points = np.array([[10.3, 18.8, 31.1], [6.0, 25.0, 28.0]])
    assert np.allclose(Thermocouples(grid, points).read(plane), points @ np.array([1.0, -2.0, 0.5]))
    above = TimeAbove((3, 3, 3), 40.0)
    solver = HeatSolver(TensorGrid.uniform((3, 3, 3), 1.0), 0.5, 3e6, exposures=[above])
    solver.heat(np.full((3, 3, 3), 3e5))  # 0.1 K/s: 40 °C after 30 s
    solver.advance(100.0)
    assert above.seconds == pytest.approx(70.0, abs=0.01)


def test_every_law_of_damage_has_a_source():
    assert set(arrhenius_laws()) == {"cell_kill", "skin", "collagen"}
    assert all(law.source.ref for law in arrhenius_laws().values())


@pytest.mark.parametrize(
    ("where", "wrong", "case"),
    [
        ("planner.simulate.thermal.damage.GAS", 8.4, "damage, cell_kill at 50 °C"),
        ("planner.simulate.thermal.integrators.THETA", 1.0, "order of convergence in time"),
        ("planner.simulate.thermal.solver.MM", 1.05e-3, "decay between held edges"),
    ],
)
def test_a_fault_is_caught_by_the_validation(monkeypatch, where, wrong, case):
    monkeypatch.setattr(where, wrong)
    (found,) = [c for c in (*laws.CASES, *slabs.CASES, *dose.CASES) if c.name == case]
    assert any(not row.passed for row in rows_of(found))


def test_reference_figures_of_k_wave(shared_data):
    """The CSV beside the repository holds what the validation quotes."""
    text = (shared_data / "thermal" / "thermal_reference.csv").read_text(encoding="utf-8")
    for figure in (
        "37.024403525705054",
        "37.02325100923203",
        "37.01578904099698",
        "37.109987515439556",
        "37.10479308472886",
    ):
        assert figure in text
