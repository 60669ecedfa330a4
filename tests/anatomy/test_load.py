"""From `anatomy:` to structures: several maps, bodies on another grid, lesions as mask, ball or ellipsoid."""

from __future__ import annotations

import math

import cases
import numpy as np
import pytest

from planner.core.errors import InputError
from planner.geometry.frames import flip_ras_lps
from planner.plan.case import load_plan

BALL_ML = 4.0 / 3.0 * math.pi * cases.LESION["radius"] ** 3 / 1000.0


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The patient without a lesion in its labels."""
    folder = tmp_path_factory.mktemp("bare")
    cases.write_patient(folder, lesion=False)
    return folder


def anatomy_with(lesions, folder, frame="LPS"):
    raw = cases.plan(anatomy__lesions=lesions)
    if frame == "RAS":
        flipped = cases.flipped(cases.plan())
        raw |= {"frame": "RAS", "steps": flipped["steps"]}
    return load_plan(raw, folder=folder).anatomy


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_sphere_has_its_volume_and_place(frame, bare):
    lesion = anatomy_with({"lesion": {"sphere": {"centre": [4, 2, 1], "diameter": "14 mm"}}}, bare, frame).get("lesion")
    here = np.array([4.0, 2.0, 1.0]) if frame == "LPS" else flip_ras_lps(np.array([4.0, 2.0, 1.0]))
    assert lesion.volume_ml == pytest.approx(BALL_ML, rel=1e-6)  # the tessellation keeps the volume
    assert lesion.mesh.centroid == pytest.approx(here, abs=1e-6)
    assert lesion.origin == "user"


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_ellipsoid_follows_its_directions(frame, bare):
    along = [[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 2.0]]  # rows of any length
    given = {"centre": [1, -2, 3], "diameters": ["20 mm", "12 mm", "1 cm"], "directions": along}
    lesion = anatomy_with({"lesion": {"ellipsoid": given}}, bare, frame).get("lesion")
    assert lesion.volume_ml == pytest.approx(math.pi / 6 * 20 * 12 * 10 / 1000.0, rel=1e-6)
    turn = 1.0 if frame == "LPS" else np.array([-1.0, -1.0, 1.0])
    offsets = (lesion.mesh.vertices - np.array([1.0, -2.0, 3.0]) * turn) * turn
    for row, half in zip(along, (10.0, 6.0, 5.0), strict=True):
        unit = np.array(row) / np.linalg.norm(row)
        assert np.abs(offsets @ unit).max() == pytest.approx(half, abs=0.05)  # corners of the tessellation


def test_ellipsoid_without_directions_lies_along_the_axes(bare):
    given = {"centre": [0, 0, 0], "diameters_mm": [20, 12, 10]}
    lesion = anatomy_with({"lesion": {"ellipsoid": given}}, bare).get("lesion")
    assert np.ptp(lesion.mesh.bounds, axis=0) == pytest.approx([20, 12, 10], abs=0.1)  # corners of the tessellation


@pytest.mark.parametrize(("spacing", "axes"), [(1.0, ""), (0.7, "PIR"), ((0.8, 0.8, 1.6), "LAS")])
def test_mask_may_lie_on_another_grid(spacing, axes, bare, tmp_path):
    points, affine = cases.grid(spacing)
    ball = np.linalg.norm(points - cases.LESION["centre"], axis=-1) < cases.LESION["radius"]
    file = cases.write(tmp_path / "lesion.nii.gz", ball.astype(np.uint8), affine, axes)
    lesion = anatomy_with({"lesion": {"mask": str(file)}}, bare).get("lesion")
    assert lesion.volume_ml == pytest.approx(BALL_ML, rel=0.03)  # voxels counted in a ball of 14 mm
    assert lesion.mesh.centroid == pytest.approx(cases.LESION["centre"], abs=0.1)
    assert lesion.affine_lps is not None


def test_mask_is_hashed_with_the_inputs(bare, tmp_path):
    points, affine = cases.grid(3.0)
    ball = np.linalg.norm(points - cases.LESION["centre"], axis=-1) < cases.LESION["radius"]
    file = cases.write(tmp_path / "lesion.nii.gz", ball.astype(np.uint8), affine)
    inputs = anatomy_with({"lesion": {"mask": str(file)}}, bare).inputs
    assert {"$.anatomy.lesions.lesion.mask", "$.anatomy.labelmap[0].file", "$.anatomy.labelmap[1].file"} == {
        i["role"] for i in inputs
    }
    assert all(len(i["sha256"]) == 64 and "lesion.nii" not in str(i) for i in inputs)


def test_lesion_of_the_users_own_name(bare):
    raw = cases.plan(
        target__lesion="met at the back",
        anatomy__lesions={"met at the back": {"sphere": {"centre": [4, 2, 0], "diameter": "14 mm"}}},
    )
    assert load_plan(raw, folder=bare).anatomy.get("met at the back") is not None


BODY_ML = math.pi * 19.0**2 * 26.0 / 1000.0


def bodies_on(folder, spacing, axes="", *, level="vertebra_L3_body", span=np.inf):
    """The body map on a grid of its own: bodies of L3 and L4."""
    points, affine = cases.grid(spacing)
    both = cases.body_mask(points) | cases.body_mask(points + np.array([0.0, 0.0, 32.0]))
    both &= np.abs(points[..., 2]) < span
    cases.write(folder / "bodies.nii.gz", both.astype(np.uint8), affine, axes)
    return load_plan(
        cases.plan(anatomy__lesions={"lesion": {"sphere": {"centre": [4, 2, 0], "diameter": "14 mm"}}}), folder=folder
    ).anatomy.get(level)


@pytest.fixture
def seg(tmp_path):
    cases.write_patient(tmp_path, lesion=False)
    return tmp_path


@pytest.mark.parametrize(
    ("spacing", "axes", "level"),
    [
        (1.0, "", "vertebra_L3_body"),
        (1.0, "PIR", "vertebra_L4_body"),
        (0.8, "LAS", "vertebra_L3_body"),
        ((1.3, 1.3, 1.5), "", "vertebra_L4_body"),
    ],
)
def test_body_is_the_body_map_within_its_level(spacing, axes, level, seg):
    body = bodies_on(seg, spacing, axes, level=level)
    middle = {"vertebra_L3_body": 0.0, "vertebra_L4_body": -32.0}[level]
    whole = 1.0 if level == "vertebra_L3_body" else (40.0 - 32.0 + 13.0) / 26.0  # the image ends at z = -40
    assert body.volume_ml == pytest.approx(
        BODY_ML * whole, rel=0.05 if whole < 1 else 0.035
    )  # a rim of half a voxel of 1.5 mm
    if whole == 1.0:
        assert body.mesh.centroid == pytest.approx([0.0, 0.0, middle], abs=0.4)
        assert not body.cut
    else:
        assert body.cut


def test_level_outside_the_body_map_has_no_labelled_body(seg):
    body = bodies_on(seg, 1.0, level="vertebra_L4_body", span=13.0)
    assert body.origin == "modelled", "told by the vertebra's shape"
    assert body.cut


def test_body_labelled_itself_wins(tmp_path):
    points, affine = cases.grid(2.0)
    labels = cases.labels_at(points)
    labels[cases.body_mask(points) & (points[..., 0] > 0) & (labels == 1)] = 9
    cases.write(tmp_path / "seg.nii.gz", labels, affine)
    cases.write(tmp_path / "bodies.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    raw = cases.plan(anatomy__labelmap__0__labels=cases.LABELS | {9: "vertebra_L3_body"})
    body = load_plan(raw, folder=tmp_path).anatomy.get("vertebra_L3_body")
    assert body.mesh.bounds[0, 0] > -1.0


def test_first_map_wins_where_two_name_one_structure(seg):
    points, affine = cases.grid(2.0)
    cases.write(seg / "other.nii.gz", (np.hypot(points[..., 0], points[..., 1] - 27) < 9).astype(np.uint8), affine)
    raw = cases.plan(anatomy__lesions={"lesion": {"sphere": {"centre": [4, 2, 0], "diameter": "14 mm"}}})
    raw["anatomy"]["labelmap"].append({"file": "other.nii.gz", "labels": {1: "spinal_cord"}})
    cord = load_plan(raw, folder=seg).anatomy.get("spinal_cord")
    assert np.ptp(cord.mesh.bounds[:, 0]) == pytest.approx(12.0, abs=0.7)


def test_unreadable_map_among_several_is_told_with_its_place(seg):
    (seg / "bodies.nii.gz").write_text("no image")
    with pytest.raises(InputError, match=r"\$\.anatomy\.labelmap\[1\]\.file"):
        load_plan(cases.plan(), folder=seg)


@pytest.mark.parametrize(
    ("low", "high", "known"), [(-40, 40, True), (5, 40, False), (-40, -20, False), (-30, 30, True)]
)
def test_structure_reaches_as_far_as_its_voxels(low, high, known, tmp_path):
    points, affine = cases.grid(2.0)
    labels = cases.labels_at(points)
    labels[(labels == 2) & ((points[..., 2] < low) | (points[..., 2] > high))] = 0
    cases.write(tmp_path / "seg.nii.gz", labels, affine)
    cases.write(tmp_path / "bodies.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    cord = load_plan(cases.plan(), folder=tmp_path).anatomy.get("spinal_cord")
    assert cord.reaches(-1.0, 9.0) == known
    assert cord.reach_mm == pytest.approx((low, high), abs=1.1)  # half a voxel of 2 mm, and rounding


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_pieces_above_and_below_do_not_reach_between(turn, tmp_path):
    """A stray island far below must not make a cord that ends above the step look known at its height."""
    rotation = np.array([[1, 0, 0], [0, math.cos(turn), -math.sin(turn)], [0, math.sin(turn), math.cos(turn)]])
    points, affine = cases.grid(2.0, rotation)
    labels = cases.labels_at(points)
    labels[(labels == 2) & (np.abs(points[..., 2] + 2.0) < 14.0)] = 0
    cases.write(tmp_path / "seg.nii.gz", labels, affine)
    cases.write(tmp_path / "bodies.nii.gz", cases.body_mask(points).astype(np.uint8), affine)
    case = load_plan(cases.plan(), folder=tmp_path)
    cord = case.anatomy.get("spinal_cord")
    assert not cord.reaches(-1.0, 9.0)
    assert cord.reaches(16.0, 30.0)
    assert np.array(cord.gaps_mm) == pytest.approx(np.array([[-16.0, 12.0]]), abs=3.0)  # a layer of voxels
    assert "counts as missing" in cases.measured(cases.plan(), tmp_path)[0]["cord_clearance_mm"].reason


@pytest.mark.parametrize("turn", [0.0, 0.2, 0.5])
def test_whole_structure_has_no_gaps(turn, tmp_path):
    rotation = np.array([[math.cos(turn), 0, -math.sin(turn)], [0, 1, 0], [math.sin(turn), 0, math.cos(turn)]])
    cases.write_patient(tmp_path, (1.5, 2.0, 3.0), rotation, "PIR")
    anatomy = load_plan(cases.plan(), folder=tmp_path).anatomy
    assert all(anatomy.get(name).gaps_mm == () for name in ("spinal_cord", "aorta", "vertebra_L3", "lesion"))


def test_parametric_patient_takes_a_lesion_of_the_plan():
    raw = cases.plan(target__lesion="mine")
    raw["anatomy"] = {
        "parametric": {"level": "L3"},
        "lesions": {"mine": {"sphere": {"centre": [4, 2, 0], "diameter": "10 mm"}}},
    }
    anatomy = load_plan(raw).anatomy
    assert anatomy.get("mine").volume_ml == pytest.approx(math.pi / 6, rel=1e-6)
    assert anatomy.get("spinal_cord").affine_lps is None
