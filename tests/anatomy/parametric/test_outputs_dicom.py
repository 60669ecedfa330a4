"""A made patient as DICOM: other libraries read it, and the whole import path gives the known truth back."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import SimpleITK
from highdicom.seg import segread

from planner.anatomy.identity import compare, identity_of
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.parametric.ct import Scan, ct_image
from planner.anatomy.parametric.dicom_out import write_ct_series, write_segmentation
from planner.anatomy.parametric.identity import MadeIdentity
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.subject import subject_of
from planner.anatomy.volume import read_layers, read_volume
from planner.geometry.frames import apply_affine, canonical

WHO = MadeIdentity("ab" * 32)


@pytest.fixture(scope="module")
def made():
    spec = ParametricSpec(level="L3", levels="only", tissues=False, resolution_mm=1.2, lesion={"diameter_mm": 18.0})
    return subject_of(build_parametric(spec))


@pytest.fixture(
    scope="module",
    params=[("RAS", (0.0, 0.0, 0.0)), ("PIR", (0.0, 0.0, 0.0)), ("LPS", (10.0, -6.0, 8.0))],
    ids=["RAS", "PIR", "tilted"],
)
def written(request, made, tmp_path_factory):
    """Lattice, HU and folder of one series with its segmentation."""
    orientation, tilt = request.param
    low, high = made.bounds
    lattice = Lattice.over(low - 3.0, high + 3.0, (1.5, 1.5, 2.0), orientation, tilt)
    hu = ct_image(made, lattice, Scan(seed=2))
    folder = tmp_path_factory.mktemp("dicom")
    slices = write_ct_series(hu, lattice, folder / "ct", WHO)
    write_segmentation(made, lattice, slices, folder / "seg.dcm", WHO)
    return lattice, hu, folder


def test_our_reader_gives_every_number_back(written):
    lattice, hu, folder = written
    found = read_volume(folder / "ct", place="ct")
    array, affine = canonical(hu, lattice.affine_lps)
    assert np.array_equal(found.array, array)
    assert np.abs(found.affine_lps - affine).max() < 1e-5
    assert found.warnings == ()


def test_simpleitk_reads_the_same_numbers_in_the_same_places(written):
    lattice, hu, folder = written
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder / "ct")))
    image = reader.Execute()
    array = SimpleITK.GetArrayFromImage(image)
    rng = np.random.default_rng(0)
    for index in rng.integers(0, lattice.shape, (20, 3)):
        place = lattice.affine_lps[:3, :3] @ index + lattice.affine_lps[:3, 3]
        i, j, k = image.TransformPhysicalPointToIndex([float(v) for v in place])
        assert array[k, j, i] == hu[tuple(index)]


def test_headers_hold_what_the_standard_asks(written):
    _, _, folder = written
    files = sorted((folder / "ct").iterdir())
    heads = [pydicom.dcmread(file) for file in files]
    for keyword in (
        "SOPClassUID",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "FrameOfReferenceUID",
        "PatientID",
        "PatientName",
        "Modality",
        "ImageType",
        "RescaleSlope",
        "RescaleIntercept",
        "PixelSpacing",
        "ImageOrientationPatient",
        "SliceThickness",
    ):
        assert len({str(head[keyword].value) for head in heads}) == 1, keyword
    assert len({head.SOPInstanceUID for head in heads}) == len(heads)
    for keyword in (
        "PatientBirthDate",
        "PatientSex",
        "AccessionNumber",
        "ReferringPhysicianName",
        "StudyDate",
        "StudyTime",
        "KVP",
        "AcquisitionNumber",
        "PositionReferenceIndicator",
        "Manufacturer",
    ):
        assert keyword in heads[0]
    for head in heads:
        assert all(
            len(str(v)) <= 16
            for tag in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
            for v in head[tag].value
        )
        assert head.SOPInstanceUID.is_valid
    assert "does not exist" in heads[0].ImageComments


def test_ct_and_segmentation_are_of_one_patient_and_frame(written):
    _, _, folder = written
    ct = identity_of(pydicom.dcmread(next((folder / "ct").iterdir())))
    seg = identity_of(pydicom.dcmread(folder / "seg.dcm"))
    assert ct == seg
    assert ct.patient_known
    assert compare([("$.ct", ct), ("$.seg", seg)]) == ([], [])


def test_segments_are_whole_and_named(written, made):
    lattice, _, folder = written
    layers = read_layers(folder / "seg.dcm", place="seg", ct=read_volume(folder / "ct", place="ct"))
    voxel = abs(np.linalg.det(lattice.affine_lps[:3, :3])) / 1e3
    found, middle = {}, {}
    for layer in layers:
        for number, name in (layer.names or {}).items():
            index = np.argwhere(layer.array == number)
            found[name] = len(index) * voxel
            middle[name] = apply_affine(layer.affine_lps, index.mean(axis=0))
    assert set(found) <= set(made.names)
    assert all(name.startswith("nerve_root") for name in set(made.names) - set(found)), "too thin for these voxels"
    for name in ("vertebra_L3", "vertebra_L3_body", "lesion"):
        # Voxels of 4.5 mm³ counted on a lesion of 2.3 mL: two in a hundred by chance alone.
        assert found[name] == pytest.approx(made.mesh(name).volume_mm3 / 1e3, rel=0.04), name
        assert np.abs(middle[name] - made.mesh(name).centroid).max() < 0.3, name
    assert segread(folder / "seg.dcm").segmentation_type.value == "BINARY"


def test_a_patient_is_told_from_another_and_is_always_himself():
    one, again, other = MadeIdentity("ab" * 32), MadeIdentity("ab" * 32), MadeIdentity("ac" * 32)
    assert one.uid("study") == again.uid("study")
    assert len({one.uid("study"), one.uid("frame"), one.uid("ct 1"), other.uid("study")}) == 4
    assert one.patient_id != other.patient_id
    assert all(len(who.uid(what)) <= 64 for who in (one, other) for what in ("study", "ct 1000"))
