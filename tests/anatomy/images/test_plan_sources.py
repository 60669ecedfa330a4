"""The plan's own words for images: `ct` folder, `dicom_seg`, `rtstruct`, `folder`, names that travel with files; identity."""

from __future__ import annotations

import cases
import dicom_cases as dc
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from skimage.measure import find_contours

from planner.anatomy.identity import FRAME_WARNING
from planner.core.errors import InputError
from planner.plan.case import load_plan

SPACING = 2.0
POINTS, AFFINE = cases.grid(SPACING)
LABELS = cases.labels_at(POINTS)
BY_SLICE = LABELS.transpose(2, 1, 0)  # slice, row, column
NAMES = [cases.LABELS[n] for n in sorted(cases.LABELS)]
ORIGIN = AFFINE[:3, 3]


def ct_series(**changes):
    hu = np.where(BY_SLICE > 0, 300, -50).astype(np.int16)
    return dc.series(
        hu, np.array([0, 0, SPACING]), ORIGIN, PixelSpacing=[SPACING, SPACING], SliceThickness=SPACING, **changes
    )


def contours_of(mask):
    """One closed polygon a piece and slice, half way between voxels, LPS mm."""
    found = []
    for k in np.flatnonzero(mask.any(axis=(0, 1))):
        for line in find_contours(np.pad(mask[:, :, k].astype(float), 1), 0.5):
            found.append(
                np.column_stack([ORIGIN[:2] + (line - 1) * SPACING, np.full(len(line), ORIGIN[2] + k * SPACING)])[:-1]
            )
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One patient in every format."""
    made = tmp_path_factory.mktemp("sources")
    dc.save(made / "ct", ct_series())
    slices = dc.reread(made / "ct")
    dc.segmentation(slices, BY_SLICE, NAMES, "LABELMAP").save_as(made / "seg.dcm")
    dc.structure_set({name: contours_of(n == LABELS) for n, name in cases.LABELS.items()}).save_as(
        made / "rs.dcm", enforce_file_format=True
    )
    image = sitk.GetImageFromArray(BY_SLICE)
    image.SetSpacing([SPACING] * 3)
    image.SetOrigin(ORIGIN.tolist())
    sitk.WriteImage(image, str(made / "seg.mha"))
    for n, (number, name) in enumerate(cases.LABELS.items()):
        image.SetMetaData(f"Segment{n}_Name", name)
        image.SetMetaData(f"Segment{n}_LabelValue", str(number))
        image.SetMetaData(f"Segment{n}_Layer", "0")
    sitk.WriteImage(image, str(made / "seg.seg.nrrd"))
    cases.write(made / "seg.nii.gz", LABELS, AFFINE)
    (made / "masks").mkdir()
    for number, name in cases.LABELS.items():
        cases.write(made / "masks" / f"{name}.nii.gz", (number == LABELS).astype(np.uint8), AFFINE)
    (made / "masks" / "notes.txt").write_text("read me not")
    return made


def loaded(where, /, **anatomy):
    return load_plan(cases.plan(anatomy=anatomy), folder=where)


def told(where, /, **anatomy):
    with pytest.raises(InputError) as caught:
        loaded(where, **anatomy)
    assert "SECRET" not in str(caught.value)
    return {problem.path: f"{problem}" for problem in caught.value.problems}


SOURCES = {
    "NIfTI": {"labelmap": "seg.nii.gz", "labels": cases.LABELS},
    "MetaImage": {"labelmap": "seg.mha", "labels": cases.LABELS},
    "Slicer": {"labelmap": "seg.seg.nrrd"},
    "DICOM SEG": {"dicom_seg": "seg.dcm"},
    "DICOM SEG as label map": {"labelmap": [{"file": "seg.dcm"}]},
    "structure set": {"rtstruct": "rs.dcm"},
    "structure set on its CT": {"rtstruct": "rs.dcm", "ct": "ct"},
    "masks": {"folder": "masks"},
    "SEG and structure set": {"dicom_seg": "seg.dcm", "rtstruct": "rs.dcm", "ct": "ct"},
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_gives_the_same_structures(name, folder):
    anatomy = loaded(folder, **SOURCES[name]).anatomy
    assert set(cases.LABELS.values()) <= set(anatomy.names)
    loose = 0.06 if "structure" in name else 1e-6  # polygons cut the corners of voxels
    for number, structure in cases.LABELS.items():
        # A lesion in the same layer took its voxels from the vertebra, which gets them back.
        shares = "structure" not in name and structure == "vertebra_L3"
        voxels = np.isin(LABELS, (number, 4)) if shares else number == LABELS
        expected = float(voxels.sum()) * SPACING**3 / 1000
        assert anatomy.get(structure).volume_ml == pytest.approx(expected, rel=loose), structure
        assert anatomy.get(structure).origin == "segmented"
        index = np.argwhere(number == LABELS)
        bounds = np.array([index.min(axis=0) - 0.5, index.max(axis=0) + 0.5]) * SPACING + ORIGIN
        found = anatomy.get(structure).mesh.bounds
        assert found[:, :2] == pytest.approx(
            bounds[:, :2], abs=1.0
        )  # half a voxel; along z the border of the image cuts some


def test_ct_folder_is_read_as_hounsfield(folder):
    case = loaded(folder, labelmap="seg.nii.gz", labels=cases.LABELS, ct="ct")
    assert case.anatomy.ct.array[LABELS > 0].min() == 300
    assert any("$.anatomy.labelmap carries no patient" in w for w in case.warnings)


def test_series_of_a_ct_folder_may_be_named(folder, tmp_path):
    dc.save(tmp_path / "ct", ct_series())
    dc.save(tmp_path / "ct", ct_series(SeriesInstanceUID="1.2.3.8", RescaleIntercept=-1000.0), prefix="b")
    both = {"labelmap": str(folder / "seg.nii.gz"), "labels": cases.LABELS, "ct": "ct"}
    assert "ct_series" in told(tmp_path, **both)["$.anatomy.ct"]
    found = {loaded(tmp_path, **both, ct_series=n).anatomy.ct.array.max() for n in (1, 2)}
    assert found == {300, 324}


def test_labels_by_name_and_by_segment_number(folder):
    mapped = loaded(folder, dicom_seg="seg.dcm", labels={"AORTA ": "other vessel"}).anatomy
    assert "other vessel" in mapped.names
    assert "aorta" not in mapped.names
    numbered = loaded(folder, dicom_seg="seg.dcm", labels={1: "vertebra_L3", 4: "lesion"})
    assert set(numbered.anatomy.names) == {"vertebra_L3", "lesion"}
    assert any("labels 2, 3, 5, 6 have no name" in w for w in numbered.warnings)


def test_unknown_names_are_kept_with_a_word(folder, tmp_path):
    rois = {"Tumor Bed": contours_of(LABELS == 4), "GTV": contours_of(LABELS == 4), "L3": contours_of(LABELS == 1)}
    dc.structure_set(rois).save_as(tmp_path / "rs.dcm", enforce_file_format=True)
    case = loaded(tmp_path, rtstruct="rs.dcm", labels={"GTV": "lesion"})
    assert {"Tumor Bed", "lesion", "vertebra_L3"} <= set(case.anatomy.names)
    assert any("'Tumor Bed' kept as named" in w for w in case.warnings)
    assert not any("GTV" in w for w in case.warnings)


def test_table_of_another_version_is_told(tmp_path):
    image = sitk.GetImageFromArray(BY_SLICE)
    image.SetSpacing([SPACING] * 3)
    image.SetOrigin(ORIGIN.tolist())
    for n, name in enumerate(NAMES):
        image.SetMetaData(f"Segment{n}_Name", name)
        image.SetMetaData(f"Segment{n}_LabelValue", str(n + 1))
    sitk.WriteImage(image, str(tmp_path / "x.seg.nrrd"))
    swapped = cases.LABELS | {2: "aorta", 3: "spinal_cord"}
    case = loaded(tmp_path, labelmap="x.seg.nrrd", labels=swapped)
    assert any("2 is spinal_cord in the file, aorta by `labels`" in w for w in case.warnings)


def test_file_without_names_needs_labels(folder):
    assert "labels: totalsegmentator" in told(folder, labelmap="seg.mha")["$.anatomy"]
    assert "`labels`" in told(folder, labelmap=[{"file": "seg.mha"}])["$.anatomy.labelmap[0].file"]


@pytest.mark.parametrize(
    ("anatomy", "path"),
    [
        ({"dicom_seg": "rs2.dcm"}, "$.anatomy.dicom_seg"),
        ({"rtstruct": "nothere.dcm"}, "$.anatomy.rtstruct"),
        ({"folder": "nothere"}, "$.anatomy.folder"),
        ({"folder": "ct"}, "$.anatomy.folder"),
        ({"folder": "masks", "labels": {"a": "b"}}, "$.anatomy"),
        ({"dicom_seg": "seg.dcm", "parametric": {"level": "L3"}}, "$.anatomy"),
        ({"dicom_seg": "seg.dcm", "labels": {"a": ""}}, "$.anatomy.labels"),
        ({"dicom_seg": "seg.dcm", "ct": "ct", "ct_series": 0}, "$.anatomy.ct_series"),
    ],
)
def test_senseless_sources_are_refused(anatomy, path, folder):
    assert path in told(folder, **anatomy)


def test_names_in_a_folder_lead_nowhere_else(folder, tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    (masks / "..spinal..cord.nii.gz").write_bytes((folder / "masks" / "spinal_cord.nii.gz").read_bytes())
    assert "named after its structure" in told(tmp_path, folder="masks")["$.anatomy.folder"]
    (masks / "..spinal..cord.nii.gz").unlink()
    (masks / "spinal_cord.nii.gz").symlink_to(folder / "masks" / "spinal_cord.nii.gz")
    assert "links" in told(tmp_path, folder="masks")["$.anatomy.folder"]


def test_bad_mask_of_a_folder_is_named(folder, tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    (masks / "aorta.nii.gz").write_bytes((folder / "masks" / "aorta.nii.gz").read_bytes()[:300])
    assert list(told(tmp_path, folder="masks")) == ["$.anatomy.folder.aorta"]


def with_identity(tmp_path, folder, **changes):
    """The CT of another identity beside the patient's segmentation."""
    dc.save(tmp_path / "ct", ct_series(**changes))
    return {"dicom_seg": str(folder / "seg.dcm"), "ct": "ct"}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"PatientID": "SECRET2"}, "patient"),
        ({"PatientName": "SECRET^OTHER"}, "patient"),
        ({"StudyInstanceUID": "1.2.9"}, "study"),
    ],
)
def test_another_patient_or_study_is_bad_input(changes, word, folder, tmp_path):
    found = told(tmp_path, **with_identity(tmp_path, folder, **changes))
    assert f"another {word} than $.anatomy.ct" in found["$.anatomy.dicom_seg"]


def test_another_frame_of_reference_is_a_warning_with_its_word(folder, tmp_path):
    case = loaded(tmp_path, **with_identity(tmp_path, folder, FrameOfReferenceUID="1.2.9"))
    assert sum(w.startswith(FRAME_WARNING) for w in case.warnings) == 1
    assert "1.2.9" not in " ".join(case.warnings)


@pytest.mark.parametrize("same", [{}, {"PatientName": "Secret^Name^^"}, {"PatientID": " SECRET-ID "}])
def test_one_identity_written_otherwise_is_one(same, folder, tmp_path):
    case = loaded(tmp_path, **with_identity(tmp_path, folder, **same))
    assert not any("identity" in w or "frame" in w for w in case.warnings)


def test_empty_identity_is_a_warning(folder, tmp_path):
    case = loaded(tmp_path, **with_identity(tmp_path, folder, PatientID="", PatientName="", StudyInstanceUID=""))
    assert any("$.anatomy.ct carries no patient or study" in w for w in case.warnings)


def test_frame_of_a_structure_set_is_compared(folder, tmp_path):
    dc.save(tmp_path / "ct", ct_series(FrameOfReferenceUID="1.2.9"))
    case = loaded(tmp_path, rtstruct=str(folder / "rs.dcm"), ct="ct")
    assert any(w.startswith(FRAME_WARNING) for w in case.warnings)
