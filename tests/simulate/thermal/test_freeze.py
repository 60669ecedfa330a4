"""The kernel of cold: laws for any input, refusals, cycles and power, and faults that the validation must catch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planner as pl
from planner.simulate.thermal import freezing, probes
from planner.simulate.thermal.probes import double_freeze
from planner.validate.run import rows_of
from planner.validate.thermal import cold

SOFT = {"conductivity": 0.5, "heat_capacity": 3.6e6, "perfusion": 2500.0, "water": 0.7}
SHAPE = (20, 20, 20)


def probe(program, at=(10.2, 9.9), power=None):
    return pl.Cryoprobe((*at, 5.0), (*at, 40.0), 2.4, 9.0, program=program)


def frozen(program, times=(60.0,), **changed):
    call = SOFT | {"probes": [probe(program)], "spacing_mm": 1.0, "times_s": times, "shape": SHAPE} | changed
    return pl.freeze(**call)


def refused(**changed):
    with pytest.raises(pl.InputError) as error:
        frozen((pl.ProbePhase(60.0, -140.0),), **changed)
    return {problem.path for problem in error.value.problems}


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"water": 70.0}, "$.water"),
        ({"water": -0.1}, "$.water"),
        ({"heat_capacity": 1e6}, "$.water"),
        ({"latent_heat": -1.0}, "$.latent_heat"),
        ({"freezing_c": (-1.0, -8.0)}, "$.freezing_c"),
        ({"shape": (20, 20)}, "$.shape"),
        ({"shape": (20, 20, 0)}, "$.shape"),
        ({"conductivity": np.ones((3, 3, 3))}, "$"),
        ({"shape": None}, "$"),
        ({"times_s": [0.0]}, "$.times_s"),
        ({"boundary": "open"}, "$.boundary"),
        ({"memory_limit_mb": 0.01}, "$.memory_limit_mb"),
        ({"probes": ["cold"]}, "$.probes[0]"),
        ({"probes": [probe((), at=(50.0, 50.0))]}, "$.probes[0]"),
        ({"probes": [probe((pl.ProbePhase(0.0, -140.0),))]}, "$.probes[0].program[0].duration_s"),
        ({"probes": [probe((pl.ProbePhase(10.0, -400.0),))]}, "$.probes[0].program[0].temperature_c"),
        ({"probes": [probe((pl.ProbePhase(10.0, -140.0, -5.0),))]}, "$.probes[0].program[0].power_w"),
        ({"probes": [probe((pl.ProbePhase(10.0, -140.0, 5.0, 1.5),))]}, "$.probes[0].program[0].duty"),
        ({"spacing_mm": 3.0}, "$.spacing_mm"),
    ],
)
def test_bad_input_is_refused_with_its_place(changed, path):
    assert path in refused(**changed)


def test_every_problem_comes_at_once():
    assert {"$.water", "$.times_s", "$.boundary"} <= refused(water=2.0, times_s=[2.0, 1.0], boundary="open")


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**31), step_mm=st.sampled_from([0.75, 1.0]))
def test_temperature_stays_between_probe_and_blood(seed, step_mm):
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    middle = 0.5 * np.array(SHAPE) * step_mm + rng.uniform(-0.5, 0.5, 3) * step_mm
    needle = pl.Cryoprobe(
        tuple(middle - 4.0 * axis), tuple(middle + 60.0 * axis), 1.5, 7.0, program=(pl.ProbePhase(90.0, -150.0),)
    )
    k = rng.choice([0.2, 0.31, 0.5, 3.0], size=SHAPE)
    ran = frozen((), times=[30.0], probes=[needle], conductivity=k, spacing_mm=step_mm, water=0.5 * (k < 1.0))
    assert ran.min_c.min() >= -150.5
    assert ran.max_c.max() <= 37.01
    assert ran.volume_below_ml[-1, 0] > 0.0
    assert (np.diff(ran.volume_below_ml, axis=1) <= 0.0).all()  # colder than −40 °C is colder than −20 °C too


def test_double_freeze_counts_cycles_and_thaws():
    program = double_freeze(120.0, 90.0, warming_s=60.0)
    ran = frozen(program, times=[120.0, 210.0, 330.0, 390.0, 700.0])
    assert ran.cycle_starts_s == (0.0, 210.0)
    for below in ran.seconds_below:
        assert below.shape == (2, *SHAPE)
        assert below[0].max() > 60.0
        assert below.sum(axis=0).max() <= 390.0
    assert (ran.seconds_below[0] >= ran.seconds_below[1]).all()
    ice = np.interp([120.0, 210.0, 330.0, 390.0, 700.0], ran.curve_s, ran.volume_below_ml[:, 0])
    assert ice[0] > ice[1] > 0.0
    assert ice[2] > ice[0]  # the second ice outgrows the first: the tissue was still cold
    assert ice[4] < 1e-4
    assert np.isnan(ran.probe_c[np.searchsorted(ran.curve_s, 150.0)]).all()
    assert ran.probe_power_w[np.searchsorted(ran.curve_s, 380.0)] < 0.0  # warming gives heat


def test_power_limits_what_a_probe_draws_and_duty_shares_it():
    limited = frozen((pl.ProbePhase(60.0, -140.0, power_w=3.0),))
    assert limited.probe_energy_j[0] == pytest.approx(180.0, rel=1e-3)
    assert limited.probe_c[-1, 0] > -140.0
    half = frozen((pl.ProbePhase(60.0, -140.0, power_w=3.0, duty=0.5),))
    assert half.probe_energy_j[0] == pytest.approx(90.0, rel=1e-3)
    assert half.volume_below_ml[-1, 0] < limited.volume_below_ml[-1, 0]
    free, weak = frozen((pl.ProbePhase(60.0, -140.0),)), frozen((pl.ProbePhase(60.0, -140.0, duty=0.7),))
    assert free.probe_c[-1, 0] == pytest.approx(-140.0)
    assert weak.probe_energy_j[0] < free.probe_energy_j[0]


def test_two_probes_make_more_ice_than_twice_one_early_and_join():
    program = (pl.ProbePhase(120.0, -140.0),)
    one = frozen(program, times=[120.0])
    two = frozen((), times=[120.0], probes=[probe(program, at=(6.2, 9.9)), probe(program, at=(14.2, 9.9))])
    assert two.volume_below_ml[-1, 0] > 1.6 * one.volume_below_ml[-1, 0]
    between = two.temperature_c[-1, 10, 9, 9]
    assert between < one.temperature_c[-1, 14, 9, 9]


def test_warmed_fluid_and_lost_perfusion():
    held = np.zeros(SHAPE, dtype=bool)
    held[15:] = True
    program = (pl.ProbePhase(60.0, -140.0),)
    warmed = frozen(program, held=held, held_c=40.0)
    assert warmed.temperature_c[0, 16:19, 5:15, 5:15] == pytest.approx(40.0, abs=1e-3)
    thawing = (pl.ProbePhase(120.0, -140.0), pl.ProbePhase(400.0))
    with_blood, without = (frozen(thawing, times=[500.0], perfusion=20000.0, reperfused=r) for r in (True, False))
    assert without.temperature_c[0, 12, 9, 9] < with_blood.temperature_c[0, 12, 9, 9] - 0.5


def test_who_is_told_of_the_time_may_stop_the_run():
    def stop(time_s):
        if time_s > 5.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        frozen((pl.ProbePhase(60.0, -140.0),), progress=stop)


def test_water_tells_what_freezing_changes():
    tissue = freezing.Frozen.of_water(0.6, 4.186e6, 1.0, (-0.1, 0.1))
    assert float(tissue.frozen_conductivity) == pytest.approx(2.22)
    assert float(tissue.frozen_heat_capacity) == pytest.approx(2.05e6)
    assert float(tissue.latent_heat) == pytest.approx(334e6)


@pytest.mark.parametrize(
    ("where", "name", "wrong", "case"),
    [
        (freezing, "HELD_CAPACITY", 1e7, "freezing half-space of tissue"),
        (probes, "STIFFEST", 0.05, "cryoprobe of 2.4 mm between cells"),
        (freezing, "STIFFER", 0.3, "cryoprobe of 2.4 mm between cells"),
    ],
)
def test_a_fault_is_caught_by_the_validation(monkeypatch, where, name, wrong, case):
    monkeypatch.setattr(where, name, wrong)
    (found,) = [one for one in cold.CASES if one.name == case]
    assert not all(row.passed for row in rows_of(found))


def test_latent_heat_left_out_moves_the_front(monkeypatch):
    right = freezing.FreezeSolver.enthalpy_of
    monkeypatch.setattr(freezing.FreezeSolver, "enthalpy_of", lambda self, theta: 0.9 * right(self, theta))
    (found,) = [one for one in cold.CASES if one.name == "freezing half-space of tissue"]
    assert not all(row.passed for row in rows_of(found))
