"""Fitness of the input: each fault put in by hand, and the whole patient without any."""

from __future__ import annotations

import cases
import numpy as np
import pytest

from planner.anatomy.identity import Identity
from planner.anatomy.volume import Volume
from planner.check.verdict import check_plan
from planner.measure.models import Measured, NotApplicable
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan

INPUT = (
    "voxel_size_mm", "cut_structures", "cord_outside_canal_fraction", "crumb_fraction",
    "lesion_outside_vertebra_fraction", "level_order_faults", "aorta_side_mm", "frames_of_reference",
)  # fmt: skip


def built(folder, change=None, labels=cases.LABELS, spacing=1.0, raw=None):
    points, affine = cases.grid(spacing)
    array = cases.labels_at(points)
    if change is not None:
        change(array, points)
    cases.write(folder / "seg.nii.gz", array, affine)
    cases.write(folder / "bodies.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    return raw or cases.plan(anatomy__labelmap__0__labels=labels)


def found(folder, *args, **kwargs):
    return cases.measured(built(folder, *args, **kwargs), folder)[0]


def findings(raw, folder):
    return {
        f.rule: f
        for f in check_plan(load_plan(raw, folder=folder)).findings
        if f.rule.startswith("INP-") and f.level in ("L3", None)
    }


def test_a_good_patient_raises_nothing(patient):
    judged = findings(cases.plan(), patient)
    assert len(judged) == 8
    assert {f.outcome for f in judged.values()} <= {"pass", "not_applicable"}
    assert judged["INP-FRAME"].outcome == "not_applicable"
    assert judged["INP-LEVEL-ORDER"].outcome == "not_applicable", "L4 is cut, one whole vertebra has no order"


def test_parametric_spine_raises_nothing(tmp_path):
    raw = cases.plan(anatomy={"parametric": {"level": "L3", "lesion": {"diameter": "14 mm"}}})
    judged = findings(raw, tmp_path)
    assert {f.outcome for f in judged.values()} <= {"pass", "not_applicable"}
    assert judged["INP-LEVEL-ORDER"].value == 0
    assert judged["INP-SIDE"].value > 15.0
    assert judged["INP-CORD-CANAL"].value == 0.0


@pytest.mark.parametrize("spacing", [1.5, (1.5, 1.5, 3.0)])
def test_voxel_size_is_the_largest_edge(tmp_path, spacing):
    value = found(tmp_path, spacing=spacing)["voxel_size_mm"].value
    assert value == pytest.approx(np.max(spacing))
    rule = findings(cases.plan(), tmp_path)["INP-VOXEL"]
    assert rule.outcome == ("fail" if value > 2.0 else "pass")
    assert rule.severity == "warn", "a house limit advises"


def test_cut_target_is_counted_and_named(tmp_path):
    raw = built(tmp_path)
    raw["target"]["level"] = "L4"
    cut = cases.measured(raw, tmp_path)[0]["cut_structures"]
    assert cut.value == 1.0
    assert "vertebra L4" in cut.note
    assert found(tmp_path)["cut_structures"].value == 0.0


@pytest.mark.parametrize(("shift", "low", "high"), [(0.0, 0.0, 0.01), (30.0, 0.9, 1.0), (6.0, 0.1, 0.6)])
def test_cord_moved_out_of_its_canal(tmp_path, shift, low, high):
    def change(array, points):
        array[array == 2] = 0
        array[np.hypot(points[..., 0] - shift, points[..., 1] - 27.0) < 6.0] = 2
        around = np.hypot(points[..., 0], points[..., 1] - 27.0) < 10.0
        array[around & (array != 2)] = 7

    labels = cases.LABELS | {7: "spinal_canal"}
    value = found(tmp_path, change, labels)["cord_outside_canal_fraction"]
    assert low <= value.value <= high
    assert not value.modelled


def test_cord_is_compared_with_a_modelled_canal_too(patient):
    value = cases.measured(cases.plan(), patient)[0]["cord_outside_canal_fraction"]
    assert value.modelled
    assert value.value < 0.02


@pytest.mark.parametrize("radius", [4.0, pytest.param(8.0, marks=pytest.mark.slow)])
def test_crumbs_are_a_share_of_volume(tmp_path, radius):
    def change(array, points):
        array[np.linalg.norm(points - [-30.0, -30.0, 20.0], axis=-1) < radius] = 1

    clean, stray = found(tmp_path)["crumb_fraction"].value, found(tmp_path, change)["crumb_fraction"].value
    whole = float((cases.labels_at(cases.grid(1.0)[0]) == 1).sum())
    ball = 4.0 / 3.0 * np.pi * radius**3
    assert clean < 1e-6
    assert stray == pytest.approx(ball / (ball + whole), rel=0.15)


def test_a_cavity_is_no_crumb(patient):
    assert cases.measured(cases.plan(), patient)[0]["crumb_fraction"].value < 1e-6


@pytest.mark.parametrize(
    ("centre", "low", "high"),
    [([4.0, 2.0, 0.0], 0.0, 0.01), ([0.0, -19.0, 0.0], 0.2, 0.8), ([30.0, -40.0, 10.0], 1.0, 1.0)],
)
def test_lesion_at_another_place(patient, centre, low, high):
    raw = cases.plan(
        anatomy__lesions={"tumour": {"sphere": {"centre": centre, "diameter": "12 mm"}}}, target__lesion="tumour"
    )
    assert low <= cases.measured(raw, patient)[0]["lesion_outside_vertebra_fraction"].value <= high


def three(folder, names):
    """Three whole vertebrae, 32 mm apart, under any names from above."""
    low, high = np.array([-45.0, -50.0, -56.0]), np.array([45.0, 62.0, 56.0])
    points = np.stack(np.meshgrid(*[np.arange(a, b) for a, b in zip(low, high, strict=True)], indexing="ij"), axis=-1)
    affine = np.eye(4)
    affine[:3, 3] = low
    array = np.zeros(points.shape[:3], dtype=np.uint8)
    for number, z in enumerate((32.0, 0.0, -32.0), start=1):
        array[cases._vertebra(points, z)] = number
    array[np.linalg.norm(points - cases.LESION["centre"], axis=-1) < 7.0] = 4
    cases.write(folder / "seg.nii.gz", array, affine)
    table = {**{n + 1: f"vertebra_{name}" for n, name in enumerate(names)}, 4: "lesion"}
    return cases.plan(anatomy__labelmap=[{"file": "seg.nii.gz", "labels": table}], target__level=names[1])


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        (("L2", "L3", "L4"), 0),
        (("L4", "L3", "L2"), 2),
        (("L1", "L3", "L4"), 1),
        (("T12", "L1", "L2"), 0),
        (("T7", "T8", "T9"), 0),
        (("T4", "T8", "T9"), 1),
        (("L2", "L4", "L3"), 2),
    ],
)
def test_order_and_spacing_of_levels(tmp_path, names, faults):
    value = cases.measured(three(tmp_path, names), tmp_path)[0]["level_order_faults"]
    assert value.value == faults
    assert (value.note is not None) == bool(faults)


@pytest.mark.parametrize("extra", ["vertebra_L6", "T13"])
def test_a_vertebra_that_few_have_is_told(patient, extra):
    """L4 of the closed-form patient is cut, so that no pair could be held against its names."""
    raw = cases.plan(anatomy__labelmap__0__labels=cases.LABELS | {6: extra})
    value = cases.measured(raw, patient)[0]["level_order_faults"]
    assert value.value == 1
    assert value.note == f"irregular: {extra.removeprefix('vertebra_')} is labelled"


def test_sides(patient):
    """The closed-form patient has the aorta 24 mm to the left of the cava; swapped names swap the sign."""
    good = cases.measured(cases.plan(), patient)[0]["aorta_side_mm"]
    assert good.value == pytest.approx(cases.AORTA["x"] - cases.CAVA["x"], abs=0.6)
    swapped = cases.LABELS | {3: "inferior_vena_cava", 6: "aorta"}
    raw = cases.plan(anatomy__labelmap__0__labels=swapped)
    assert cases.measured(raw, patient)[0]["aorta_side_mm"].value == pytest.approx(-good.value, abs=0.1)
    assert findings(raw, patient)["INP-SIDE"].outcome == "fail"


def test_side_against_the_vertebra_where_no_cava_is_known(patient):
    labels = {n: name for n, name in cases.LABELS.items() if n != 6}
    value = cases.measured(cases.plan(anatomy__labelmap__0__labels=labels), patient)[0]["aorta_side_mm"]
    assert value.value == pytest.approx(cases.AORTA["x"], abs=0.6)
    none = {n: name for n, name in labels.items() if n != 3}
    assert isinstance(
        cases.measured(cases.plan(anatomy__labelmap__0__labels=none), patient)[0]["aorta_side_mm"], NotApplicable
    )


@pytest.mark.parametrize(("frames", "value"), [(("a", "a"), 1.0), (("a", "b"), 2.0), (("a", None), 1.0)])
def test_frames_of_reference_are_counted(patient, frames, value):
    case = load_plan(cases.plan(), folder=patient)
    case.anatomy.images = tuple(
        Volume(i.array, i.affine_lps, i.sha256, identity=Identity(frame_of_reference=f))
        for i, f in zip(case.anatomy.images, frames, strict=True)
    )
    got = simulate_plan(case).by_step[0]["frames_of_reference"]
    assert isinstance(got, Measured)
    assert got.value == value


def test_every_kind_of_step_has_them(patient):
    raw = cases.plan()
    raw["steps"] = [{"kind": "radiotherapy", "dose": "30 Gy", "fractions": 10}]
    assert set(INPUT) <= set(cases.measured(raw, patient)[0])


def test_real_labels(shared_data):
    """3 mm voxels, levels in order, aorta on the left, nothing cut at L3; its island hangs on by a corner."""
    raw = cases.plan(
        anatomy={"labelmap": "example_seg_fast_force_split.nii.gz", "labels": "totalsegmentator"},
        target={"level": "L3", "intent": "palliative"},
        steps=[
            {
                "kind": "vertebroplasty",
                "access": {"entry": [30.0, -60.0, 312.0], "target": [5.0, -140.0, 312.0], "gauge": 11},
                "cement": {"material": "pmma_generic", "volume": "3 mL"},
            }
        ],
    )
    got = cases.measured(raw, shared_data / "totalsegmentator")[0]
    assert got["voxel_size_mm"].value == pytest.approx(3.0)
    assert got["cut_structures"].value == 0.0
    assert got["level_order_faults"].value == 0.0
    assert got["aorta_side_mm"].value > 5.0
    assert got["crumb_fraction"].value < 0.02
    assert got["cord_outside_canal_fraction"].value < 0.2
