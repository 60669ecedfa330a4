"""The real images of `shared/data`: what MANIFEST.md counted, and plans through real pedicles.

Skips where the images are not there. Voxels are counted again here with nibabel alone, so that a flipped axis shows.
"""

from __future__ import annotations

import cases
import nibabel
import numpy as np
import pytest

from planner.check.verdict import check_plan
from planner.measure.models import Measured, NotEvaluated
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan

LEVELS = ("L1", "L2", "L3", "L4", "L5")
TOTAL = {"L5": 27, "L4": 28, "L3": 29, "L2": 30, "L1": 31, "spinal_cord": 79, "aorta": 52}
MANIFEST = {
    # structure: mL, centroid RAS mm
    "vertebra_L1": (59.94, (-5.5, 111.9, 382.7)), "vertebra_L2": (60.37, (-4.8, 123.1, 349.1)), "vertebra_L3": (66.04, (-3.7, 131.2, 314.9)),
    "vertebra_L4": (65.93, (-3.6, 133.2, 278.7)), "vertebra_L5": (67.72, (-1.3, 125.0, 246.0)), "vertebra_S1": (48.49, (0.2, 107.0, 221.6)),
    "spinal_cord": (41.93, (-2.4, 105.7, 319.3)), "aorta": (49.65, (-16.9, 161.3, 363.4)),
}  # fmt: skip
GAUGE_11 = 3.048


def voxels(path, *numbers):
    """Voxel centres (n, 3) of labels, LPS mm, read with nibabel alone."""
    image = nibabel.load(path)
    index = np.argwhere(np.isin(np.asanyarray(image.dataobj), numbers))
    ras = nibabel.affines.apply_affine(image.affine, index)
    return ras * [-1.0, -1.0, 1.0]


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "totalsegmentator"


def lumbar(folder, steps, **target):
    bodies = {"file": "spine_report_totalseg_vertebrae_body.nii.gz", "labels": "totalsegmentator_vertebrae_body"}
    maps = [{"file": "example_seg_fast_force_split.nii.gz", "labels": "totalsegmentator"}, bodies]
    return {
        "planner": 1,
        "anatomy": {"labelmap": maps, "ct": "example_ct.nii.gz"},
        "frame": "LPS",
        "target": {"level": "L3"} | target,
        "steps": steps,
    }


def through_pedicle(vertebra, body, side):
    """Entry and tip of a path through the middle of the pedicle into the front of the body, from voxels alone.

    Behind the body's back wall, beside the canal, vertebra voxels in the upper half are the pedicle.
    """
    middle, back = body.mean(axis=0), np.percentile(body[:, 1], 95)
    in_pedicle = (np.abs(vertebra[:, 1] - back - 4.0) < 3.5) & (vertebra[:, 2] > middle[2] - 3.0)
    in_pedicle &= (side * (vertebra[:, 0] - middle[0]) > 8.0) & (side * (vertebra[:, 0] - middle[0]) < 25.0)
    pedicle = vertebra[in_pedicle].mean(axis=0)
    tip = middle + np.array([side * 4.0, -6.0, 0.0])
    along = (pedicle - tip) / np.linalg.norm(pedicle - tip)
    return (pedicle + 45.0 * along).tolist(), tip.tolist()


@pytest.fixture(scope="module")
def whole_spine(folder):
    """One plan: cement in L1 to L5, left and right in turn; verdict and the paths."""
    seg, bodies = (
        folder / "example_seg_fast_force_split.nii.gz",
        voxels(folder / "spine_report_totalseg_vertebrae_body.nii.gz", 1),
    )
    paths, steps = {}, []
    for number, level in enumerate(LEVELS):
        vertebra = voxels(seg, TOTAL[level])
        own = bodies[(bodies[:, 2] > vertebra[:, 2].mean() - 14) & (bodies[:, 2] < vertebra[:, 2].mean() + 14)]
        paths[level] = through_pedicle(vertebra, own, 1.0 if number % 2 else -1.0)
        entry, tip = paths[level]
        cement = {"material": "pmma_generic", "volume": "4 mL"}
        steps.append(
            {
                "kind": "vertebroplasty",
                "access": {"entry": entry, "target": tip, "gauge": 11},
                "cement": cement,
                "target": {"level": level},
            }
        )
    case = load_plan(lumbar(folder, steps), folder=folder)
    return check_plan(case, simulate_plan(case)), paths


@pytest.mark.parametrize("name", MANIFEST)
def test_structures_are_where_the_manifest_counted_them(name, whole_spine):
    found = whole_spine[0].result.case.anatomy.get(name)
    volume, ras = MANIFEST[name]
    assert found.volume_ml == pytest.approx(volume, abs=0.01)
    if not found.cut:
        assert found.mesh.volume_mm3 / 1000.0 == pytest.approx(volume, rel=0.01)
        # The smooth surface moves volume from thin processes to the body: half a voxel of 3 mm.
        assert found.mesh.centroid == pytest.approx(np.array(ras) * [-1, -1, 1], abs=1.5)
    assert found.cut == (name in {"spinal_cord", "aorta"})
    assert found.gaps_mm == ()


def test_left_is_left(whole_spine):
    """LPS: the aorta lies left of the vena cava, the left kidney at larger x than the right."""
    anatomy = whole_spine[0].result.case.anatomy
    assert anatomy.get("aorta").mesh.centroid[0] > anatomy.get("inferior_vena_cava").mesh.centroid[0]
    assert anatomy.get("kidney_left").mesh.centroid[0] > anatomy.get("kidney_right").mesh.centroid[0]
    assert anatomy.get("aorta").mesh.centroid[1] < anatomy.get("spinal_cord").mesh.centroid[1], (
        "the vessel lies in front"
    )


@pytest.mark.parametrize("level", LEVELS)
def test_clearances_agree_with_brute_force_over_voxels(level, whole_spine, folder):
    found = whole_spine[0].result.by_step[LEVELS.index(level)]
    entry, tip = (np.array(end) for end in whole_spine[1][level])
    samples = entry + np.linspace(0, 1, 400)[:, None] * (tip - entry)

    def brute(*numbers):
        centres = voxels(folder / "example_seg_fast_force_split.nii.gz", *numbers)
        return min(np.linalg.norm(centres - p, axis=1).min() for p in samples) - GAUGE_11 / 2

    clearance = found["cord_clearance_mm"]
    # The surface lies half a voxel of 3 mm outside its outer centres; a single voxel that juts out is smoothed off,
    # down to its centre and beyond, but never by more than the interval tells.
    assert clearance.value == pytest.approx(brute(79) - 1.5, abs=3.0)
    assert clearance.interval[0] <= brute(79)
    assert 0.0 < clearance.value < 15.0, "through the pedicle, so beside the canal"
    if isinstance(found["vessel_clearance_mm"], Measured) and not found["vessel_clearance_mm"].caveat:
        assert found["vessel_clearance_mm"].value == pytest.approx(brute(52, 63) - 1.5, abs=3.0)


@pytest.mark.parametrize("level", LEVELS)
def test_quantities_are_plausible(level, whole_spine):
    found = whole_spine[0].result.by_step[LEVELS.index(level)]
    assert -3.0 < found["pedicle_wall_margin_mm"].value < 8.0
    assert found["pedicle_wall_margin_mm"].note is None, "the body map tells the posterior wall"
    assert 5.0 < found["needle_angle_deg"].value < 45.0
    assert 4.0 / 46.0 < found["cement_fill_fraction"].value < 4.0 / 40.0  # lumbar bodies of this patient: 41 to 45 mL


def test_bodies_are_less_than_their_vertebrae_and_make_up_the_map(whole_spine, folder):
    anatomy = whole_spine[0].result.case.anatomy
    volumes = {level: anatomy.get(f"vertebra_{level}_body").volume_ml for level in LEVELS}
    assert all(0.5 < volume / anatomy.get(f"vertebra_{level}").volume_ml < 0.8 for level, volume in volumes.items())
    others = sum(anatomy.get(f"vertebra_{level}_body").volume_ml for level in ("T12", "S1"))
    assert sum(volumes.values()) + others <= 297.14 + 0.01


def test_plan_of_five_levels(whole_spine):
    verdict = whole_spine[0]
    session = {f.rule: f for f in verdict.findings if f.step is None and f.level is None}
    assert session["AUG-LEVELS"].value == 5
    assert session["AUG-LEVELS"].outcome == "fail"
    assert session["AUG-VOL-PCE"].value == pytest.approx(20.0)
    assert {f.level for f in verdict.findings if f.rule == "AUG-VOL-LEVEL"} == set(LEVELS)
    assert verdict.word in {"warning", "violation"}
    assert [w.split(":")[0] for w in verdict.result.case.warnings] == ["identity"]  # NIfTI carries none


def test_needle_into_the_canal_of_a_real_patient_is_a_violation(whole_spine, folder):
    cord = voxels(folder / "example_seg_fast_force_split.nii.gz", 79)
    near = cord[np.abs(cord[:, 2] - 315.0) < 4].mean(axis=0)
    access = {"entry": (near + np.array([0, 55, 6])).tolist(), "target": near.tolist(), "gauge": 11}
    step = {"kind": "vertebroplasty", "access": access, "cement": {"material": "pmma_generic", "volume": "4 mL"}}
    verdict = check_plan(load_plan(lumbar(folder, [step]), folder=folder))
    assert verdict.word == "violation"
    assert next(f for f in verdict.findings if f.rule == "ACC-CORD-INSIDE").value < -GAUGE_11 / 2


def test_ras_plan_on_the_real_patient_says_the_same(whole_spine, folder):
    entry, tip = whole_spine[1]["L3"]
    access = {"entry": entry, "target": tip, "gauge": 11}
    lesion = {"met": {"sphere": {"centre": tip, "diameter": "16 mm"}}}
    step = {
        "kind": "radiofrequency_ablation",
        "device": "generic_monopolar_20mm",
        "access": access,
        "setpoint": "90 degC",
        "duration": "6 min",
    }
    raw = lumbar(folder, [step], lesion="met")
    raw["anatomy"]["lesions"] = lesion
    first, second = (cases.measured(r, folder)[0] for r in (raw, cases.flipped(raw)))
    for name, outcome in first.items():
        if isinstance(outcome, Measured):
            assert second[name].value == pytest.approx(outcome.value, abs=0.02), name


# ---- L3 crop of TPTBox: PIR, VerSe numbers, sub-regions beside -------------------------------------------------


@pytest.fixture(scope="module")
def crop(shared_data):
    """The crop with a plan through its pedicle."""
    folder = shared_data / "tptbox"
    vertebra = voxels(folder / "sub-ct_seg-vert_label-22_msk.nii.gz", 22)
    core = voxels(folder / "sub-ct_seg-subreg_label-22_msk.nii.gz", 49, 50)
    own = core[(core[:, 2] > vertebra[:, 2].min()) & (np.abs(core[:, 2] - core[:, 2].mean()) < 14)]
    entry, tip = through_pedicle(vertebra, own, 1.0)
    maps = [
        {"file": "sub-ct_seg-vert_label-22_msk.nii.gz", "labels": "verse"},
        {"file": "sub-ct_seg-subreg_label-22_msk.nii.gz", "labels": "tptbox_subregions"},
    ]
    access = {"entry": entry, "target": tip, "gauge": 11}
    step = {"kind": "vertebroplasty", "access": access, "cement": {"material": "pmma_generic", "volume": "4 mL"}}
    raw = {
        "planner": 1,
        "anatomy": {"labelmap": maps, "ct": "sub-ct_label-22_ct.nii.gz"},
        "frame": "LPS",
        "target": {"level": "L3"},
        "steps": [step],
    }
    case = load_plan(raw, folder=folder)
    return check_plan(case, simulate_plan(case))


def test_crop_is_where_the_manifest_counted_it(crop):
    anatomy = crop.result.case.anatomy
    whole, body = anatomy.get("vertebra_L3"), anatomy.get("vertebra_L3_body")
    assert whole.volume_ml == pytest.approx(59.73, abs=0.01)
    assert whole.mesh.centroid == pytest.approx([25.4, 174.1, -65.6], abs=0.75)  # half a voxel of 1.5 mm
    assert body.volume_ml == pytest.approx((4951 + 6681) * 1.5**3 / 1000.0, rel=0.001)
    assert not whole.cut
    assert anatomy.get("vertebra_L2").cut
    assert anatomy.get("vertebra_L4").cut


def test_sides_of_the_crop(crop):
    """MANIFEST: label 43 (left) lies at lower RAS x, so at higher LPS x."""
    anatomy = crop.result.case.anatomy
    assert (
        anatomy.get("transverse_process_left").mesh.centroid[0]
        > anatomy.get("transverse_process_right").mesh.centroid[0]
    )
    assert anatomy.get("spinous_process").mesh.centroid[1] > anatomy.get("vertebra_L3_body").mesh.centroid[1]


def test_without_a_cord_nothing_is_compliant(crop):
    found = crop.result.by_step[0]
    for name in ("cord_clearance_mm", "vessel_clearance_mm"):
        assert isinstance(found[name], NotEvaluated), name
    assert found["canal_clearance_mm"].modelled
    assert found["cement_fill_fraction"].value == pytest.approx(4.0 / 39.26, rel=0.002)
    assert isinstance(found["pedicle_wall_margin_mm"], Measured)
    assert crop.word == "incomplete"
    assert next(f for f in crop.findings if f.rule == "ACC-CORD-INSIDE").outcome == "not_evaluated"


# ---- LAS, 512 x 512 x 20 ----------------------------------------------------------------------------------------


def test_label_map_stored_las(folder):
    t12 = voxels(folder / "example_seg_dicom.nii.gz", 32)
    access = {
        "entry": (t12.mean(axis=0) + np.array([20, 40, 2])).tolist(),
        "target": (t12.mean(axis=0) + np.array([5, -8, 0])).tolist(),
        "gauge": 11,
    }
    step = {"kind": "vertebroplasty", "access": access, "cement": {"material": "pmma_generic", "volume": "3 mL"}}
    raw = {
        "planner": 1,
        "anatomy": {"labelmap": "example_seg_dicom.nii.gz", "labels": "totalsegmentator"},
        "frame": "LPS",
        "target": {"level": "T12"},
        "steps": [step],
    }
    case = load_plan(raw, folder=folder)
    for name, number, volume in (("vertebra_T12", 32, 44.97), ("spinal_cord", 79, 9.37), ("aorta", 52, 22.36)):
        found, counted = case.anatomy.get(name), voxels(folder / "example_seg_dicom.nii.gz", number)
        assert found.volume_ml == pytest.approx(volume, abs=0.01)
        assert found.cut
        low, high = counted.min(axis=0), counted.max(axis=0)
        assert found.reach_mm == pytest.approx((low[2] - 1.0, high[2] + 1.0), abs=1e-3)
        assert found.mesh.bounds[:, :2] == pytest.approx(
            np.stack([low, high])[:, :2], abs=2.5
        )  # smoothed, two voxels and a half
    found = simulate_plan(case).by_step[0]
    assert isinstance(found["cement_fill_fraction"], NotEvaluated)
    assert isinstance(found["cord_clearance_mm"], Measured)
    assert found["cord_clearance_mm"].interval[1] - found["cord_clearance_mm"].interval[0] < 2 * 0.35 * 2.0 + 1e-9
