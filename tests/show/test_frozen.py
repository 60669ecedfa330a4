"""Ice that was simulated on the closed-form patient, as bodies, slices and curves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cases
import numpy as np
import pytest

from planner.measure.killed import cold_kills, inside_points, kill_probability
from planner.measure.models import Measured
from planner.measure.registry import StepContext
from planner.measure.result import Result
from planner.plan.case import load_plan
from planner.report.frozen import frozen_curves
from planner.show.compose import scene_of
from planner.show.slices.field import cold_fields
from planner.simulate.run import run_simulation
from planner.simulate.treatment.cold_result import ColdResult
from planner.simulate.treatment.cold_simulated import simulate_freezing

COARSE_MM = 1.5
STEP = {
    "kind": "cryoablation", "device": "generic_cryo_17g",
    "access": {"entry": cases.ENTRY, "target": cases.TIP, "gauge": 13}, "cycle": ["freeze 8 min", "thaw 4 min", "freeze 8 min"],
}  # fmt: skip


@pytest.fixture(scope="module")
def frozen(patient):
    case = load_plan(cases.plan(steps=[STEP]), folder=patient)
    cold = simulate_freezing(case, case.steps[0], step_mm=COARSE_MM, sweep=())
    assert isinstance(cold, ColdResult)
    simulation = replace(run_simulation(case, simulate=False), cold=(cold,))
    return Result(case, simulation, ({},), True), cold


def test_the_scene_nests_ice_and_lethal_cold_in_place_of_the_sheet(frozen):
    items = {item.name: item for item in scene_of(frozen[0].case, frozen[0]).items}
    nested = [items[f"cold_1_{level}"].mesh.volume_mm3 for level in ("0", "-20", "-40")]
    assert nested == sorted(nested, reverse=True)
    assert not {"zone_1", "ice_1"} & set(items)
    assert items["lesion"].bands is not None
    assert {items[f"cold_1_{level}"].role for level in ("0", "-20", "-40")} == {"cold"}


def test_slices_show_the_lowest_temperature_and_its_course(frozen):
    lowest, course = cold_fields(frozen[0])
    assert lowest.ramp == course.ramp == "cold"
    assert {level.value for level in lowest.levels} == {10.0, 0.0, -20.0, -40.0}
    assert len(course.times_s) == course.values.shape[0] > 4
    # no moment is colder than the lowest of all; half precision and interpolation cost less than a tenth of a degree
    assert np.nanmin(course.values - lowest.values[None]) > -0.1


def test_curves_shade_both_freezes_and_ice_grows_in_them(frozen):
    curves = {curve.name: curve for curve in frozen_curves(frozen[0])}
    ice = curves["ice_1"]
    assert [(span.start, span.end) for span in ice.spans] == [(0.0, 8.0), (12.0, 20.0)]
    volumes = [np.array(line.y) for line in ice.lines]
    assert all((warm >= cold).all() for warm, cold in pairwise(volumes))
    x, whole = np.array(ice.x), volumes[0]
    first = whole[(x > 0) & (x <= 8.0)]
    assert (np.diff(first) >= 0).all()
    assert "cold_points_1" in curves


def test_less_dies_at_the_rim_than_at_the_probe_and_sources_differ_there(frozen):
    result, cold = frozen
    probe, rim = np.array([cases.TIP]), cold.isotherm(-20.0).mesh.vertices[:50]
    inner, outer = cold_kills(cold.run, probe), cold_kills(cold.run, np.asarray(rim))
    assert all(share[0] > 0.89 for share in inner.values())
    assert all(outer[name].mean() <= inner[name][0] + 1e-9 for name in inner)
    # beside the shaft cold is so steep that a corner of the coarse surface reads far colder: one in ten at most
    assert outer["shah"].mean() < 0.1
    context = StepContext(result.case, result.case.steps[0], result.simulation)
    found = kill_probability(context)
    assert isinstance(found, Measured)
    lesion = inside_points(result.case.anatomy.get(result.case.steps[0].target.lesion).mesh)
    shares = [share.mean() for share in cold_kills(cold.run, lesion).values()]
    assert found.value == pytest.approx(np.median(shares))
    assert (found.interval or (found.value, found.value)) == pytest.approx((min(shares), max(shares)))
