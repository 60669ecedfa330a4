"""Real images of other programs: the facts that their MANIFEST states."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from planner.anatomy.labels import TABLES
from planner.anatomy.volume import read_labels, read_layers, read_volume


def volume(path, **more):
    return read_volume(path, place="$.x", **more)


def ml(layer, number):
    return float((layer.array == number).sum()) * layer.voxel_ml


@pytest.fixture(scope="module")
def siemens(shared_data):
    return volume(shared_data / "totalsegmentator" / "example_ct_dicom")


def test_jpeg2000_series_without_uids(siemens):
    """Steps of 2 mm by position though the tag says 3; instance numbers run against z."""
    assert siemens.array.shape == (512, 512, 20)
    assert siemens.array.dtype == np.int16
    assert (siemens.array.min(), siemens.array.max()) == (-1024, 1839)
    assert np.diag(siemens.affine_lps)[:3] == pytest.approx([0.9765625, 0.9765625, 2.0])
    assert siemens.affine_lps[:3, 3] == pytest.approx([-249.51171875, -437.51171875, -804.5])
    assert any("2 mm apart by position, 3 mm by the tag" in w for w in siemens.warnings)
    assert not siemens.identity.patient_known


@pytest.mark.parametrize(("number", "voxels", "hu"), [(79, 4911, 17.6), (32, 23576, 267.0), (52, 11723, 177.3)])
def test_labels_of_nifti_lie_on_the_dicom_series(number, voxels, hu, siemens, shared_data):
    """A flip of rows or columns would show at once in the mean HU."""
    labels = read_labels(shared_data / "totalsegmentator" / "example_seg_dicom.nii.gz", place="$.x")
    assert labels.affine_lps == pytest.approx(siemens.affine_lps, abs=0.01)
    assert (labels.array == number).sum() == voxels
    assert siemens.array[labels.array == number].mean() == pytest.approx(hu, abs=0.05)


LUMBAR = {26: (1796, 48.49, 210.9), 27: (2508, 67.72, 239.0), 28: (2442, 65.93, 229.1), 29: (2446, 66.04, 220.1),
          30: (2236, 60.37, 217.0), 31: (2220, 59.94, 196.5), 32: (1831, 49.44, 181.0), 52: (1839, 49.65, 42.1), 79: (1553, 41.93, 4.3)}  # fmt: skip
CENTRES_RAS = {29: (-3.7, 131.2, 314.9), 52: (-16.9, 161.3, 363.4), 79: (-2.4, 105.7, 319.3)}


def test_totalsegmentator_abdomen(shared_data):
    folder = shared_data / "totalsegmentator"
    ct, labels = (
        volume(folder / "example_ct.nii.gz"),
        read_labels(folder / "example_seg_fast_force_split.nii.gz", place="$.x"),
    )
    assert (ct.array.min(), ct.array.max()) == (-1207, 3382)
    assert ct.array.shape == labels.array.shape == (122, 101, 112)
    for number, (voxels, volume_ml, hu) in LUMBAR.items():
        assert (labels.array == number).sum() == voxels
        assert ml(labels, number) == pytest.approx(volume_ml, abs=0.006)
        assert ct.array[labels.array == number].mean() == pytest.approx(hu, abs=0.06)
    for number, (x, y, z) in CENTRES_RAS.items():
        centre = (
            np.argwhere(labels.array == number).mean(axis=0) @ labels.affine_lps[:3, :3].T + labels.affine_lps[:3, 3]
        )
        assert centre == pytest.approx([-x, -y, z], abs=0.06)


@pytest.mark.parametrize(
    ("file", "sums"),
    [("spine_report_totalseg", {29: 2335}), ("spine_report_totalseg_vertebrae_body", {1: 11005, 2: 2685})],
)
def test_other_runs_of_totalsegmentator(file, sums, shared_data):
    labels = read_labels(shared_data / "totalsegmentator" / f"{file}.nii.gz", place="$.x")
    assert {n: int((labels.array == n).sum()) for n in sums} == sums


def test_names_inside_totalsegmentators_files_are_its_table(shared_data):
    """The file itself tells version 2 from version 1."""
    names = read_labels(shared_data / "totalsegmentator" / "example_seg_dicom.nii.gz", place="$.x").names
    assert len(names) == 117
    assert {n: name.replace("vertebrae_", "vertebra_") for n, name in names.items() if 26 <= n <= 50} == {
        n: TABLES["totalsegmentator"][n] for n in range(26, 51)
    }


def test_tptbox_axes_are_turned(shared_data):
    folder = shared_data / "tptbox"
    ct, whole, parts = (
        read_volume(folder / f"sub-ct_{name}.nii.gz", place="$.x")
        for name in ("label-22_ct", "seg-vert_label-22_msk", "seg-subreg_label-22_msk")
    )
    assert (ct.array.min(), ct.array.max()) == (-1030, 1961)
    assert np.diag(ct.affine_lps)[:3] == pytest.approx([1.5, 1.5, 1.5])
    assert {n: int((whole.array == n).sum()) for n in (21, 22, 23)} == {21: 6567, 22: 17698, 23: 12083}
    assert ct.array[whole.array == 22].mean() == pytest.approx(243.6, abs=0.05)
    within = {n: int(((parts.array == n) & (whole.array == 22)).sum()) for n in range(41, 51)}
    assert list(within.values()) == [1894, 737, 472, 432, 679, 597, 669, 586, 4951, 6681]
    left, right = (np.argwhere(parts.array == n)[:, 0].mean() for n in (43, 44))
    assert left > right  # +x is the patient's left


def test_dcmqi_series_segmentation_and_nrrd_agree(shared_data):
    folder = shared_data / "dcmqi"
    ct, nrrd = volume(folder / "ct-3slice"), read_labels(folder / "liver_spine_seg.nrrd", place="$.x")
    (seg,) = read_layers(folder / "liver.dcm", place="$.x", ct=ct)
    assert ct.affine_lps[:3, 3] == pytest.approx([-235.2, -226.8, -128.69], abs=1e-3)
    assert np.diag(ct.affine_lps)[:3] == pytest.approx([0.810547, 0.810547, 1.0])
    assert (seg.array > 0).sum() == 107098
    assert np.array_equal(seg.array > 0, nrrd.array == 1)
    assert (nrrd.array == 2).sum() == 12439
    assert seg.names == {1: "Liver"}
    assert seg.identity == ct.identity
    assert nrrd.affine_lps == pytest.approx(ct.affine_lps, abs=0.01)
    assert set(np.unique(read_labels(folder / "spine_seg.nrrd", place="$.x").array)) == {0, 2}


def test_highdicom_segmentations(shared_data):
    folder = shared_data / "highdicom"
    (binary,) = read_layers(folder / "seg_image_ct_binary.dcm", place="$.x")
    assert (binary.array > 0).sum() == 638
    assert binary.array.shape == (16, 16, 3)
    overlap = read_layers(folder / "seg_image_ct_binary_overlap.dcm", place="$.x")
    stored = pydicom.dcmread(folder / "seg_image_ct_binary_overlap.dcm").pixel_array.sum()
    assert len(overlap) == 2
    assert sum(int((layer.array > 0).sum()) for layer in overlap) == stored == 80
    ct = volume(folder / "ct_image.dcm")
    assert ct.array.shape == (128, 128, 1)
    assert ct.affine_lps[0, 0] == pytest.approx(0.661468)


def test_slicer_segmentation_and_its_ct(shared_data):
    ct = volume(shared_data / "slicerio" / "CTChest4.nrrd")
    labels = read_labels(shared_data / "slicerio" / "Segmentation.seg.nrrd", place="$.x")
    assert (ct.array.min(), ct.array.max()) == (-3024, 3070)
    assert np.diag(ct.affine_lps)[:3] == pytest.approx([3.0469, 3.0469, 10.0], abs=1e-4)
    assert ct.affine_lps[:3, :3] @ [127, 127, 0] + ct.affine_lps[:3, 3] == pytest.approx(
        [193.096, 216.396, -340.25], abs=1e-3
    )
    assert {n: int((labels.array == n).sum()) for n in (1, 2, 3, 4)} == {1: 8487, 2: 1216, 3: 2712, 4: 3259}
    assert labels.voxel_ml * 1000 == pytest.approx(92.84, abs=0.01)
    assert labels.names == {
        1: "ribs",
        2: "cervical vertebral column",
        3: "thoracic vertebral column",
        4: "lumbar vertebral column",
        5: "right lung",
        6: "left lung",
        7: "tissue",
    }
    right, left = (np.argwhere(labels.array == n)[:, 0].mean() for n in (5, 6))
    assert left > right


@pytest.fixture(scope="module")
def breast(shared_data):
    return read_layers(shared_data / "dicompyler-core" / "rtss.dcm", place="$.x")


def shoelace(points):
    x, y = points[:, 0], points[:, 1]
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


@pytest.mark.parametrize(
    ("name", "contours", "tolerance"),
    [("Heart", 33, 0.002), ("Lt Lung", 165, 0.02), ("Breast", None, 0.005), ("Tumor Bed", None, 0.01)],
)
def test_rois_have_the_volume_of_their_polygons(name, contours, tolerance, breast, shared_data):
    data = pydicom.dcmread(shared_data / "dicompyler-core" / "rtss.dcm")
    number = next(item.ROINumber for item in data.StructureSetROISequence if item.ROIName == name)
    drawn = next(item for item in data.ROIContourSequence if item.ReferencedROINumber == number).ContourSequence
    assert contours is None or len(drawn) == contours
    areas = [shoelace(np.array(contour.ContourData, dtype=float).reshape(-1, 3)) for contour in drawn]
    found = next(ml(layer, n) for layer in breast for n, own in layer.names.items() if own == name)
    assert found == pytest.approx(sum(areas) * 3.0 / 1000, rel=tolerance)


def test_breast_plan_names_what_was_not_drawn(breast):
    names = {name for layer in breast for name in layer.names.values()}
    assert names == {"BODY", "Borders", "Breast", "Heart", "Lt Lung", "Nodes", "Scar", "Tumor Bed", "Tumor Bed Block"}
    assert any("'Areola' without contours" in w for w in breast[0].warnings)
    assert breast[0].affine_lps[2, 2] == pytest.approx(3.0, abs=0.01)


def test_single_slice_of_the_breast_plan(shared_data):
    ct = volume(shared_data / "dicompyler-core" / "ct.0.dcm")
    assert ct.affine_lps[0, 0] == pytest.approx(1.074219)
    layers = read_layers(shared_data / "dicompyler-core" / "rtss.dcm", place="$.x", ct=ct)
    assert layers[0].array.shape == ct.array.shape
    assert layers[0].identity.study == ct.identity.study
    assert layers[0].identity.frame_of_reference is not None


def test_rt_utils(shared_data):
    ct = volume(shared_data / "rt-utils")
    assert ct.array.shape == (512, 512, 2)
    assert np.diag(ct.affine_lps)[:3] == pytest.approx([0.488281, 0.488281, 5.0])
    assert any("2 files are no CT slice" in w for w in ct.warnings)
    (layer,) = read_layers(shared_data / "rt-utils" / "rt.dcm", place="$.x", ct=ct)
    assert layer.names == {1: "ROI-1"}
    # A square of 24 mm with an octagon of its own inside it as a hole, on one slice of 5 mm.
    data = pydicom.dcmread(shared_data / "rt-utils" / "rt.dcm").ROIContourSequence[0].ContourSequence
    outer, inner = (shoelace(np.array(c.ContourData, dtype=float).reshape(-1, 3)) for c in data)
    assert ml(layer, 1) == pytest.approx((outer - inner) * 5.0 / 1000, rel=0.03)


@pytest.mark.parametrize("folder", ["dcmqi", "highdicom", "rt-utils", "dicompyler-core"])
def test_a_cd_with_other_things_on_it(folder, shared_data):
    assert any("no CT slice and left out" in w for w in volume(shared_data / folder).warnings)
