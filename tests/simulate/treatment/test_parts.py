"""Coolant, steam, protection, burns: each on its own, where a law says what must come out."""

from __future__ import annotations

from dataclasses import replace

import cases
import numpy as np
import pytest

from planner.anatomy.structures import Anatomy
from planner.core.errors import InputError
from planner.measure.models import Measured, NotApplicable
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.simulate.run import run_simulation
from planner.simulate.treatment import simulated
from planner.simulate.treatment.coolant import Coolant
from planner.simulate.treatment.names import NUMBER
from planner.simulate.treatment.probe import burns_of, grid_of, probe_of
from planner.simulate.treatment.properties import properties_of
from planner.simulate.treatment.result import HeatResult, max_temperature_at
from planner.simulate.treatment.simulated import refused_steps, simulate_heating
from planner.simulate.treatment.steam import condense
from planner.simulate.treatment.tissue_map import tissue_map
from planner.simulate.treatment.treatment import deliver

pytestmark = pytest.mark.heat
COARSE_MM = 1.5


@pytest.fixture(scope="module")
def case(patient):
    return load_plan(cases.plan(), folder=patient)


def bare(case, **changes):
    probe = replace(probe_of(case.steps[0]), **changes)
    grid = grid_of((probe,), COARSE_MM, 1.35)
    tissues = tissue_map(Anatomy({}), grid, lesion=None, lesion_type=None, bone=None)
    return probe, grid, properties_of(tissues)


def test_film_of_the_coolant_is_that_of_laminar_flow_in_an_annulus():
    """h = Nu·k/D_h with D_h = bore − inner tube = 0.4 of the outer diameter, on a bore of 0.8 of it."""
    made = Coolant.in_needle(1.473)

    assert made.film_w_m2_k == pytest.approx(0.8 * 5.04 * 0.6 / (0.4 * 1.473e-3))
    assert Coolant.in_needle(1.0).film_w_m2_k > made.film_w_m2_k


def test_steam_keeps_energy_and_leaves_nothing_above_its_limit():
    rng = np.random.default_rng(1)
    u = rng.uniform(20.0, 60.0, (20, 20, 20)).astype(np.float32)
    u[9:11, 9:11, 9:11] = 150.0
    capacity = rng.uniform(1.0, 2.0, u.shape).astype(np.float32)
    before = float((u * capacity).sum(dtype=np.float64))
    boiled = condense(u, capacity, 68.0)

    assert boiled is not None
    assert boiled.sum() == 8
    assert u.max() <= 68.0 + 1e-4
    assert float((u * capacity).sum(dtype=np.float64)) == pytest.approx(before, rel=1e-5)
    assert condense(u, capacity, 70.0) is None


def test_a_cooled_wall_stays_cool_and_the_hottest_tissue_lies_off_it(case):
    probe, grid, tissue = bare(
        case, coolant=Coolant.in_needle(1.473), diameter_mm=1.473, mode="power", max_power_w=8.0, duration_s=120.0
    )
    run = deliver((probe,), grid, tissue, residual_s=0.0)
    needle = probe.needles[0]
    beside = needle.tip - 10.0 * needle.direction + np.array([[0.8], [3.5]]) * grid.axes[:, 0]
    near, off = max_temperature_at(run, beside)

    assert off > near
    assert run.curves.power_w.max() == pytest.approx(8.0)


def test_power_pauses_when_impedance_rises(case):
    probe, grid, tissue = bare(case, mode="power", max_power_w=40.0, duration_s=90.0)
    run = deliver((probe,), grid, tissue, residual_s=10.0)

    assert run.pauses >= 1
    assert 0.0 in run.curves.power_w[run.curves.time_s < 85.0]
    assert run.max_c.max() <= 100.0 + 0.1


def test_a_second_burn_further_back_adds_to_the_first(case):
    probe, grid, tissue = bare(case, duration_s=40.0)
    back = replace(probe.pulled_back(20.0), pause_s=20.0)
    grid = grid_of((probe, back), COARSE_MM, 1.35)
    tissue = properties_of(tissue_map(Anatomy({}), grid, lesion=None, lesion_type=None, bone=None))
    one, both = (deliver(burns, grid, tissue, residual_s=10.0) for burns in ((probe,), (probe, back)))

    assert both.curves.stops_s == pytest.approx((40.0, 100.0))
    dead, dead_twice = one.cem43_min > 500.0, both.cem43_min > 240.0
    assert dead.any()
    assert dead_twice[dead].all()
    assert dead_twice.sum() > 1.4 * (one.cem43_min > 240.0).sum()
    assert (np.diff(both.curves.time_s) >= 0.0).all()


def test_dose_of_an_earlier_step_adds_up(case):
    probe, grid, tissue = bare(case, duration_s=40.0)
    once = deliver((probe,), grid, tissue, residual_s=10.0)
    twice = deliver((probe,), grid, tissue, earlier=once, residual_s=10.0)
    middle = np.unravel_index(int(once.cem43_min.argmax()), once.cem43_min.shape)
    off = (middle[0] + 3, *middle[1:])

    assert twice.cem43_min[off] >= 1.9 * once.cem43_min[off] > 0.0
    assert twice.above_45_s[off] >= 1.5 * once.above_45_s[off]


def test_a_virtual_thermocouple_reads_where_it_is_told_and_beyond_the_grid_the_body(case):
    probe, grid, tissue = bare(case, duration_s=30.0)
    middle = probe.needles[0].tip - 10.0 * probe.needles[0].direction
    watched = {"near": middle[None] + 4.0 * grid.axes[:, 0], "far": middle[None] + 900.0}
    run = deliver((probe,), grid, tissue, watched_mm=watched, residual_s=60.0)

    assert run.curves.watched_c["near"].max() == pytest.approx(max_temperature_at(run, watched["near"])[0], abs=0.3)
    assert run.curves.watched_c["near"].max() > 40.0
    assert (run.curves.watched_c["far"] == 37.0).all()
    assert run.curves.overshoot_k("near") >= 0.0


@pytest.mark.parametrize(
    ("protection", "tissue"),
    [("co2_dissection", "carbon_dioxide"), ("fluid_dissection", "dextrose_5"), ("cooled_saline", "saline")],
)
def test_protection_fills_the_space_before_the_sac(case, protection, tissue):
    grid = grid_of(burns_of(case.steps[0]), COARSE_MM, 1.35)
    plain = tissue_map(case.anatomy, grid, lesion=None, lesion_type=None, bone=None)
    made = tissue_map(case.anatomy, grid, lesion=None, lesion_type=None, bone=None, protection=(protection,))
    filled = made.number == NUMBER[tissue]

    assert filled.any()
    assert (plain.number[filled] == NUMBER["epidural_fat"]).all()
    assert (plain.number[~filled] == made.number[~filled]).all()
    assert any(protection.replace("_", " ") in said for said in made.assumed)
    if protection == "cooled_saline":
        found = properties_of(made)
        assert found.start_c is not None
        assert (found.start_c[filled] == np.float32(10.0)).all()
        assert (found.flow[filled] > 0.0).all()


def test_what_cannot_be_simulated_of_protection_is_a_caveat(case):
    grid = grid_of(burns_of(case.steps[0]), 3.0, 1.35)
    made = tissue_map(case.anatomy, grid, lesion=None, lesion_type=None, bone=None, protection=("lead_apron",))
    free = tissue_map(Anatomy({}), grid, lesion=None, lesion_type=None, bone=None, protection=("co2_dissection",))

    assert any("lead apron is not simulated" in said for said in made.caveats)
    assert any("no epidural space" in said for said in free.caveats)


def test_plan_keys_become_burns_and_thermocouples(patient):
    raw = cases.plan()
    raw["steps"][0] |= {
        "burns": [{"duration": "2 min"}, {"pull_back": "8 mm", "pause": "30 s", "setpoint": "80 degC"}],
        "thermocouples": {"wall": [0.0, 15.0, 0.0]},
    }
    step = load_plan(raw, folder=patient).steps[0]
    first, second = burns_of(step)

    assert (first.duration_s, second.duration_s, second.pause_s, second.setpoint_c) == (120.0, 360.0, 30.0, 80.0)
    assert np.linalg.norm(first.needles[0].tip - second.needles[0].tip) == pytest.approx(8.0)
    assert step.thermocouples["wall"].tolist() == [0.0, 15.0, 0.0]


def test_a_power_beside_a_setpoint_is_refused(patient):
    raw = cases.plan()
    raw["steps"][0]["power"] = "20 W"
    with pytest.raises(InputError) as caught:
        load_plan(raw, folder=patient)
    assert any("a power or a set-point" in problem.expected for problem in caught.value.problems)


def test_a_setpoint_beyond_the_device_is_refused_before_work(patient):
    raw = cases.plan()
    raw["steps"][0] |= {"device": "osteocool_20mm", "kind": "cooled_radiofrequency_ablation", "setpoint": "85 degC"}
    case = load_plan(raw, folder=patient)
    (problem,) = refused_steps(case)

    assert problem.path == "$.steps[0].setpoint"
    assert "at most 70 °C" in problem.expected


def test_what_stops_the_progress_stops_the_run(case):
    def stop(_share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_simulation(case, intervals=False, progress=stop)


def test_roots_and_skin_are_measured_too(case, monkeypatch):
    heat = simulate_heating(case, case.steps[0], step_mm=2.0, sweep=())
    assert isinstance(heat, HeatResult)
    monkeypatch.setattr(simulated, "simulate_heating", lambda *_a, **_k: heat)
    found = simulate_plan(case).by_step[0]

    for name in ("cord_above_45_s", "cord_overshoot_c", "root_temperature_max_c", "root_cem43_min", "root_above_45_s"):
        assert isinstance(found[name], Measured), name
        assert found[name].origin == "simulated", name
    assert isinstance(found["skin_temperature_max_c"], NotApplicable)
    assert found["root_temperature_max_c"].value >= 37.0
