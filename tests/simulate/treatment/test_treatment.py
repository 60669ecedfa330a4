"""Heating steps on the closed-form patient: laws, stops, refusals, and what stands in the verdict."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cases
import nibabel
import numpy as np
import pytest

from planner.anatomy.structures import Anatomy
from planner.measure.models import Measured, NotEvaluated
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.show.slices.field import heat_fields
from planner.simulate.grid import TensorGrid
from planner.simulate.run import SWITCHED_OFF, run_simulation
from planner.simulate.treatment import simulated
from planner.simulate.treatment.files import heat_files, write_heat
from planner.simulate.treatment.frames import MOST_FRAMES, Frames
from planner.simulate.treatment.isosurface import zone_above
from planner.simulate.treatment.names import NUMBER
from planner.simulate.treatment.probe import grid_of, probe_of
from planner.simulate.treatment.properties import Variation, properties_of
from planner.simulate.treatment.refusals import refusals
from planner.simulate.treatment.result import HeatResult, max_temperature_at, zone_of
from planner.simulate.treatment.simulated import simulate_heating
from planner.simulate.treatment.tissue_map import TissueMap, tissue_map, wet_density
from planner.simulate.treatment.treatment import deliver

pytestmark = pytest.mark.heat
COARSE_MM = 1.5


@pytest.fixture(scope="session")
def case(patient):
    return load_plan(cases.plan(), folder=patient)


@pytest.fixture(scope="session")
def heated(case):
    found = simulate_heating(case, case.steps[0], step_mm=COARSE_MM, sweep=())
    assert isinstance(found, HeatResult)
    return found


def bare(case, **changes):
    """The plan's needle in muscle alone, so that only symmetry and physics speak."""
    probe = replace(probe_of(case.steps[0]), duration_s=60.0, **changes)
    grid = grid_of((probe,), COARSE_MM, 1.35)
    tissues = tissue_map(Anatomy({}), grid, lesion=None, lesion_type=None, bone=None)
    return probe, grid, properties_of(tissues)


def volume_ml(run, level_c):
    return float(run.grid.volumes_m3[run.max_c > level_c].sum()) * 1e6


def test_the_setpoint_is_reached_held_and_not_passed(heated):
    curves = heated.curves
    heating = (curves.time_s > 120.0) & (curves.power_w > 0.0)

    assert heated.run.reached
    assert curves.electrode_c.max() <= 90.0 + 5.0
    assert np.abs(curves.electrode_c[heating] - 90.0).max() < 5.0
    assert heated.run.ended_s == pytest.approx(360.0)
    assert (curves.power_w[curves.time_s >= 360.0] == 0.0).all()


def test_energy_is_the_integral_of_power_and_impedance_is_a_number(heated):
    curves = heated.curves

    assert curves.energy_j[-1] == pytest.approx((curves.power_w[:-1] * np.diff(curves.time_s)).sum())
    assert np.isfinite(curves.impedance_ohm).all()
    assert (curves.impedance_ohm > 0.0).all()
    assert curves.power_w.min() >= 0.0


def test_heat_is_left_after_the_stop_and_the_far_boundary_stays_cool(heated):
    assert heated.curves.time_s[-1] > heated.run.ended_s
    assert heated.run.edge_rise_k < 0.1


def test_zone_grows_with_the_level_that_is_asked_less(heated):
    zone, hot = heated.zone, heated.at_60_c

    assert zone is not None
    assert hot is not None
    assert zone.mesh.volume_mm3 > hot.mesh.volume_mm3 > 0.0
    assert zone.least_width_mm <= zone.short_axis_mm <= zone.most_width_mm
    assert zone.long_axis_mm > 20.0 - 2.0


def test_more_time_and_a_higher_setpoint_never_shrink_the_zone(case):
    probe, grid, tissue = bare(case)
    short = deliver((probe,), grid, tissue, residual_s=10.0)
    longer = deliver((replace(probe, duration_s=120.0),), grid, tissue, residual_s=10.0)
    cooler = deliver((replace(probe, setpoint_c=75.0),), grid, tissue, residual_s=10.0)

    assert volume_ml(longer, 55.0) >= volume_ml(short, 55.0) > 0.0
    assert volume_ml(short, 55.0) >= volume_ml(cooler, 55.0)


def test_a_needle_in_one_tissue_heats_alike_to_all_sides(case):
    probe, grid, tissue = bare(case)
    run = deliver((probe,), grid, tissue, residual_s=10.0)

    # Samples of the needle's round end tell the sides apart: by a kelvin at the metal, by 3 % of the rise beside it.
    x, y = grid.centres_mm(0)[:, None], grid.centres_mm(1)[None, :]
    middle = grid.to_grid(probe.needles[0].tip)
    field = np.where((np.hypot(x - middle[0], y - middle[1]) > 2.5)[..., None], run.max_c, 37.0)
    for turned in (field[::-1], field[:, ::-1], field.transpose(1, 0, 2)):
        assert np.abs(field - turned).max() < 0.5


def test_points_farther_away_are_never_hotter(case):
    probe, grid, tissue = bare(case)
    run = deliver((probe,), grid, tissue, residual_s=30.0)
    middle = probe.needles[0].tip - 0.5 * probe.active_mm * probe.needles[0].direction
    ray = middle + np.linspace(4.0, 40.0, 30)[:, None] * grid.axes[:, 0]

    assert (np.diff(max_temperature_at(run, ray)) <= 1e-3).all()
    assert max_temperature_at(run, middle[None] + 1000.0)[0] == 37.0


def test_power_is_bounded_and_the_setpoint_then_not_reached(case):
    probe, grid, tissue = bare(case, max_power_w=0.5)
    run = deliver((probe,), grid, tissue, residual_s=10.0)

    assert not run.reached
    assert run.curves.power_w.max() <= 0.5


def test_a_stop_temperature_ends_the_delivery(case):
    probe, grid, tissue = bare(case, stop_c=38.0, stop_mm=6.0)
    run = deliver((probe,), grid, tissue, residual_s=10.0)

    assert run.ended == "38 °C reached"
    assert run.ended_s < 60.0
    assert (run.curves.power_w[run.curves.time_s >= run.ended_s] == 0.0).all()


def test_the_map_holds_each_structure_where_it_lies(case):
    probe = probe_of(case.steps[0])
    grid = grid_of((probe,), COARSE_MM, 1.35)
    tissues = tissue_map(case.anatomy, grid, lesion="lesion", lesion_type="lytic", bone="osteopenic")
    at = {"lytic_tumour": cases.LESION["centre"], "spinal_cord": (0.0, 27.0, 0.0), "blood": (12.0, -32.0, 0.0)}

    for name, point in at.items():
        cell = tuple(int(np.searchsorted(grid.edges_mm(a), grid.to_grid(point)[a])) - 1 for a in range(3))
        assert tissues.number[cell] == NUMBER[name], name
    ball = 4.0 / 3.0 * np.pi * cases.LESION["radius"] ** 3
    lesion = grid.volumes_m3[tissues.number == NUMBER["lytic_tumour"]].sum() * 1e9
    assert lesion == pytest.approx(ball, rel=0.1)
    assert any("without a CT" in said for said in tissues.caveats)


def test_properties_stay_within_their_ranges_and_move_the_way_they_are_asked(case):
    grid = TensorGrid.uniform((3, 1, 1), 1.0)
    number = np.array([NUMBER["cancellous_bone"], NUMBER["lytic_tumour"], NUMBER["blood"]], np.int8).reshape(3, 1, 1)
    shell = np.zeros((3, 1, 1), np.float32)
    tissues = TissueMap(grid, number, np.full((3, 1, 1), wet_density(100.0), np.float32), shell, (), ())
    base, low = properties_of(tissues), properties_of(tissues, Variation("low", "low", "low"))
    cortical = properties_of(replace(tissues, shell=np.ones((3, 1, 1), np.float32)))

    assert low.perfusion[0, 0, 0] < base.perfusion[0, 0, 0]
    assert low.perfusion[2, 0, 0] == base.perfusion[2, 0, 0]
    assert low.sigma[1, 0, 0] < base.sigma[1, 0, 0]
    assert low.sigma[0, 0, 0] == base.sigma[0, 0, 0]
    assert low.conductivity[0, 0, 0] < base.conductivity[0, 0, 0]
    assert cortical.sigma[0, 0, 0] == pytest.approx(0.022)
    assert wet_density(0.0) < wet_density(100.0) < wet_density(300.0)


def test_an_isosurface_is_the_ball_that_was_put_in():
    grid = TensorGrid.graded([(-10.0, 10.0)] * 3, [(-30.0, 30.0)] * 3, 1.0, 1.3, (5.0, -3.0, 2.0))
    away = np.linalg.norm(grid.points_mm - (5.0, -3.0, 2.0), axis=-1)
    zone = zone_above(grid, -away, -8.0)

    assert zone is not None
    assert zone.long_axis_mm == pytest.approx(16.0, abs=0.1)
    assert zone.short_axis_mm == pytest.approx(16.0, abs=0.1)
    assert zone.mesh.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 512.0, rel=0.03)
    assert zone.distance(np.array([[5.0, -3.0, 2.0]]))[0] == pytest.approx(-8.0, abs=0.15)
    assert zone_above(grid, -away, 1.0) is None


def test_refusals_come_before_any_work_and_name_their_place(case):
    step, probe = case.steps[0], probe_of(case.steps[0])
    grid = grid_of((probe,), COARSE_MM, 1.35)

    def said(on=grid, **changes):
        found = refusals(case, step, (replace(probe, **changes),), on)
        assert all(problem.path.startswith("$.steps[0]") for problem in found)
        return " ".join(f"{problem.path} {problem.got}" for problem in found)

    far = tuple(replace(n, tip=n.tip + 500.0, entry=n.entry + 500.0) for n in probe.needles)
    wide = (probe.needles[0], replace(probe.needles[0], tip=probe.needles[0].tip + 300.0))

    assert refusals(case, step, (probe,), grid) == []
    assert "duration" in said(duration_s=0.0)
    assert "set-point of 150 °C" in said(setpoint_c=150.0)
    assert "outside everything" in said(needles=far)
    assert "outside the grid" in said(needles=far)
    assert "MB" in said(grid_of((replace(probe, needles=wide),), 0.75, 1.3), needles=wide)
    assert "active tip" in said(active_mm=500.0)
    assert "cells of" in said(grid_of((probe,), 4.0, 1.35))


def test_a_crash_is_a_reason_and_never_a_value(case, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the sky fell")

    monkeypatch.setattr(simulated, "simulate_heating", broken)
    found = simulate_plan(case).by_step[0]

    assert found["cord_temperature_max_c"] == NotEvaluated("the simulation failed (RuntimeError: the sky fell)")
    assert found["zone_long_axis_mm"].value == pytest.approx(26.0)


def test_without_simulation_the_sheet_answers_and_temperatures_do_not(case):
    found = simulate_plan(case, simulate=False).by_step[0]

    assert found["tissue_temperature_max_c"] == NotEvaluated(SWITCHED_OFF)
    assert found["zone_long_axis_mm"].value == pytest.approx(26.0)
    assert found["zone_long_axis_mm"].origin is None
    assert run_simulation(case, simulate=False).heat == ()


def test_simulated_figures_replace_the_sheets(case, heated, monkeypatch):
    monkeypatch.setattr(simulated, "simulate_heating", lambda *_a, **_k: heated)
    result = simulate_plan(case)
    found = result.by_step[0]

    for name in ("zone_long_axis_mm", "zone_cord_clearance_mm", "ablation_margin_mm", "lesion_edge_temperature_c"):
        assert isinstance(found[name], Measured), name
        assert found[name].origin == "simulated", name
    assert "26 × 16 mm" in found["zone_long_axis_mm"].note
    assert found["zone_long_axis_mm"].value == heated.zone.long_axis_mm
    assert 37.0 <= found["cord_temperature_max_c"].value < found["tissue_temperature_max_c"].value
    assert found["lesion_edge_temperature_c"].value < found["tissue_temperature_max_c"].value
    assert isinstance(result.by_step[1]["cord_temperature_max_c"], NotEvaluated)


def test_an_interval_comes_from_the_ends_of_the_ranges(heated):
    spread = replace(heated, coarse=(heated.run,) * 4)

    assert spread.spread([10.0, 9.0, 12.0, 5.0, 9.0]) == pytest.approx((6.0, 13.0))
    assert zone_of(heated.run) is heated.zone


def test_files_lie_where_the_patient_does(heated, tmp_path):
    written = write_heat(heated, tmp_path, "step1")
    image = nibabel.load(tmp_path / "step1_temperature_max_c.nii.gz")
    field = np.asarray(image.dataobj)
    at = np.unravel_index(field.argmax(), field.shape)
    lps = (image.affine @ [*at, 1.0])[:3] * [-1.0, -1.0, 1.0]
    hottest = heated.run.grid.points_mm[np.unravel_index(heated.run.max_c.argmax(), heated.run.max_c.shape)]

    assert all(file.is_file() for file in written)
    assert np.linalg.norm(lps - hottest) < 2.5
    rows = (tmp_path / "step1_curves.csv").read_text().splitlines()
    assert rows[0].startswith("time_s,power_w")
    assert len(rows) == 1 + len(heated.curves.time_s)
    assert heat_files(heated, "step1") == heat_files(heated, "step1")
    chance = np.asarray(nibabel.load(tmp_path / "step1_kill_probability.nii.gz").dataobj)
    assert 0.0 <= chance.min() < 0.01
    assert 0.99 < chance.max() <= 1.0


def test_moments_are_even_few_and_never_hotter_than_the_highest(heated):
    frames = Frames()
    for second in range(0, 1000, 2):
        frames.add(float(second), np.full((2, 2, 2), 37.0 + second / 100.0))
    times = np.array([t for t, _ in frames.held])
    assert len(times) <= MOST_FRAMES
    assert np.diff(times).max() <= 1.25 * np.diff(times).min(), "as even as readings every 2 s allow"
    assert times[0] == 0.0
    assert times[-1] > 1000.0 - 2.0 * np.diff(times).max()

    rounded = 0.1  # half precision at 100 °C
    seen = [field.astype(np.float32) for _, field in heated.run.frames]
    assert seen[0].max() == pytest.approx(37.0, abs=rounded)
    assert all((field <= heated.run.max_c + rounded).all() for field in seen)
    assert max(field.max() for field in seen) > 60.0
    assert seen[-1].max() < max(field.max() for field in seen), "it cools after the stop"


def test_slices_show_the_heat_as_it_spreads(case, heated):
    result = SimpleNamespace(simulation=SimpleNamespace(heat=(heated,)))
    fields = {field.name: field for field in heat_fields(result)}
    assert list(fields) == ["heat_1", "temperature_1", "dose_1"]
    moments = fields["temperature_1"]
    assert moments.frames == len(heated.run.frames)
    assert np.nanmax(moments.values[0]) < 38.0 < np.nanmax(moments.values)
