"""Balloon and cement of whole plans: quantities, refusals, what is shown of them."""

from __future__ import annotations

from dataclasses import replace

import cases
import numpy as np
import pytest

from planner.check.verdict import check_plan
from planner.core.errors import InputError
from planner.core.quantity import QUANTITIES
from planner.geometry.bodies import Spheroid
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.measure.pedicle import breach_probability
from planner.measure.registry import StepContext, measure_step
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.plan.devices import material_sheet
from planner.protocol.load import load_protocol
from planner.report.augmented import augmented_curves
from planner.show.augmented import augmented_layers, simulated_parts
from planner.simulate import augment
from planner.simulate.augment import _ablated, simulate_augmentation
from planner.simulate.augment_files import write_augmentation
from planner.simulate.balloon.inflate import inflate
from planner.simulate.balloon.rays import LOWER, SIDE, UPPER
from planner.simulate.balloon.simulated import simulate_balloons
from planner.simulate.cement.box import neighbours
from planner.simulate.cement.flow import Injection, Medium, inject
from planner.simulate.cement.material import HAND_KPA, pushed, would_end_s
from planner.simulate.cement.simulated import simulate_cement
from planner.simulate.grid import TensorGrid
from planner.simulate.run import NO_SOLVER, Simulation, _left
from planner.simulate.thermal.left import Left, read_dose
from planner.simulate.treatment.result import dose_at
from planner.simulate.treatment.simulated import simulate_heating
from planner.validate.augmentation.balloon import UP, _rays

JUDGED = {"pass", "warn", "fail"}
pytestmark = pytest.mark.cement


def kyphoplasty(folder, **changes):
    raw = cases.plan()
    raw["steps"] = raw["steps"][1:]
    for key, value in changes.items():
        part, _, name = key.partition("__")
        if name:
            raw["steps"][0][part][name] = value
        else:
            raw["steps"][0][part] = value
    return load_plan(raw, folder=folder)


@pytest.fixture(scope="module")
def result(patient, _solvers_left_out):
    case = kyphoplasty(patient)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(augment, "SAMPLES", 6)
        patch.setattr("planner.simulate.run._augmented", _solvers_left_out["cement"])
        told = []
        found = simulate_plan(case, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    return found


def test_what_is_simulated_is_marked_and_warns_without_a_ct(result):
    step = result.by_step[0]
    for name in ("balloon_pressure_predicted_kpa", "endplate_stress_ratio", "cement_leak_probability",
                 "cement_fill_predicted_fraction", "cement_temperature_max_c", "canal_temperature_max_c",
                 "cord_temperature_max_c", "cord_cem43_min", "strength_gain"):  # fmt: skip
        found = step[name]
        assert isinstance(found, Measured), f"{name}: {found}"
        assert found.origin == "simulated"
        assert found.interval[0] <= found.value <= found.interval[1]
        assert QUANTITIES[name].low <= found.value <= QUANTITIES[name].high
    assert "without a CT" in step["balloon_pressure_predicted_kpa"].caveat
    low, high = step["balloon_pressure_predicted_kpa"].interval
    assert high / low > 1.2  # a stated grade is a wide interval


def test_fill_is_of_the_body_and_the_pressure_planned_stays_the_planned_one(result):
    step = result.by_step[0]
    body = result.case.anatomy.get("vertebra_L3_body").volume_ml
    assert step["cement_fill_predicted_fraction"].value == pytest.approx(4.0 / body, rel=0.02)
    assert step["balloon_pressure_kpa"].value == pytest.approx(1378.95, rel=1e-3)
    assert step["balloon_pressure_kpa"].origin is None
    assert step["balloon_pressure_predicted_kpa"].value != pytest.approx(1378.95, rel=1e-2)


def test_rules_judge_it(result):
    verdict = check_plan(result.case, result)
    outcomes = {finding.rule: finding.outcome for finding in verdict.findings}
    assert outcomes["IBT-P-PRED"] in {"pass", "warn", "fail"}
    assert outcomes["IBT-EP-STRESS"] == "warn"  # simulated without a CT is never a clean pass
    assert outcomes["CEM-WORK"] in {"pass", "warn"}
    assert {"AUG-POSTWALL-DIST", "AUG-EP-CONTACT", "CEM-VISC-MIN", "CEM-T-WALL"} <= set(outcomes)
    severities = {finding.rule: finding.severity for finding in verdict.findings}
    assert severities["IBT-EP-STRESS"] != "block"  # its strength is read, its ratio is assumed


def test_cement_over_time_and_cavity_are_layers_and_curves(result):
    layers = {layer.kind: layer for layer in augmented_layers(result)}
    assert set(layers) == {"balloon", "cement"}
    times = [surface.time_s for surface in layers["cement"].surfaces]
    volumes = [surface.mesh.volume_mm3 for surface in layers["cement"].surfaces]
    assert times == sorted(times)
    assert volumes == sorted(volumes)
    assert layers["balloon"].surfaces[0].mesh.volume_mm3 == pytest.approx(4000.0, rel=0.02)
    assert simulated_parts(result, result.case.steps[0]) == {"balloon", "cement"}
    curves = {curve.name: curve for curve in augmented_curves(result)}
    assert set(curves) == {"balloon_1", "injection_1", "setting_1"}
    for curve in curves.values():
        assert (np.diff(curve.x) >= 0.0).all()
        assert all(len(line.y) == len(curve.x) for line in curve.lines)


def test_more_pressure_loads_the_endplate_more(patient):
    ratios = []
    for psi in (100, 400, 700):
        case = kyphoplasty(patient, balloon={"volume": "4 mL", "pressure": f"{psi} psi"})
        ratios.append(simulate_balloons(case, case.steps[0]).stress_ratio[0])
    assert ratios == sorted(ratios)
    assert ratios[-1] > 2.0 * ratios[0]


def test_a_pressure_beyond_the_sheet_fails_whatever_the_model_says(patient):
    case = kyphoplasty(patient, balloon={"volume": "3 mL", "pressure": "450 psi"})
    verdict = check_plan(case, simulate_plan(case, simulate=False))
    outcomes = {finding.rule: finding.outcome for finding in verdict.findings}
    assert outcomes["IBT-P-RATED"] == "fail"
    assert verdict.exit_code == 1


def test_a_fresh_fracture_opens_against_load_and_not_against_too_much():
    rays = _rays(9.0)
    up, down = (sign * rays.way[:, 2] > 0.7 for sign in (1.0, -1.0))
    rays = replace(rays, wall=np.select([up, down], [UPPER, LOWER], SIDE))
    rays = replace(rays, crush_kpa=np.full_like(rays.crush_kpa, 500.0))
    lifts = []
    for load in (0.0, 110.0, 400.0, 1e6):
        found = inflate(rays, UP, volume_ml=3.0, planned_kpa=None, lost_mm=4.0, preload_n=load)
        assert sum(found.lift_mm) <= 4.0 + 1e-9
        assert found.gap_mm.min() > -1e-6 or load > 400.0
        lifts.append(sum(found.lift_mm))
    assert lifts == sorted(lifts, reverse=True)
    assert lifts[1] > 2.0
    assert lifts[-1] == 0.0
    whole = inflate(rays, UP, volume_ml=3.0, planned_kpa=None, preload_n=110.0)
    assert whole.lift_mm == (0.0, 0.0)


@pytest.mark.parametrize(("volume", "limit", "goes"), [(3.0, 1e9, True), (3.0, 300.0, False), (25.0, 1e9, False)])
def test_what_does_not_go_in_would_have_taken_longer(patient, volume, limit, goes):
    raw = cases.plan()
    raw["steps"] = [{"kind": "vertebroplasty", "access": cases.plan()["steps"][1]["access"],
                     "cement": {"material": "pmma_generic", "volume_ml": volume}}]  # fmt: skip
    step = load_plan(raw, folder=patient).steps[0]
    push = replace(pushed(step), limit_kpa=limit)
    near = neighbours(np.ones((9, 9, 9), dtype=bool))
    n = len(near)
    medium = Medium(3.0, near, np.full(n, 0.02), np.full((n, 3), 4e-8), (near < 0).sum(axis=1) * 1.0, 10.0)
    filled = inject(medium, Injection(np.array([n // 2]), volume, push.rate_ml_s, push.viscosity, push.start_s,
                                      push.end_s, limit, 5e11))  # fmt: skip
    assert (filled.stopped is None) == goes
    if goes:
        assert filled.delivered_ml == pytest.approx(volume)
        assert would_end_s(filled, push) == filled.time_s[-1] < push.end_s
    else:
        assert filled.delivered_ml < volume
        assert would_end_s(filled, push) > 1.02 * push.end_s
    assert filled.syringe_kpa.max() <= limit * (1.0 + 1e-9)
    assert (filled.asked_kpa >= filled.syringe_kpa * (1.0 - 1e-9)).all()


def test_kyphoplasty_then_a_screw_in_the_same_body(patient, monkeypatch):
    monkeypatch.setattr(augment, "SAMPLES", 0)
    raw = cases.plan()
    way = {key: value for key, value in raw["steps"][1]["access"].items() if key != "gauge"}
    raw["steps"] = [raw["steps"][1], {"kind": "screw", "access": way, "diameter": "6 mm", "length": "45 mm"}]
    found = simulate_plan(load_plan(raw, folder=patient))
    balloon, screw = found.by_step
    assert isinstance(balloon["balloon_pressure_predicted_kpa"], Measured)
    breach = screw["screw_breach_mm"]
    assert "of 100 screws placed" in breach.note
    assert all(sample >= 0.0 for sample in breach.samples)
    judged = {(each.rule, each.step) for each in check_plan(found.case, found).findings if each.outcome in JUDGED}
    rules = {rule for rule, _ in judged}
    assert {"IBT-P-PRED", "AUG-FILL-HARD", "NAV-GR", "SCR-PED-MARGIN"} <= rules


def test_a_screw_breaches_by_the_errors_of_the_robot_that_places_it(patient, monkeypatch):
    monkeypatch.setattr(augment, "SAMPLES", 0)
    raw = cases.plan()
    way = {key: value for key, value in raw["steps"][1]["access"].items() if key != "gauge"}

    def said(**errors):
        raw["steps"] = [{"kind": "screw", "access": way, "diameter": "6 mm", "length": "45 mm", **errors}]
        return cases.measured(raw, patient)[0]["screw_breach_mm"]

    exact, usual, rough = said(entry_error="0 mm", tip_error="0 mm"), said(), said(entry_error="4 mm", tip_error="4 mm")
    assert max(exact.samples) <= max(usual.samples) <= max(rough.samples)
    assert "an error of 1 mm" in usual.note
    assert exact.note != usual.note != rough.note


def test_more_room_and_less_error_breach_less():
    tried = ((5.0, 1.0), (7.0, 2.0), (7.0, 1.0), (9.0, 1.0), (9.0, 0.0))
    chances = [breach_probability(width, 6.0, sd) for width, sd in tried]
    assert chances == sorted(chances, reverse=True)
    assert (chances[0], chances[-1]) == (1.0, 0.0)
    assert breach_probability(8.7, 3.048, 1.0, 2.3) > breach_probability(8.7, 3.048, 1.0)


def test_the_hand_of_the_rule_is_that_of_the_model():
    found = next(each for each in load_protocol().rules if each.id == "CEM-PRESS")
    assert found.limit.at_most == HAND_KPA["vertebroplasty"]


@pytest.mark.slow
def test_bioactive_cement_stays_cooler(patient):
    peaks = []
    for material in ("pmma_generic", "sr_ha_acrylic", "calcium_phosphate_generic"):
        case = kyphoplasty(patient, cement__material=material)
        found = simulate_augmentation(case, case.steps[0], samples=0)
        peaks.append(found.setting[0].hottest_c)
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > 80.0
    assert peaks[2] < 42.0


def test_a_tip_outside_the_bone_is_a_failed_rule_and_not_evaluated(patient):
    case = kyphoplasty(patient, access={"entry": cases.ENTRY, "target": [4.0, -30.0, 0.0], "gauge": 10})
    found = simulate_plan(case)
    outcome = found.by_step[0]["cement_leak_probability"]
    assert isinstance(outcome, NotEvaluated)
    assert "outside" in outcome.reason
    verdict = check_plan(case, found)
    assert {f.rule: f.outcome for f in verdict.findings}["AUG-TIP-IN-BONE"] == "fail"


def test_bad_input_is_told_once_each(patient, monkeypatch):
    with pytest.raises(InputError, match=r"\$\.steps\[0\]\.cement\.volume: .*-2 mL"):
        kyphoplasty(patient, cement__volume="-2 mL")
    with pytest.raises(InputError, match=r"\$\.steps\[0\]\.balloon\.pressure: .*-50 psi"):
        kyphoplasty(patient, balloon__pressure="-50 psi")
    whole = load_plan(cases.plan(), folder=patient).anatomy.get("vertebra_L3").volume_ml
    assert whole > 39.0  # else the plausible range is not what refuses it
    bare = material_sheet("pmma_generic").with_(viscosity=None)
    monkeypatch.setattr("planner.plan.case.material_sheet", lambda _: bare)
    with pytest.raises(InputError, match="a curve of viscosity") as told:
        kyphoplasty(patient)
    assert len(told.value.problems) == 1


def test_more_cement_than_bone_is_refused():
    from planner.validate.patients import COARSE_L3, plan, vertebroplasty  # noqa: PLC0415

    small = {"parametric": COARSE_L3["parametric"] | {"level": "T4"}}
    step = vertebroplasty((12, 40, 6), (4, -6, 0), volume_ml=30.0)
    with pytest.raises(InputError, match="no more than the whole vertebra T4 holds"):
        load_plan(plan(small, step, level="T4"))


def test_cement_beyond_the_cavity_is_normal(patient):
    case = kyphoplasty(patient, balloon={"volume": "2 mL", "pressure": "200 psi"}, cement__volume="5 mL")
    step = case.steps[0]
    filled = simulate_cement(case, step, simulate_balloons(case, step), width_mm=1.5).filled
    assert filled.delivered_ml == pytest.approx(5.0)
    assert filled.pressure_kpa[-1] > 3.0 * filled.pressure_kpa[0]


def test_ablated_tumour_gives_way(patient):
    raw = cases.plan()
    within = {"entry": cases.ENTRY, "target": cases.LESION["centre"].tolist(), "gauge": 11}
    raw["steps"][1] = {
        "kind": "vertebroplasty",
        "access": within,
        "cement": {"material": "pmma_generic", "volume": "1 mL"},
    }
    case = load_plan(raw, folder=patient)
    step = case.steps[1]
    zone = _ablated(case, step, {})
    assert len(zone) == 1
    simulated = Spheroid(cases.LESION["centre"], np.array([0.0, 0.0, 1.0]), 4.0, 4.0)
    assert _ablated(case, step, {case.steps[0].index: simulated}) == (simulated,)  # it takes the place of the sheet's
    after, before = (simulate_cement(case, step, ablated=z, width_mm=1.5).filled.pressure_kpa.max() for z in (zone, ()))
    assert after < 0.7 * before


def test_cement_sets_in_what_a_burn_left(patient):
    """A hot ball at the tip stands for the burn: heat is carried over, wears off with the pause, and doses add up."""
    hottest, canal = {}, {}
    for pause in ("1 min", "30 min"):
        raw = cases.plan()
        raw["steps"][1] = {
            "kind": "vertebroplasty", "access": {"entry": cases.ENTRY, "target": cases.TIP, "gauge": 11},
            "cement": {"material": "pmma_generic", "volume": "1 mL", "after_ablation": pause},
        }  # fmt: skip
        case = load_plan(raw, folder=patient)
        grid = TensorGrid.uniform((60, 60, 60), 2.0, np.array(cases.TIP) - 60.0)
        away = np.linalg.norm(grid.points_mm - cases.TIP, axis=-1)
        ball = np.where(away < 10.0, 70.0, 37.0).astype(np.float32)
        dose = np.full(grid.shape, 7.0, np.float32)
        found = simulate_augmentation(case, case.steps[1], left=Left(grid, ball, 0.0, dose, dose), samples=0)
        simulation = Simulation((None, None), NO_SOLVER, (None, found), (None, None))
        step = measure_step(StepContext(case, case.steps[1], simulation))
        before = step["temperature_before_cement_c"]
        assert before.value == pytest.approx(found.setting[0].met.hottest_c)
        assert before.caveat is None  # the plan states its pause
        assert step["canal_cem43_min"].value > 6.5  # the burn's 7 min are in it
        hottest[pause], canal[pause] = before.value, step["canal_temperature_max_c"].value
    assert hottest["1 min"] > 50.0
    assert hottest["30 min"] < 39.0
    assert canal["1 min"] > canal["30 min"] + 0.2
    alone = measure_step(StepContext(case, case.steps[1], replace(simulation, augmentation=(None, "not run"))))
    assert isinstance(alone["temperature_before_cement_c"], NotEvaluated)


@pytest.mark.slow
def test_a_simulated_burn_hands_its_heat_to_the_cement(patient):
    raw = cases.plan()
    raw["steps"][1] = {
        "kind": "vertebroplasty", "access": {"entry": cases.ENTRY, "target": cases.TIP, "gauge": 11},
        "cement": {"material": "pmma_generic", "volume": "2 mL", "after_ablation": "1 min"},
    }  # fmt: skip
    case = load_plan(raw, folder=patient)
    burn = simulate_heating(case, case.steps[0], step_mm=1.5, sweep=())
    left = burn.run.left
    assert left.temperature_c.max() == pytest.approx(burn.run.max_c.max(), abs=8.0)  # the stop is near its hottest
    assert (left.cem43_min <= burn.run.cem43_min * (1.0 + 1e-6)).all()  # what comes after the stop is not yet in it
    found = simulate_augmentation(case, case.steps[1], left=left, samples=0)
    met = found.setting[0].met
    assert 45.0 < met.hottest_c < left.temperature_c.max() - 5.0
    canal = np.asarray(case.anatomy.get("spinal_canal").mesh.vertices)
    before, whole = (
        float(f.max()) for f in (read_dose(left.grid, left.cem43_min, canal), dose_at(found.setting[0], canal))
    )
    assert whole > 0.8 * before  # read on another grid, where a dose runs over decades within a millimetre


def test_cement_without_an_ablation_before_it_has_no_pause(result):
    assert isinstance(result.by_step[0]["temperature_before_cement_c"], NotApplicable)


def test_an_ablation_that_was_not_simulated_leaves_the_pause_unjudged(patient):
    case = load_plan(cases.plan(), folder=patient)
    assert _left(case, case.steps[1], ["no solver", None]) is None


def test_simulate_writes_curves_surfaces_and_figures(result, tmp_path):
    files = {path.name for path in write_augmentation(result.simulation.augmentation[0], tmp_path, "step1")}
    assert {
        "step1_balloon_1.csv",
        "step1_injection.csv",
        "step1_setting.csv",
        "step1_summary.json",
        "step1_cavity_1.stl",
    } < files
    assert len([name for name in files if name.startswith("step1_cement_")]) >= 3
    rows = (tmp_path / "step1_injection.csv").read_text().splitlines()
    assert rows[0] == "time_s,volume_ml,pressure_kpa,syringe_kpa,viscosity_pa_s"
    assert float(rows[-1].split(",")[1]) == pytest.approx(4.0)
