"""Reading an image: its placement, its units, its contradictions."""

from __future__ import annotations

import cases
import nibabel
import numpy as np
import pytest

from planner.anatomy.volume import read_labels, read_volume
from planner.core.errors import InputError
from planner.geometry.frames import RAS_TO_LPS, apply_affine
from planner.plan.case import load_plan

RNG = np.random.default_rng(20)
ARRAY = RNG.integers(0, 200, (5, 6, 7)).astype(np.uint8)
OBLIQUE = np.array([[-1.9, 0.3, 0.2, 40.0], [-0.25, -1.4, 0.1, 30.0], [0.1, -0.2, 2.4, -20.0], [0, 0, 0, 1.0]])


def saved(path, affine_ras=OBLIQUE, array=ARRAY, units="mm", *, sform=2, qform=0, qaffine=None):
    image = nibabel.Nifti1Image(array, affine_ras)
    image.set_sform(affine_ras, code=sform)
    image.set_qform(np.diag([1.0, 1.0, 1.0, 1.0]) if qaffine is None else qaffine, code=qform)
    image.header.set_xyzt_units(units)
    nibabel.save(image, path)
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "image.nii.gz"


@pytest.mark.parametrize(("units", "factor"), [("meter", 1e-3), ("micron", 1e3), ("mm", 1.0), ("unknown", 1.0)])
def test_header_unit_becomes_mm(units, factor, file):
    affine = np.diag([factor, factor, factor, 1.0]) @ OBLIQUE
    found = read_volume(saved(file, affine, units=units), place="$.here")
    reference = read_volume(saved(file), place="$.here")
    assert found.affine_lps == pytest.approx(reference.affine_lps, rel=1e-5, abs=1e-5)  # headers hold float32
    assert any("read as" in warning for warning in found.warnings) == (factor != 1.0)


def test_header_unit_moves_no_verdict(tmp_path, patient):
    for name in ("seg.nii.gz", "bodies.nii.gz"):
        image = nibabel.load(patient / name)
        affine = np.diag([1e-3, 1e-3, 1e-3, 1.0]) @ image.affine
        saved(tmp_path / name, affine, np.asanyarray(image.dataobj), "meter")
    metres, millimetres = cases.measured(cases.plan(), tmp_path), cases.measured(cases.plan(), patient)
    for name, outcome in millimetres[0].items():
        if hasattr(outcome, "value"):
            assert metres[0][name].value == pytest.approx(outcome.value, abs=0.02), name  # float32 header


def test_every_voxel_keeps_its_place_and_value(file):
    """Axes are permuted and flipped; the value at each place stays."""
    found = read_volume(saved(file), place="$.here")
    index = np.argwhere(np.ones(ARRAY.shape))
    places = apply_affine(RAS_TO_LPS @ OBLIQUE, index)
    where = np.rint(found.index_of(places)).astype(int)
    assert found.index_of(places) == pytest.approx(where, abs=1e-4)  # float32 header
    assert np.array_equal(found.array[tuple(where.T)], ARRAY[tuple(index.T)])
    assert (np.diag(found.affine_lps)[:3] > 0).all()


def test_sform_wins_and_contradiction_is_told(file):
    moved = OBLIQUE.copy()
    moved[0, 3] += 3.0
    found = read_volume(saved(file, qform=1, qaffine=moved), place="$.here")
    assert any("sform and qform differ" in w and "$.here" in w for w in found.warnings)
    assert found.affine_lps == pytest.approx(read_volume(saved(file), place="$.here").affine_lps, abs=1e-5)


def test_agreeing_forms_are_silent(file):
    rigid = np.diag([-2.0, -2.0, 2.0, 1.0])
    assert read_volume(saved(file, rigid, qform=1, qaffine=rigid), place="$.here").warnings == ()


def test_qform_alone_places(file):
    rigid = np.diag([-2.0, 2.0, 2.0, 1.0])
    rigid[:3, 3] = (1.0, 2.0, 3.0)
    found = read_volume(saved(file, rigid, sform=0, qform=1, qaffine=rigid), place="$.here")
    assert found.affine_lps[:3, 3] == pytest.approx([-1.0, -2.0 - 2.0 * (ARRAY.shape[1] - 1), 3.0], abs=1e-5)


def test_warning_reaches_the_case(tmp_path):
    cases.write_patient(tmp_path, 3.0)
    image = nibabel.load(tmp_path / "seg.nii.gz")
    moved = image.affine.copy()
    moved[2, 3] += 5.0
    saved(tmp_path / "seg.nii.gz", image.affine, np.asanyarray(image.dataobj), qform=1, qaffine=moved)
    assert any("differ by up to 5.0 mm" in warning for warning in load_plan(cases.plan(), folder=tmp_path).warnings)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_labels_of_any_whole_type_are_the_same(kind, file):
    found = read_labels(saved(file, array=ARRAY.astype(kind)), place="$.here")
    assert found.array.dtype.kind in "iu"
    assert np.array_equal(found.array, read_labels(saved(file), place="$.here").array)


def test_trailing_dimension_of_one_is_no_fourth_axis(file):
    assert read_volume(saved(file, array=ARRAY[..., None]), place="$.here").array.shape == (5, 6, 7)


def test_outer_half_voxel_belongs_to_the_image(file):
    found = read_volume(saved(file, np.diag([-2.0, -2.0, 2.0, 1.0])), place="$.here")
    assert found.holds(np.array([[-0.99, -0.99, -0.99], [-1.01, 0.0, 0.0]])).tolist() == [True, False]


def test_volume_of_a_voxel_is_that_of_its_sheared_box(file):
    found = read_volume(saved(file), place="$.here")
    assert found.voxel_ml == pytest.approx(abs(np.linalg.det(OBLIQUE[:3, :3])) / 1000.0, rel=1e-5)


@pytest.mark.parametrize("name", ["image.mgz", "image.nii.gz"])
def test_other_formats_are_refused(name, tmp_path):
    if name.endswith("mgz"):
        nibabel.save(nibabel.MGHImage(ARRAY, OBLIQUE), tmp_path / name)
    with pytest.raises(InputError, match=r"\$\.here.*(NIfTI|image file)"):
        read_volume(tmp_path / name, place="$.here")
