"""Freezing steps: laws, the timeline, refusals, and what they leave to the verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import cases
import nibabel
import numpy as np
import pytest

import planner as pl
from planner.cli.run_simulate import simulate_case
from planner.measure.models import Measured, NotEvaluated
from planner.measure.registry import StepContext, measure_step
from planner.plan.case import Instrument, load_plan
from planner.plan.models import Phase
from planner.simulate.grid import TensorGrid
from planner.simulate.run import run_simulation
from planner.simulate.thermal.exposure import ThawRate
from planner.simulate.treatment import cold_treatment
from planner.simulate.treatment.cold_files import cold_files, write_cold
from planner.simulate.treatment.cold_probe import ColdPosition, positions_of
from planner.simulate.treatment.cold_refusals import cold_refusals
from planner.simulate.treatment.cold_result import ColdResult, isotherm_of
from planner.simulate.treatment.cold_simulated import cold_grid, refused_freezing, simulate_freezing
from planner.simulate.treatment.cold_tissue import frozen_of
from planner.simulate.treatment.cold_treatment import freeze_timeline
from planner.simulate.treatment.properties import Properties, Variation

pytestmark = pytest.mark.cold
STEP_MM = 1.4
PROBE = {
    "kind": "cryoablation", "device": "iceseed_15", "access": {"entry": [23.0, 66.0, 8.0], "target": [4.0, -8.0, 0.0]},
    "cycle": ["freeze 4 min", "thaw 3 min", "freeze 4 min"],
}  # fmt: skip


def needle(x=0.0, tip=0.0):
    return Instrument(np.array([x, 0.0, 90.0]), np.array([x, 0.0, tip]), 0.735, "transpedicular")


def phases(*pairs):
    return tuple(Phase(kind=kind, duration_s=seconds) for kind, seconds in pairs)


BASE = ColdPosition((needle(),), 1.47, 12.0, phases(("freeze", 240.0)), -140.0, 15.0)


def soft(grid, perfusion=2500.0):
    one = np.ones(grid.shape, np.float32)
    return Properties(0.5 * one, 3.6e6 * one, perfusion * one, 0 * one, one, one > 0.0, water=0.7 * one)


def ran(*places, perfusion=2500.0, variation=None, **more):
    places = places or (BASE,)
    grid = cold_grid(places, STEP_MM, 1.35)
    tissue = soft(grid, perfusion)
    return freeze_timeline(places, grid, tissue, frozen_of(tissue, variation or Variation()), **more)


@pytest.fixture(scope="module")
def once():
    return ran(after_s=300.0)


def ice_ml(run):
    return float(run.grid.volumes_m3[run.min_c < 0.0].sum()) * 1e6


def test_a_longer_freeze_never_makes_less_ice(once):
    longer = ran(replace(BASE, phases=phases(("freeze", 360.0))), after_s=300.0)

    assert longer.curves.ice_ml[:, 0].max() > once.curves.ice_ml[:, 0].max() > 1.0
    assert (longer.min_c <= once.min_c + 0.05).all()


def test_more_blood_never_makes_more_ice(once):
    more, none = (ran(perfusion=w, after_s=60.0) for w in (20000.0, 0.0))

    assert more.curves.ice_ml[:, 0].max() < once.curves.ice_ml[:, 0].max() < none.curves.ice_ml[:, 0].max()


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"latent_heat": "high"}, {"latent_heat": "low"}),
        ({"frozen_conductivity": "low"}, {"frozen_conductivity": "high"}),
    ],
)
def test_latent_heat_hinders_ice_and_frozen_conductivity_helps_it(less, more):
    small, large = (ran(variation=Variation(**v), after_s=0.0) for v in (less, more))

    assert small.curves.ice_ml[-1, 0] < 0.97 * large.curves.ice_ml[-1, 0]


def test_half_the_duty_and_little_power_make_less_ice(once):
    half = ran(replace(BASE, duty=0.5), after_s=0.0)
    weak = ran(replace(BASE, power_w=5.0), after_s=0.0)

    assert half.curves.ice_ml[:, 0].max() < once.curves.ice_ml[:, 0].max()
    assert weak.curves.ice_ml[:, 0].max() < 0.8 * once.curves.ice_ml[:, 0].max()
    assert weak.curves.power_w.max() < 5.0 * 1.05


def test_heat_drawn_is_the_heat_that_is_gone_latent_heat_included(monkeypatch):
    """In single precision the sum over the grid is right to 1e-5 of what all cells hold, here 3 of 1900 J."""
    exact = partial(cold_treatment.FreezeSolver, precision=np.float64)
    monkeypatch.setattr(cold_treatment, "FreezeSolver", exact)
    place = replace(BASE, phases=phases(("freeze", 240.0), ("thaw", 120.0), ("active_thaw", 60.0)), pause_s=30.0)
    run = ran(place, perfusion=0.0, after_s=120.0)

    assert run.drawn_j > 1000.0
    assert run.stored_j == pytest.approx(run.drawn_j, rel=1e-6)
    steps = np.diff(run.curves.time_s, prepend=0.0)
    assert (run.curves.power_w.sum(axis=1) * steps).sum() == pytest.approx(run.drawn_j, rel=1e-6)


def test_ice_grows_no_more_after_the_stop_and_the_run_goes_on_thawing(once):
    ice, after = once.curves.ice_ml[:, 0], once.curves.time_s > 240.0

    assert once.curves.time_s[-1] >= 300.0
    assert ice[-1] < 0.6 * ice.max()
    assert np.isnan(once.curves.probe_c[after]).all()
    assert (once.curves.power_w[after] == 0.0).all()


def test_time_below_counts_each_freeze_and_is_less_where_it_is_colder():
    run = ran(replace(BASE, phases=phases(("freeze", 240.0), ("thaw", 240.0), ("freeze", 240.0))), after_s=120.0)
    below = run.seconds_below

    assert run.freezes == 2
    assert run.curves.freezes_s == ((0.0, 240.0), (480.0, 720.0))
    assert (below[-20.0] >= below[-40.0]).all()
    assert (below[-20.0][0] <= 480.0 + 1e-3).all()
    assert 100.0 < below[-40.0][1].max() <= 360.0
    thawed = np.isfinite(run.thaw_k_min)
    assert (thawed == (below[-20.0] > 0.0)).mean() > 0.99
    assert (run.thaw_k_min[thawed] > 0.0).all()


def test_a_stick_belongs_to_the_freeze_that_follows():
    place = replace(BASE, phases=phases(("stick", 30.0), ("freeze", 240.0), ("thaw", 60.0), ("freeze", 60.0)))

    assert place.freezes_s == ((0.0, 270.0), (330.0, 390.0))


def test_active_thaw_ends_the_ice_sooner():
    passive, active = (
        ran(replace(BASE, phases=phases(("freeze", 240.0), (kind, 120.0))), after_s=0.0)
        for kind in ("thaw", "active_thaw")
    )

    assert active.curves.ice_ml[-1, 0] < 0.9 * passive.curves.ice_ml[-1, 0]
    assert active.curves.power_w.min() < 0.0


def test_probes_that_are_drawn_back_freeze_a_longer_stretch():
    short = replace(BASE, phases=phases(("freeze", 120.0)))
    places = (short, replace(short.pulled_back(15.0), pause_s=60.0))
    run = ran(*places, after_s=0.0)
    alone = ran(short, after_s=0.0)

    assert run.freezes == 2
    assert run.curves.stops_s == (120.0, 300.0)
    assert isotherm_of(run, 0.0).long_axis_mm > isotherm_of(alone, 0.0).long_axis_mm + 8.0


def test_an_earlier_step_adds_its_freezes(once):
    again = ran(after_s=0.0, earlier=once)

    assert again.freezes == 2
    assert again.seconds_below[-20.0][0] == pytest.approx(once.seconds_below[-20.0][0], abs=0.1)
    assert (again.min_c <= once.min_c + 1e-3).all()


def test_the_thaw_is_timed_between_its_two_temperatures():
    rate, cold = ThawRate((1, 1, 3), -20.0, 0.0), np.array([[[-30.0, -30.0, -10.0]]], np.float32)
    path = [np.full((1, 1, 3), step, np.float32) for step in (-8.0, 5.0, 10.0, 10.0, 10.0, 10.0)]
    now = cold
    for number, rise in enumerate(path):
        step = rise * np.array([[[1.0, 1.0 if number < 4 else 0.0, 1.0]]], np.float32)  # the second stops at −13 °C
        now = now + step
        rate.add(now, step, 0.0, 10.0)

    first, second, third = rate.k_min[0, 0]
    assert first == pytest.approx(60.0, rel=0.01)  # 10 K in 10 s
    assert second == pytest.approx(60.0 * 7.0 / 27.0, rel=0.02)  # 7 K in 7 s, then 20 s for nothing
    assert np.isnan(third)


def test_a_plan_freezes_what_the_kernel_alone_freezes(once):
    grid = once.grid
    kernel = pl.freeze(
        0.5, 3.6e6, 2500.0, 0.7, BASE.probes(grid), grid.widths_mm, [240.0], shape=grid.shape, boundary="insulated"
    )
    now = int(np.argmin(np.abs(once.curves.time_s - 240.0)))

    assert once.curves.ice_ml[now, [0, 1, 3]] == pytest.approx(kernel.volume_below_ml[-1], rel=0.01)
    alone = ran(after_s=0.0)
    assert np.abs(alone.min_c - kernel.min_c).max() < 0.02


def test_simulate_writes_ice_and_nothing_where_a_step_is_refused(patient, tmp_path, capsys):
    plan, bad = (
        cases.plan(steps=[PROBE | changed]) for changed in ({"cycle": ["freeze 60 s"]}, {"cycle": ["thaw 60 s"]})
    )
    for name, raw in (("plan.yaml", plan), ("bad.yaml", bad)):
        (patient / name).write_text(json.dumps(raw))
    with pytest.raises(pl.InputError, match="a cycle that freezes"):
        simulate_case(patient / "bad.yaml", tmp_path / "none")

    assert not (tmp_path / "none").exists()
    assert simulate_case(patient / "plan.yaml", tmp_path / "out")
    assert "ice" in "".join(capsys.readouterr())
    assert {p.suffix for p in (tmp_path / "out").iterdir()} == {".gz", ".csv", ".json"}


def test_a_run_that_is_stopped_leaves_nothing(case):
    def stop(share):
        assert 0.0 <= share <= 1.0
        if share > 0.05:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_freezing(case, case.steps[0], step_mm=STEP_MM, sweep=(), progress=stop)


@pytest.fixture(scope="module")
def case(patient):
    return load_plan(cases.plan(steps=[PROBE | {"thermocouples": {"behind": [0.0, 20.0, 0.0]}}]), folder=patient)


@pytest.fixture(scope="module")
def frozen(case):
    found = simulate_freezing(case, case.steps[0], step_mm=STEP_MM, sweep=(Variation(perfusion="high"),))
    assert isinstance(found, ColdResult)
    return found


def test_surfaces_lie_within_each_other_and_every_reading_is_a_number(frozen):
    zones = frozen.isotherms()

    assert list(zones) == ["0 °C", "−20 °C", "−40 °C"]
    volumes = [zone.mesh.volume_mm3 for zone in zones.values()]
    assert volumes == sorted(volumes, reverse=True)
    assert frozen.volume_ml(0.0).max() == pytest.approx(volumes[0] / 1000.0, rel=0.15)
    assert frozen.isotherm(-20.0) is frozen.zone
    for name, seen in frozen.curves.watched_c.items():
        assert np.isfinite(seen).all(), name
    assert frozen.curves.watched_c["behind"].min() < 36.9
    assert frozen.run.edge_fall_k < 0.5


def test_quantities_come_from_the_simulation_and_replace_the_sheet(case, frozen):
    simulation = replace(run_simulation(case, simulate=False), cold=(frozen,))
    found = measure_step(StepContext(case, case.steps[0], simulation))
    for name in (
        "zone_short_axis_mm", "zone_cord_clearance_mm", "ablation_margin_mm", "lesion_coverage_fraction",
        "lesion_edge_temperature_c", "cord_temperature_min_c", "tissue_temperature_min_c", "root_temperature_min_c",
    ):  # fmt: skip
        assert isinstance(found[name], Measured), name
        assert found[name].origin == "simulated", name
        low, high = found[name].interval or (found[name].value,) * 2
        assert low <= found[name].value <= high, name
    assert "sheet iceseed_15: 27 × 20 mm" in found["zone_long_axis_mm"].note
    ice, killed = frozen.ice, frozen.zone
    assert found["zone_short_axis_mm"].value == killed.short_axis_mm
    cord = case.anatomy.get("spinal_cord").mesh.vertices
    assert found["zone_cord_clearance_mm"].value == pytest.approx(float(ice.distance(cord).min()), abs=0.5)
    assert found["cord_temperature_min_c"].value == pytest.approx(
        float(frozen.min_temperature_at(np.asarray(cord)).min()), abs=1.0
    )


def test_a_result_that_is_no_number_never_passes(case, frozen):
    broken = replace(frozen, run=replace(frozen.run, min_c=np.full_like(frozen.run.min_c, np.nan)), coarse=())
    simulation = replace(run_simulation(case, simulate=False), cold=(broken,))
    found = measure_step(StepContext(case, case.steps[0], simulation))

    assert isinstance(found["cord_temperature_min_c"], NotEvaluated)
    assert isinstance(found["lesion_edge_temperature_c"], NotEvaluated)
    assert isinstance(found["zone_cord_clearance_mm"], NotEvaluated)


def test_a_plan_without_a_cycle_is_not_simulated(patient):
    case = load_plan(cases.plan(steps=[{k: v for k, v in PROBE.items() if k != "cycle"}]), folder=patient)
    (found,) = run_simulation(case).cold

    assert found == "the plan states no `cycle`"


def test_files_hold_fields_in_place_and_curves_with_units(frozen, tmp_path):
    files = {path.name: path for path in write_cold(frozen, tmp_path, "step1")}
    image = nibabel.load(files["step1_temperature_min_c.nii.gz"])
    i, j, k = np.unravel_index(int(image.get_fdata().argmin()), image.shape)
    place = image.affine @ [i, j, k, 1.0]
    middle = frozen.positions[0].needles[0].tip

    assert {f"step1_freeze{n}_below_minus_{c}_s.nii.gz" for n in (1, 2) for c in (20, 30, 40)} <= set(files)
    assert np.linalg.norm(place[:3] * [-1.0, -1.0, 1.0] - middle) < 21.0
    head, *rows = files["step1_curves.csv"].read_text().splitlines()
    assert head.startswith("time_s,tissue_min_c,below_0_c_ml,below_minus_20_c_ml")
    assert len(rows) == len(frozen.curves.time_s)
    assert cold_files(frozen, "step1").keys() == files.keys()


def test_what_cannot_be_frozen_is_refused_all_at_once(patient):
    raw = PROBE | {
        "access": [PROBE["access"], PROBE["access"] | {"target": [4.5, -8.0, 0.0]}], "probe_temperature": "-190 degC",
        "duty": "0 %", "positions": [{}, {"cycle": ["thaw 1 min"]}],
    }  # fmt: skip
    case = load_plan(cases.plan(steps=[raw]), folder=patient)
    problems = {p.path: p for p in refused_freezing(case)}

    assert set(problems) >= {
        "$.steps[0].access[1]", "$.steps[0].probe_temperature", "$.steps[0].duty", "$.steps[0].positions[1].cycle",
    }  # fmt: skip
    assert "-150 °C" in problems["$.steps[0].probe_temperature"].expected


def test_eleven_probes_probes_outside_and_too_large_a_grid_are_refused(case):
    step = case.steps[0]
    (place,) = positions_of(step)
    far = replace(place, needles=tuple(needle(300.0 * n) for n in range(11)))
    outside = replace(place, needles=(Instrument(np.array([0, 900.0, 0]), np.array([0, 800.0, 0]), 0.7, "x"),))

    assert {"11 probes"} <= {p.got for p in cold_refusals(case, step, (far,), cold_grid((far,), 5.0))}
    whole = TensorGrid.uniform((1500, 1500, 1500), 1.0)
    assert any("MB" in p.got for p in cold_refusals(case, step, (place,), whole))
    assert any("outside" in p.got for p in cold_refusals(case, step, (outside,), cold_grid((outside,), 1.4)))
    assert any(
        "outside the grid" in p.got for p in cold_refusals(case, step, (place,), TensorGrid.uniform((9, 9, 9), 1.0))
    )
    wide = cold_grid((place,), 1.4)
    wide = replace(wide, widths_mm=tuple(3.0 * w for w in wide.widths_mm))
    assert any("cells of" in p.got or "outside" in p.got for p in cold_refusals(case, step, (place,), wide))
