"""Quantities against closed forms, on a patient whose cord and vessels are cylinders and whose lesion is a ball.

Cord and vessels run straight along z, so a distance in space is one in the plane: to a tilted needle, to a
zone of any tilt. Structures are label maps of 1 mm; lesions given in the plan are exact.
"""

from __future__ import annotations

import math

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.check.verdict import check_plan
from planner.core.quantity import QUANTITIES
from planner.geometry.clearance import capsule_clearance
from planner.measure.models import Measured, NotApplicable, NotEvaluated
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan

EXACT = 0.05
"""mm: what the issue asks of exact shapes; a ball of 5120 faces deviates by less than 0.02 mm."""
VOXEL = 0.35
"""mm: what the issue asks of label maps, at 1 mm voxels."""
MONO, GAUGE_13 = 1.5, 2.413
TUBES = {"spinal_cord": cases.CORD, "aorta": cases.AORTA, "inferior_vena_cava": cases.CAVA}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The patient without a lesion in its labels: lesions come exact, from the plan."""
    folder = tmp_path_factory.mktemp("bare")
    cases.write_patient(folder, lesion=False)
    return folder


def segment_to_point(start, end, point):
    """Distance in the plane, written apart from the code under test."""
    a, b, p = (np.asarray(v[:2], dtype=float) for v in (start, end, point))
    along = b - a
    t = np.clip(np.dot(p - a, along) / max(np.dot(along, along), 1e-30), 0.0, 1.0)
    return float(np.linalg.norm(a + t * along - p))


def to_tube(start, end, radius, tube):
    return segment_to_point(start, end, (tube["x"], tube["y"])) - tube["radius"] - radius


def ellipse_to_tube(centre, axis, long_semi, short_semi, tube):
    """Gap between a spheroid and an endless vertical tube: the spheroid's shadow in the plane is an ellipse."""
    axis = np.asarray(axis) / np.linalg.norm(axis)
    shape = short_semi**2 * np.eye(3) + (long_semi**2 - short_semi**2) * np.outer(axis, axis)
    values, vectors = np.linalg.eigh(shape[:2, :2])
    angle = np.linspace(0.0, 2.0 * np.pi, 200_001)
    edge = np.asarray(centre)[:2] + np.stack([np.cos(angle), np.sin(angle)], axis=-1) * np.sqrt(values) @ vectors.T
    return float(np.hypot(edge[:, 0] - tube["x"], edge[:, 1] - tube["y"]).min()) - tube["radius"]


def assert_holds(found, truth, within=VOXEL):
    assert isinstance(found, Measured), found
    assert found.value == pytest.approx(truth, abs=within)
    if found.interval is not None:
        assert found.interval[0] <= truth <= found.interval[1]


NEEDLES = {
    "level": ([23, 66, 0], [4, -8, 0]),
    "tilted": ([23, 66, 8], [4, -8, 0]),
    "steep": ([-18, 60, 25], [-2, -3, -6]),
    "from the other side": ([-28, 55, 5], [5, -5, -2]),
    "tangent": ([7.9065, 66, 0], [7.9065, -8, 0]),
    "breaching": ([8, 60, 3], [-2, -8, 0]),
    "through the middle": ([3, 66, 4], [-3, -8, 0]),
    "along the cord": ([9, 27, 30], [9, 27, -30]),
    "ending before it": ([0, 61, 6], [0, 45, 0]),
    "towards the aorta": ([-10, 60, 3], [10, -18, 1]),
    "entry outside the image": ([40, 160, 9], [4, -8, 0]),
}


def each_as_a_step(accesses, **changes):
    """One plan with the same ablation along each access: the patient is read and meshed once."""
    raw = cases.plan(**changes)
    raw["steps"] = [raw["steps"][0] | {"access": access} for access in accesses]
    return raw


@pytest.fixture(scope="module")
def along_needles(patient):
    raw = each_as_a_step([{"entry": entry, "target": tip, "gauge": 13} for entry, tip in NEEDLES.values()])
    verdict = check_plan(load_plan(raw, folder=patient))
    return dict(zip(NEEDLES, verdict.result.by_step, strict=True)), verdict


@pytest.mark.parametrize("name", NEEDLES)
def test_instrument_clears_cord_and_vessels(name, along_needles):
    entry, tip = NEEDLES[name]
    found = along_needles[0][name]
    assert_holds(found["cord_clearance_mm"], to_tube(entry, tip, GAUGE_13 / 2, cases.CORD))
    nearest = min(to_tube(entry, tip, GAUGE_13 / 2, tube) for tube in (cases.AORTA, cases.CAVA))
    assert_holds(found["vessel_clearance_mm"], nearest)
    angle = math.degrees(math.asin(abs(tip[0] - entry[0]) / math.dist(entry, tip)))
    assert found["needle_angle_deg"].value == pytest.approx(angle, abs=1e-9)


@pytest.mark.parametrize(("name", "hurt"), [("level", False), ("breaching", True), ("through the middle", True)])
def test_instrument_in_the_cord_is_a_violation_by_logic(name, hurt, along_needles):
    verdict, step = along_needles[1], list(NEEDLES).index(name)
    finding = next(f for f in verdict.findings if f.rule == "ACC-CORD-INSIDE" and f.step == step)
    assert not finding.verified
    assert (finding.outcome, finding.severity) == ("fail" if hurt else "pass", "block")
    assert verdict.word == "violation"
    if hurt:
        assert finding.margin < 0
        where = np.array(finding.where_lps_mm)
        assert np.hypot(where[0] - cases.CORD["x"], where[1] - cases.CORD["y"]) == pytest.approx(
            cases.CORD["radius"], abs=VOXEL
        )


@settings(max_examples=40, deadline=None)
@given(
    entry=st.tuples(st.floats(-40, 40), st.floats(45, 61), st.floats(-20, 20)),
    tip=st.tuples(st.floats(-12, 12), st.floats(-14, 10), st.floats(-10, 10)),
)
def test_cord_clearance_of_any_needle(entry, tip, anatomy_of_patient):
    """The bound is that of one voxel here: `SURFACE_ERROR_VOXELS` holds for 99 of 100, and hypothesis finds the rest."""
    found = capsule_clearance(entry, tip, 1.0, anatomy_of_patient.get("spinal_cord").mesh)
    assert found.distance_mm == pytest.approx(to_tube(entry, tip, 1.0, cases.CORD), abs=0.5)


@pytest.fixture(scope="module")
def anatomy_of_patient(patient):
    return load_plan(cases.plan(), folder=patient).anatomy


def test_the_larger_of_cannula_and_device_counts(patient):
    raw = each_as_a_step([{"entry": cases.ENTRY, "target": cases.TIP, "gauge": gauge} for gauge in (17, 8)])
    thin, thick = (step["cord_clearance_mm"].value for step in cases.measured(raw, patient))
    assert thin - thick == pytest.approx((4.191 - MONO) / 2, abs=1e-6)  # 17G is 1.473, thinner than the electrode


# ---- zone -------------------------------------------------------------------------------------------------------


def zone_of(entry, tip, long_axis=26.0, short_axis=16.0, from_tip=10.0):
    back = (np.asarray(entry, dtype=float) - tip) / math.dist(entry, tip)
    return np.asarray(tip) + from_tip * back, back, long_axis / 2, short_axis / 2


@pytest.mark.parametrize("name", ["level", "tilted", "steep", "from the other side"])
def test_zone_clears_cord_and_vessels(name, along_needles):
    entry, tip = NEEDLES[name]
    found = along_needles[0][name]
    assert_holds(found["zone_cord_clearance_mm"], ellipse_to_tube(*zone_of(entry, tip), cases.CORD))
    vessels = min(ellipse_to_tube(*zone_of(entry, tip), tube) for tube in (cases.AORTA, cases.CAVA))
    assert_holds(found["zone_vessel_clearance_mm"], vessels)
    assert found["zone_long_axis_mm"].value == 26.0
    assert found["zone_short_axis_mm"].value == 16.0
    assert found["zone_radius_mm"].value == 8.0


def test_zone_in_the_cord_is_negative(patient):
    found = cases.measured(
        cases.plan(steps__0__access={"entry": [12, 66, 0], "target": [9, 12, 0], "gauge": 13}), patient
    )[0]
    assert found["zone_cord_clearance_mm"].value < 0
    assert found["cord_clearance_mm"].value > 0


ENTRY, TIP = [23.0, 66.0, 8.0], [4.0, -8.0, 0.0]
ZONE = zone_of(ENTRY, TIP)


def across(axis):
    return np.cross(axis, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(axis, [0.0, 0.0, 1.0]))


BESIDE = [(10.0, 0.0), (10.0, 2.0), (6.0, 5.0), (14.0, 3.0), (20.0, 0.0), (6.0, 12.0)]
ROUND = {"zone": {"long_axis": "20 mm", "short_axis": "20 mm", "centre_from_tip": "10 mm"}}
SLIM = {"zone": {"long_axis": "20 mm", "short_axis": "12 mm", "centre_from_tip": "16 mm"}}
UNPLACED = {"zone": {"long_axis": "20 mm", "short_axis": "12 mm"}}
ASIDE = [0.0, 4.0, 8.0, 14.0, 17.0]


@pytest.fixture(scope="module")
def ablated(bare):
    """Each lesion with a step of its own in one plan; key → its quantities."""
    lesions = {key: (ZONE[0] + key[1] * across(ZONE[1]), key[0], {}) for key in BESIDE}
    lesions |= {("round", aside): (ZONE[0] + aside * across(ZONE[1]), 14.0, ROUND) for aside in ASIDE}
    lesions["around"] = (ZONE[0], 30.0, {})
    lesions["slim"] = (zone_of(ENTRY, TIP, from_tip=16.0)[0], 8.0, SLIM)
    lesions["unplaced"] = (ZONE[0], 8.0, UNPLACED)
    raw = cases.plan(
        target=...,
        anatomy__lesions={
            str(key): {"sphere": {"centre": centre.tolist(), "diameter_mm": size}}
            for key, (centre, size, _) in lesions.items()
        },
    )
    step = raw["steps"][0] | {"access": {"entry": ENTRY, "target": TIP, "gauge": 13}}
    raw["steps"] = [
        step | more | {"target": {"level": "L3", "lesion": str(key)}} for key, (_, _, more) in lesions.items()
    ]
    return dict(zip(lesions, cases.measured(raw, bare), strict=True))


@pytest.mark.parametrize(("diameter", "aside"), BESIDE)
def test_margin_over_a_ball_beside_the_zones_middle(diameter, aside, ablated):
    """Across the axis the zone's waist lies nearest: margin = b - r - offset."""
    found = ablated[diameter, aside]
    assert_holds(found["ablation_margin_mm"], 8.0 - diameter / 2 - aside, EXACT)
    assert found["lesion_diameter_mm"].value == pytest.approx(diameter, abs=EXACT)
    where = np.array(found["ablation_margin_mm"].where_lps_mm)
    assert np.linalg.norm(where - (ZONE[0] + aside * across(ZONE[1]))) == pytest.approx(diameter / 2, abs=EXACT)


def lens(radius, other, apart):
    """Volume shared by two balls."""
    if apart >= radius + other:
        return 0.0
    if apart <= abs(radius - other):
        return 4 / 3 * math.pi * min(radius, other) ** 3
    return (
        math.pi * (radius + other - apart) ** 2
        * (apart**2 + 2 * apart * (radius + other) - 3 * (radius - other) ** 2) / (12 * apart)
    )  # fmt: skip


@pytest.mark.parametrize("aside", ASIDE)
def test_coverage_of_a_ball_by_a_ball(aside, ablated):
    found = ablated["round", aside]
    truth = lens(10.0, 7.0, aside) / (4 / 3 * math.pi * 7.0**3)
    assert found["lesion_coverage_fraction"].value == pytest.approx(truth, abs=0.003)  # two tessellations meet
    assert found["ablation_margin_mm"].value == pytest.approx(10.0 - 7.0 - aside, abs=EXACT)
    assert (found["lesion_coverage_fraction"].value == 1.0) == (truth == 1.0)


def test_coverage_of_a_lesion_around_the_zone(ablated):
    found = ablated["around"]
    assert found["lesion_coverage_fraction"].value == pytest.approx(13 * 8 * 8 / 15**3, abs=0.002)  # two tessellations


def test_coverage_of_a_labelled_ball(patient):
    raw = cases.plan(steps__0__zone=ROUND["zone"])
    centre = zone_of(cases.ENTRY, cases.TIP)[0]
    apart = float(np.linalg.norm(centre - cases.LESION["centre"]))
    found = cases.measured(raw, patient)[0]
    assert found["lesion_coverage_fraction"].value == pytest.approx(
        lens(10, 7, apart) / lens(7, 7, 0), abs=0.02
    )  # 1 mm voxels
    assert_holds(found["ablation_margin_mm"], 3.0 - apart)
    assert_holds(found["lesion_diameter_mm"], 14.0, 0.5)  # two surfaces: twice the error of one, at most


def test_stated_zone_beats_the_sheet_and_sits_where_it_is_told(ablated):
    """A slim zone far back: its margin over a ball at its own middle is again b - r."""
    found = ablated["slim"]
    assert (found["zone_long_axis_mm"].value, found["zone_short_axis_mm"].value) == (20.0, 12.0)
    assert "operator" in found["zone_long_axis_mm"].note
    assert_holds(found["ablation_margin_mm"], 2.0, EXACT)


def test_stated_zone_without_a_place_takes_half_the_active_length(ablated):
    assert_holds(ablated["unplaced"]["ablation_margin_mm"], 2.0, EXACT)


def test_two_zones_cover_more_than_one(bare):
    """Two parallel positions 8 mm apart: each covers half the ball and a bit, together nearly all."""
    entry, tip = np.array([23.0, 66.0, 8.0]), np.array([4.0, -8.0, 0.0])
    shift = 4.0 * across(ZONE[1])
    pair = [{"entry": (entry + s).tolist(), "target": (tip + s).tolist(), "gauge": 13} for s in (shift, -shift)]
    lesion = {"lesion": {"sphere": {"centre": ZONE[0].tolist(), "diameter": "16 mm"}}}
    both, one = cases.measured(each_as_a_step([pair, pair[0]], anatomy__lesions=lesion), bare)
    assert both["lesion_coverage_fraction"].value > one["lesion_coverage_fraction"].value + 0.1
    assert both["ablation_margin_mm"].value > one["ablation_margin_mm"].value
    # Zones overlap: the shared part counts once, so two are less than twice one.
    assert both["lesion_coverage_fraction"].value < 2 * one["lesion_coverage_fraction"].value
    assert both["cord_clearance_mm"].value <= one["cord_clearance_mm"].value


@pytest.mark.parametrize(
    ("setpoint", "duration", "off"),
    [("90 degC", "6 min", False), ("80 degC", "6 min", True), ("90 degC", "5 min", True)],
)
def test_zone_of_a_sheet_holds_for_its_own_setpoint_only(setpoint, duration, off, patient):
    raw = cases.plan(steps__0__setpoint=setpoint, steps__0__duration=duration, steps__0__protection=["thermocouple"])
    verdict = check_plan(load_plan(raw, folder=patient))
    found = verdict.result.by_step[0]
    assert bool(found["zone_cord_clearance_mm"].caveat) == off
    finding = next(f for f in verdict.findings if f.rule == "ABL-DIST-CORD-PROT" and f.step == 0)
    assert finding.value > 5.5, "far beyond limit and amber band: only the caveat can warn"
    assert finding.outcome == ("warn" if off else "pass")
    assert ("the sheet's zone is for" in finding.because) == off
    assert found["cord_clearance_mm"].caveat is None, "a needle's place does not hang on the set-point"


def test_stated_zone_takes_no_offence_at_the_setpoint(patient):
    raw = cases.plan(steps__0__setpoint="80 degC", steps__0__zone=ROUND["zone"])
    assert cases.measured(raw, patient)[0]["zone_cord_clearance_mm"].caveat is None


# ---- several instruments, steps and levels ----------------------------------------------------------------------


def test_nearest_of_two_accesses_decides(patient):
    near, far = NEEDLES["level"], NEEDLES["from the other side"]
    pair = [{"entry": e, "target": t, "gauge": 10} for e, t in (near, far)]
    found = cases.measured(cases.plan(steps__1__access=pair), patient)[1]
    truths = [to_tube(e, t, 3.404 / 2, cases.CORD) for e, t in (near, far)]
    assert_holds(found["cord_clearance_mm"], min(truths))
    assert abs(truths[0] - truths[1]) > 1, "the two must differ for this to prove anything"
    single = cases.measured(cases.plan(steps__1__access=pair[:1]), patient)[1]
    assert found["pedicle_wall_margin_mm"].value <= single["pedicle_wall_margin_mm"].value
    assert found["needle_angle_deg"].value == pytest.approx(
        max(math.degrees(math.asin(abs(t[0] - e[0]) / math.dist(e, t))) for e, t in (near, far))
    )


def cement(level, volume, **more):
    z = {"L3": 0.0, "L4": -32.0}[level]
    access = {"entry": [20.0, 60.0, z + 4], "target": [12.0, 0.0, z], "gauge": 11}
    return {
        "kind": "vertebroplasty",
        "access": access,
        "cement": {"material": "pmma_generic", "volume": volume},
        "target": {"level": level},
        **more,
    }


@pytest.mark.parametrize(
    ("steps", "level", "session", "levels"),
    [
        ([("L3", "4 mL")], 4.0, 4.0, 1),
        ([("L3", "4 mL"), ("L3", "1.5 mL")], 5.5, 5.5, 1),
        ([("L3", "2 mL"), ("L4", "5 mL")], 5.0, 7.0, 2),
        ([("L3", "3 mL"), ("L4", "2 mL"), ("L3", "1 cc"), ("L4", "2.5 mL")], 4.5, 8.5, 2),
    ],
)
def test_cement_adds_up_by_level_and_session(steps, level, session, levels, bare):
    raw = cases.plan(target__lesion=...)
    raw["steps"] = [cement(*step) for step in steps]
    whole = simulate_plan(load_plan(raw, folder=bare)).whole
    assert whole["cement_volume_ml"].value == pytest.approx(level)
    assert whole["cement_session_volume_ml"].value == pytest.approx(session)
    assert whole["vertebral_levels"].value == levels


def test_rules_judge_each_level_and_the_session(bare):
    raw = cases.plan(target__lesion=...)
    raw["steps"] = [cement("L3", "3 mL"), cement("L4", "2 mL"), cement("L3", "6 mL")]
    findings = check_plan(load_plan(raw, folder=bare)).findings
    by_level = {f.level: f.value for f in findings if f.rule == "AUG-VOL-LEVEL"}
    assert by_level == {"L3": pytest.approx(9.0), "L4": pytest.approx(2.0)}
    session = [f for f in findings if f.rule == "AUG-VOL-PCE"]
    assert [(f.step, f.value) for f in session] == [(None, pytest.approx(11.0))]


def test_balloon_figures_are_per_balloon(patient):
    pair = [{"entry": e, "target": t, "gauge": 10} for e, t in (NEEDLES["level"], NEEDLES["steep"])]
    whole = simulate_plan(load_plan(cases.plan(steps__1__access=pair), folder=patient)).whole
    assert whole["balloon_volume_ml"].value == 4.0
    assert whole["balloon_pressure_kpa"].value == pytest.approx(200 * 6.894757, abs=1e-3)
    assert whole["cement_volume_ml"].value == 4.0


def test_the_plans_own_value_is_that_of_the_worse_step(patient):
    result = simulate_plan(load_plan(cases.plan(), folder=patient))
    values = [step["cord_clearance_mm"].value for step in result.by_step]
    assert result.whole["cord_clearance_mm"].value == min(values)
    assert values[0] != values[1]


def test_cement_over_the_body(bare):
    found = cases.measured(cases.plan(target__lesion=..., steps=[cement("L3", "4 mL")]), bare)[0]
    body = math.pi * 19.0**2 * 26.0 / 1000.0
    assert found["cement_fill_fraction"].value == pytest.approx(4.0 / body, rel=0.02)  # counted voxels of 1 mm


# ---- what is not evaluated --------------------------------------------------------------------------------------


def with_canal(folder, cord_from=None, canal_to=None, canal=True):
    """The patient with a canal of radius 10 around the cord; either may end short."""
    points, affine = cases.grid(1.0)
    labels, z = cases.labels_at(points), points[..., 2]
    if cord_from is not None:
        labels[(labels == 2) & (z < cord_from)] = 0
    around = np.hypot(points[..., 0], points[..., 1] - 27.0) < 10.0
    if canal:
        labels[around & (labels != 2) & ((z < canal_to) if canal_to is not None else True)] = 7
    cases.write(folder / "seg.nii.gz", labels, affine)
    cases.write(folder / "bodies.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    return cases.plan(anatomy__labelmap__0__labels=cases.LABELS | {7: "spinal_canal"})


def test_cord_that_ends_above_the_step_counts_as_missing(tmp_path):
    raw = with_canal(tmp_path, cord_from=15.0, canal=False)
    found = cases.measured(raw, tmp_path)[0]
    for name in ("cord_clearance_mm", "zone_cord_clearance_mm"):
        assert isinstance(found[name], NotEvaluated)
        assert "missing there" in found[name].reason
    verdict = check_plan(load_plan(raw | {"steps": raw["steps"][:1]}, folder=tmp_path))
    inside = next(f for f in verdict.findings if f.rule == "ACC-CORD-INSIDE")
    assert (inside.outcome, inside.severity) == ("not_evaluated", "block")
    assert verdict.word == "incomplete"


def test_segmented_canal_stands_for_the_cord_and_says_so(tmp_path):
    raw = with_canal(tmp_path, cord_from=15.0)
    found = cases.measured(raw, tmp_path)[0]
    truth = segment_to_point(cases.ENTRY, cases.TIP, (0, 27)) - 10.0 - GAUGE_13 / 2
    assert_holds(found["cord_clearance_mm"], truth)
    assert "spinal canal" in found["cord_clearance_mm"].note
    assert_holds(found["canal_clearance_mm"], truth)
    assert found["canal_clearance_mm"].note is None
    verdict = check_plan(load_plan(raw, folder=tmp_path))
    inside = next(f for f in verdict.findings if f.rule == "ACC-CORD-INSIDE" and f.step == 0)
    assert "stands for the cord" in inside.because


def test_canal_that_ends_short_stands_for_nothing(tmp_path):
    found = cases.measured(with_canal(tmp_path, cord_from=15.0, canal_to=-20.0), tmp_path)[0]
    assert isinstance(found["cord_clearance_mm"], NotEvaluated)
    assert isinstance(found["canal_clearance_mm"], NotEvaluated)


def test_cord_stands_where_it_is_known(tmp_path):
    found = cases.measured(with_canal(tmp_path), tmp_path)[0]["cord_clearance_mm"]
    assert_holds(found, to_tube(cases.ENTRY, cases.TIP, GAUGE_13 / 2, cases.CORD))
    assert "stands for" not in found.note
    assert "region: cauda" in found.note, "at L3 the label holds the sac"


def test_entry_above_the_image_is_not_evaluated(patient):
    raw = cases.plan(steps__0__access__entry=[23.0, 66.0, 55.0])
    found = cases.measured(raw, patient)[0]
    assert isinstance(found["cord_clearance_mm"], NotEvaluated)
    assert isinstance(found["ablation_margin_mm"], Measured), "the lesion is where it was"


def test_instrument_of_unknown_width(bare):
    step = cement("L3", "4 mL")
    del step["access"]["gauge"]
    found = cases.measured(cases.plan(target__lesion=..., steps=[step]), bare)[0]
    for name in ("cord_clearance_mm", "vessel_clearance_mm", "pedicle_wall_margin_mm"):
        assert isinstance(found[name], NotEvaluated)
        assert "gauge" in found[name].reason
    assert isinstance(found["needle_angle_deg"], Measured)


def test_fill_without_a_map_of_the_bodies(bare):
    raw = cases.plan(target__lesion=..., steps=[cement("L3", "4 mL")])
    del raw["anatomy"]["labelmap"][1]
    found = cases.measured(raw, bare)[0]["cement_fill_fraction"]
    body = math.pi * 19.0**2 * 26.0 / 1000.0
    assert found.modelled
    assert "by its shape" in found.caveat
    assert found.interval[0] < 4.0 / body < found.interval[1]


def test_the_whole_vertebra_never_stands_for_its_body(tmp_path):
    points, affine = cases.grid(1.0)
    labels = cases.labels_at(points)
    labels[(labels == 1) & (points[..., 1] > 25.0)] = 0  # no arch: nothing tells where the body ends
    cases.write(tmp_path / "seg.nii.gz", labels, affine)
    raw = cases.plan(target__lesion=..., steps=[cement("L3", "4 mL")])
    del raw["anatomy"]["labelmap"][1]
    found = cases.measured(raw, tmp_path)[0]["cement_fill_fraction"]
    assert isinstance(found, NotEvaluated)
    assert "vertebra_L3_body" in found.reason


def test_fill_of_a_body_that_the_image_cuts(bare):
    raw = cases.plan(target__lesion=..., steps=[cement("L4", "4 mL")])
    found = cases.measured(raw, bare)[0]["cement_fill_fraction"]
    assert isinstance(found, NotEvaluated)


def test_missing_artery_or_vein_is_told(patient):
    labels = {number: name for number, name in cases.LABELS.items() if name != "inferior_vena_cava"}
    found = cases.measured(cases.plan(anatomy__labelmap__0__labels=labels), patient)[0]["vessel_clearance_mm"]
    assert "no great vein" in found.caveat
    neither = {number: name for number, name in labels.items() if name != "aorta"}
    assert isinstance(
        cases.measured(cases.plan(anatomy__labelmap__0__labels=neither), patient)[0]["vessel_clearance_mm"],
        NotEvaluated,
    )


@pytest.mark.parametrize("simulate", [True, False])
def test_what_physics_says_is_never_filled_from_a_plan(simulate, patient):
    raw = cases.plan()
    access = dict(raw["steps"][0]["access"])
    raw["steps"] += [
        {"kind": "cryoablation", "device": "generic_cryo_17g", "access": access, "cycle": ["freeze 10 min"]},
        {"kind": "screw", "access": access, "diameter": "6 mm", "length": "45 mm"},
        {"kind": "radiotherapy", "dose": "30 Gy", "fractions": 10},
    ]
    result = simulate_plan(load_plan(raw, folder=patient), simulate=simulate)
    seen = set()
    for step in result.by_step:
        for name, outcome in step.items():
            if QUANTITIES[name].origin == "simulated":
                seen.add(name)
                assert isinstance(outcome, NotEvaluated), name
                assert ("switched off" in outcome.reason) == (not simulate)
    assert seen == {name for name, row in QUANTITIES.items() if row.origin == "simulated"}


def test_ice_endangers_and_minus_20_kills(bare):
    """Cryo: clearances go by the ice edge (41 x 36), margin and coverage by the −20 °C surface (30 x 24)."""
    entry, tip = [23.0, 66.0, 8.0], [4.0, -8.0, 0.0]
    probe = {
        "kind": "cryoablation",
        "device": "generic_cryo_17g",
        "access": {"entry": entry, "target": tip},
        "cycle": ["freeze 10 min"],
    }
    centre, axis, _, _ = zone_of(entry, tip, from_tip=12.5)
    lesion = {"lesion": {"sphere": {"centre": centre.tolist(), "diameter": "14 mm"}}}
    found = cases.measured(cases.plan(anatomy__lesions=lesion, steps=[probe]), bare)[0]
    assert_holds(found["zone_cord_clearance_mm"], ellipse_to_tube(centre, axis, 20.5, 18.0, cases.CORD))
    assert_holds(found["ablation_margin_mm"], 12.0 - 7.0, EXACT)
    assert found["zone_short_axis_mm"].value == 24.0
    assert found["ablation_duration_s"].value == 600.0


# ---- pedicle ----------------------------------------------------------------------------------------------------


NARROW = [(15.0 * side, 3.0, gauge) for gauge in (8, 11, 13) for side in (1.0, -1.0)]
MEDIAL, UP = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [3.0, 5.0]


@pytest.fixture(scope="module")
def through_pedicle(bare):
    """Needles straight forward at (x, z); the pedicle is a bar 10 wide around x = 15, 14 high around z = 3."""
    places = [*NARROW, *((15.0 - d, 3.0, 13) for d in MEDIAL), *((15.0, 3.0 + d, 13) for d in UP), (40.0, 3.0, 13)]
    accesses = {(x, z, g): {"entry": [x, 66.0, z], "target": [x, 0.0, z], "gauge": g} for x, z, g in places}
    accesses["beside"] = accesses[15.0, 3.0, 13] | {"route": "extrapedicular"}
    accesses["from the side"] = {"entry": [45.0, 40.0, 3.0], "target": [-5.0, -4.0, 3.0], "gauge": 13}
    steps = [cement("L3", "4 mL") | {"access": access} for access in accesses.values()]
    found = cases.measured(cases.plan(target__lesion=..., steps=steps), bare)
    return {key: step["pedicle_wall_margin_mm"] for key, step in zip(accesses, found, strict=True)}


@pytest.mark.parametrize(("x", "z", "gauge"), NARROW)
def test_bone_around_a_needle_on_the_pedicles_axis(x, z, gauge, through_pedicle):
    radius = {8: 4.191, 11: 3.048, 13: 2.413}[gauge] / 2
    assert_holds(through_pedicle[x, z, gauge], 5.0 - radius)


@pytest.mark.parametrize("medially", MEDIAL)
def test_each_millimetre_towards_the_canal_costs_one(medially, through_pedicle):
    found = through_pedicle[15.0 - medially, 3.0, 13]
    assert_holds(found, 5.0 - medially - GAUGE_13 / 2)
    assert (found.value < 0) == (medially > 5.0 - GAUGE_13 / 2)


@pytest.mark.parametrize("up", UP)
def test_upper_wall_counts_too(up, through_pedicle):
    assert_holds(through_pedicle[15.0, 3.0 + up, 13], 7.0 - up - GAUGE_13 / 2)


def test_entry_cortex_is_no_breach(through_pedicle):
    """Through the outer wall 8 mm before the body: bone is nil on the way in, on purpose. Judged from 3 mm depth on,
    where the wall at x = 20 is 3 mm times the sine of the angle to it away."""
    sine = 50.0 / math.hypot(50.0, 44.0)
    assert_holds(through_pedicle["from the side"], 3.0 * sine - GAUGE_13 / 2)


def test_needle_beside_the_pedicle_has_no_pedicle_margin(through_pedicle):
    assert isinstance(through_pedicle["beside"], NotApplicable)


def test_needle_beside_the_vertebra_is_not_evaluated(through_pedicle):
    assert isinstance(through_pedicle[40.0, 3.0, 13], NotEvaluated)


def test_without_bodies_the_posterior_wall_is_told_by_shape(bare):
    raw = cases.plan(target__lesion=..., steps=[cement("L3", "4 mL")])
    raw["steps"][0]["access"] = {"entry": [13.0, 66.0, 3.0], "target": [13.0, 0.0, 3.0], "gauge": 13}
    del raw["anatomy"]["labelmap"][1]
    found = cases.measured(raw, bare)[0]["pedicle_wall_margin_mm"]
    assert_holds(found, 3.0 - GAUGE_13 / 2)
    assert "by the shape of the vertebra" in found.note


@pytest.mark.parametrize("centre", [(12.0, 12.0, 3.0), (15.0, 20.0, 3.0)])
def test_labelled_lesion_leaves_no_hole_in_the_bone(centre, tmp_path):
    """A lesion drawn in the map of the vertebrae took their voxels: it must not look like a breached wall."""
    points, affine = cases.grid(1.0)
    labels = cases.labels_at(points)
    labels[labels == 4] = 1
    labels[(np.linalg.norm(points - np.array(centre), axis=-1) < 6.0) & (labels == 1)] = 4
    cases.write(tmp_path / "seg.nii.gz", labels, affine)
    cases.write(tmp_path / "bodies.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    step = cement("L3", "4 mL", access={"entry": [15.0, 66.0, 3.0], "target": [15.0, 0.0, 3.0], "gauge": 13})
    del step["target"]
    found = cases.measured(cases.plan(steps=[step]), tmp_path)[0]
    assert_holds(found["pedicle_wall_margin_mm"], 5.0 - GAUGE_13 / 2)
    assert "counts as bone" in found["pedicle_wall_margin_mm"].caveat
    assert found["cement_fill_fraction"].value == pytest.approx(4000.0 / (math.pi * 19.0**2 * 26.0), rel=0.02)
