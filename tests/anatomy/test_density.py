"""CT numbers: known grey values in known shapes, the sources' own figures, and real CT."""

from __future__ import annotations

from functools import cache, partial
from itertools import pairwise

import cases
import numpy as np
import pytest

from planner.anatomy import calibration, density
from planner.anatomy.load import load_anatomy
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.roles.build import vertebra_rings, with_roles
from planner.anatomy.spec import AnatomySpec
from planner.anatomy.structures import Anatomy, from_mesh
from planner.anatomy.volume import Volume
from planner.core.errors import Problems
from planner.core.sourced import references
from planner.geometry.bodies import Ellipsoid
from planner.geometry.clearance import clearance_along
from planner.measure.models import Measured, NotEvaluated
from planner.plan.case import load_plan

TRABECULAR, CORTEX, SOFT = 140.0, 600.0, 45.0
STEP = 1.0


@cache
def grid():
    """CT grid over L3 with the signed distance of its nodes to body and whole vertebra."""
    meshes = build_parametric(ParametricSpec(level="L3", neighbours=False)).meshes
    low, high = meshes["vertebra_L3"].bounds + np.array([[-5.0], [5.0]])
    points = np.stack(np.meshgrid(*map(np.arange, low, high, [STEP] * 3), indexing="ij"), axis=-1)
    flat = points.reshape(-1, 3)
    signed = [
        clearance_along(flat, meshes[n])[0].reshape(points.shape[:3]) for n in ("vertebra_L3_body", "vertebra_L3")
    ]
    affine = np.diag([STEP, STEP, STEP, 1.0])
    affine[:3, 3] = low
    return meshes, points, *signed, affine


def patient(paint=None, lesion=None):
    """The parametric L3 with a CT: soft tissue, a cortex of 2 mm, spongiosa; `paint` changes it."""
    meshes, points, body, whole, affine = grid()
    hu = np.where(whole < 0.0, TRABECULAR, SOFT)
    hu[(np.abs(body + 1.0) < 1.0) | ((np.abs(whole + 1.0) < 1.0) & (body > 0))] = CORTEX
    if paint is not None:
        paint(hu, points, body)
    made = {n: partial(from_mesh, n, meshes[n], "segmented") for n in ("vertebra_L3", "vertebra_L3_body")}
    if lesion is not None:
        made["lesion"] = partial(from_mesh, "lesion", lesion, "user")
    return with_roles(Anatomy(made, ct=Volume(hu.astype(np.int16), affine, "")))


BALL = Ellipsoid(np.zeros(3), np.eye(3), np.full(3, 7.0)).surface()


# ---- calibration ----------------------------------------------------------------------------------------------------


def test_every_figure_has_a_source_that_is_listed():
    for name, figure in calibration.calibration().figures.items():
        assert figure.source.ref in references(), name
    flags = {name: f.source.flag for name, f in calibration.calibration().figures.items()}
    assert flags["osteopenic_below_mg_cm3"] == flags["osteoporotic_below_mg_cm3"] == "V"
    assert flags["bmd_slope_mg_cm3_per_hu"] == "E", "the generic line was read nowhere"


def test_grades_of_the_consensus():
    assert [calibration.bone_grade(v) for v in (130.0, 120.0, 100.0, 80.0, 79.9)] == [
        "normal",
        "normal",
        "osteopenic",
        "osteopenic",
        "osteoporotic",
    ]


def test_density_rises_with_hu_and_its_interval_holds_a_scanners_own_line():
    found = [calibration.mineral_density(hu) for hu in (0.0, 60.0, 120.0, 240.0)]
    assert found[0].value == 0.0
    assert all(a.value < b.value for a, b in pairwise(found))
    for hu, estimate in zip((0.0, 60.0, 120.0, 240.0), found, strict=True):
        assert estimate.low <= 0.7 * hu <= estimate.high
        assert estimate.low <= 0.85 * hu <= estimate.high
        assert estimate.caveat
    assert calibration.mineral_density(-80.0).value == 0.0


def test_volume_fraction_is_that_of_vertebrae_and_never_beyond_one():
    """100 mg/cm³: ash 0.877 x 100 + 78.9 = 166.6, apparent 278.6, over 1900: 0.147."""
    assert calibration.volume_fraction(100.0) == pytest.approx(0.1466, abs=2e-4)
    assert calibration.volume_fraction(0.0) == 0.0
    assert calibration.volume_fraction(5000.0) == 1.0


@pytest.mark.parametrize(("bone", "inside"), [("normal", 150.0), ("osteopenic", 100.0), ("osteoporotic", 60.0)])
def test_without_ct_the_stated_grade_as_a_wide_interval(bone, inside):
    found = calibration.assumed_density(bone)
    assert found.low < inside < found.high
    assert bone in found.caveat
    anything = calibration.assumed_density(None)
    assert anything.low <= found.low
    assert anything.high >= found.high


# ---- regions of a known CT ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_spongiosa_reads_its_own_grey():
    mean, spread = density.trabecular_hu(patient(), "L3")
    assert mean == pytest.approx(TRABECULAR, abs=1.0)
    assert spread < 5.0


def test_lesion_does_not_colour_the_spongiosa():
    def paint(hu, points, _body):
        hu[np.linalg.norm(points, axis=-1) < 7.0] = 900.0

    anatomy = patient(paint, BALL)
    assert density.trabecular_hu(anatomy, "L3")[0] > TRABECULAR + 20
    assert density.trabecular_hu(anatomy, "L3", "lesion")[0] == pytest.approx(TRABECULAR, abs=4.0)


@pytest.mark.parametrize(
    ("inner", "outer", "lytic", "blastic", "shape"),
    [
        (30.0, 30.0, 1.0, 0.0, "lytic"),
        (650.0, 650.0, 0.0, 1.0, "blastic"),
        (650.0, 30.0, 0.64, 0.36, "mixed"),
        (180.0, 180.0, 0.0, 0.0, "unremarkable"),
    ],
)
def test_shares_of_a_lesion_of_shell_and_core(inner, outer, lytic, blastic, shape):
    """A core of 5 mm in a ball of 7 mm holds (5/7)³ = 0.364 of its volume."""

    def paint(hu, points, _body):
        r = np.linalg.norm(points, axis=-1)
        hu[r < 8.5] = outer
        hu[r < 5.0] = inner

    found = density.lesion_shares(patient(paint, BALL), "lesion")
    assert found.shape == shape
    blur = 0.2  # half a voxel at the core's surface, which reads as neither or as blastic
    assert found.lytic == pytest.approx(lytic, abs=blur)
    assert found.blastic == pytest.approx(blastic, abs=blur)


@pytest.mark.parametrize("wall", ["posterior", "upper", "lower"])
def test_whole_walls_have_no_defect(wall):
    assert density.wall_defect(patient(), "L3", wall) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("wall", ["posterior", "upper", "lower"])
def test_lost_walls_are_all_defect(wall):
    def paint(hu, _points, _body):
        hu[...] = SOFT

    assert density.wall_defect(patient(paint), "L3", wall) == 1.0


@pytest.mark.parametrize("half", [4.0, 7.0])
def test_posterior_defect_is_its_share_of_the_wall(half):
    """Cortex is lost across |x| < half of a wall as wide as the canal."""

    def paint(hu, points, body):
        hu[(np.abs(points[..., 0]) < half) & (points[..., 1] > 5.0) & (body < 3.0)] = SOFT

    anatomy = patient(paint)
    width = vertebra_rings(anatomy, "L3").half_width_mm
    assert density.wall_defect(anatomy, "L3", "posterior") == pytest.approx(half / width, abs=0.1)
    assert density.wall_defect(anatomy, "L3", "upper") < 0.15


def test_outside_the_ct_nothing_is_said():
    anatomy = patient()
    far = Volume(anatomy.ct.array, anatomy.ct.affine_lps + np.array([[0, 0, 0, 500.0]] + [[0] * 4] * 3), "")
    anatomy.ct = far
    assert density.trabecular_hu(anatomy, "L3") is None
    assert density.wall_defect(anatomy, "L3", "posterior") is None
    assert np.isnan(density.hu_at(far, np.zeros((1, 3)))).all()


def test_without_ct_nothing_is_read():
    anatomy = patient(lesion=BALL)
    anatomy.ct = None
    assert density.lesion_shares(anatomy, "lesion") is None
    assert density.trabecular_hu(anatomy, "L3") is None
    assert density.wall_defect(anatomy, "L3", "upper") is None


# ---- as quantities --------------------------------------------------------------------------------------------------


def test_quantities_without_ct(patient_folder):
    found = cases.measured(cases.plan(), patient_folder)[0]
    assert found["bone_density_mg_cm3"].origin == "planned"
    assert "osteopenic" in found["bone_density_mg_cm3"].caveat
    for name in ("lesion_lytic_fraction", "posterior_wall_defect_fraction", "endplate_defect_fraction"):
        assert isinstance(found[name], NotEvaluated)
        assert "no CT" in found[name].reason


def test_quantities_from_ct(patient_folder):
    points, affine = cases.grid(1.0)
    labels = cases.labels_at(points)
    hu = np.where(labels > 0, 110, 40).astype(np.int16)
    hu[labels == 4] = 30
    cases.write(patient_folder / "ct.nii.gz", hu, affine)
    found = cases.measured(cases.plan(anatomy__ct="ct.nii.gz"), patient_folder)[0]
    assert found["bone_density_mg_cm3"].value == pytest.approx(0.77 * 110, rel=0.02)
    assert found["lesion_lytic_fraction"].value > 0.9
    assert found["lesion_lytic_fraction"].note == "reads as lytic"
    assert found["posterior_wall_defect_fraction"].value == 1.0, "bone without any cortex"
    assert isinstance(found["endplate_defect_fraction"], Measured)


@pytest.fixture(scope="module")
def patient_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ct")
    cases.write_patient(folder)
    return folder


def test_no_quantity_makes_a_plan_unreadable(patient_folder):
    assert load_plan(cases.plan(), folder=patient_folder)


# ---- real CT --------------------------------------------------------------------------------------------------------


def test_real_osteoporotic_l3(shared_data):
    """The manifest's mean HU: spongiosa 54 (its core label), cortex label 249. The basivertebral foramen is a gap."""
    problems = Problems()
    anatomy = load_anatomy(AnatomySpec(labelmap=[
        {"file": "sub-ct_seg-vert_label-22_msk.nii.gz", "labels": "verse"},
        {"file": "sub-ct_seg-subreg_label-22_msk.nii.gz", "labels": "tptbox_subregions"},
    ], ct="sub-ct_label-22_ct.nii.gz"), shared_data / "tptbox", "LPS", problems)  # fmt: skip
    mean, _ = density.trabecular_hu(anatomy, "L3")
    assert mean == pytest.approx(54.0, abs=15.0)
    assert calibration.bone_grade(calibration.mineral_density(mean).value) == "osteoporotic"
    for wall in ("posterior", "upper", "lower"):
        assert density.wall_defect(anatomy, "L3", wall) < (0.3 if wall == "posterior" else 0.02)
