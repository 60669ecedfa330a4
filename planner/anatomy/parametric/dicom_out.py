"""A made CT as a DICOM series, and its structures as a DICOM segmentation on the same slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.images.common import quiet
from planner.anatomy.parametric.identity import MadeIdentity
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.subject import Subject
from planner.core.provenance import package_version
from planner.geometry.voxelise import inside

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
INTERCEPT = -1024
MAKER = "vertebral-planner"
REMARK = "Made image of a patient who does not exist. Not for diagnosis."


def write_ct_series(
    hu: NDArray[np.int16], lattice: Lattice, folder: Path, who: MadeIdentity, *, slice_mm: float | None = None
) -> list[Any]:
    """Write one file a slice, stacked along the array's last axis; return the datasets in that order.

    Parameters
    ----------
    hu : (i, j, k); i becomes the column number, j the row number.
    slice_mm : slice thickness; None is the spacing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spacing, affine = lattice.spacing_mm, lattice.affine_lps
    along = affine[:3, :2] / spacing[:2]
    made = []
    for k in range(lattice.shape[2]):
        one = _common(who, f"ct {k}", CT_IMAGE)
        one.Modality, one.ImageType = "CT", ["DERIVED", "PRIMARY", "AXIAL"]
        one.SeriesInstanceUID, one.SeriesNumber = who.uid("ct"), 1
        one.SeriesDescription = "Parametric CT"
        one.InstanceNumber, one.AcquisitionNumber = k + 1, 1
        one.PatientPosition, one.KVP = "HFS", "120"
        one.DerivationDescription = "Computed from surfaces"
        one.ImagePositionPatient = _numbers(affine[:3, :3] @ [0.0, 0.0, k] + affine[:3, 3])
        one.ImageOrientationPatient = _numbers(along.T.ravel())
        one.PixelSpacing = _numbers([spacing[1], spacing[0]])
        one.SliceThickness = _numbers([slice_mm or spacing[2]])[0]
        one.SpacingBetweenSlices = _numbers([spacing[2]])[0]
        one.Rows, one.Columns = lattice.shape[1], lattice.shape[0]
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
        one.RescaleIntercept, one.RescaleSlope, one.RescaleType = str(INTERCEPT), "1", "HU"
        one.WindowCenter, one.WindowWidth = "400", "1800"
        one.PixelData = (hu[:, :, k].T.astype(np.int32) - INTERCEPT).astype("<u2").tobytes()
        one.save_as(folder / f"slice_{k + 1:04d}.dcm", enforce_file_format=True)
        made.append(one)
    return made


def write_segmentation(
    subject: Subject,
    lattice: Lattice,
    slices: Sequence[Any],
    file: Path,
    who: MadeIdentity,
    *,
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Write every structure whole, one segment each, on the slices of the CT; segments may overlap.

    Parameters
    ----------
    slices : what :func:`write_ct_series` returned.
    """
    import highdicom  # noqa: PLC0415 - a second, paid only where a segmentation is written
    from pydicom.sr.codedict import codes  # noqa: PLC0415

    segments = []
    for name in subject.names:
        told(name)
        block = inside(subject.mesh(name), lattice.affine_lps, lattice.shape)
        if block.values.any():
            segments.append((name, block))
    masks = np.zeros((lattice.shape[2], lattice.shape[1], lattice.shape[0], len(segments)), dtype=np.uint8)
    for number, (_, block) in enumerate(segments):
        i, j, k = block.window
        masks[k, j, i, number] = block.values.transpose(2, 1, 0)
    told("DICOM segmentation")
    described = [
        highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=name,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=codes.SCT.AnatomicalStructure,
            algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
            algorithm_identification=highdicom.AlgorithmIdentificationSequence(
                name="parametric spine", version=package_version(), family=codes.cid7162.DeformableModels
            ),
        )
        for number, (name, _) in enumerate(segments, start=1)
    ]
    with quiet():
        seg = highdicom.seg.Segmentation(
            source_images=list(slices), pixel_array=masks, segmentation_type="BINARY", segment_descriptions=described,
            series_instance_uid=who.uid("seg"), series_number=2, sop_instance_uid=who.uid("seg 1"), instance_number=1,
            manufacturer=MAKER, manufacturer_model_name="parametric", software_versions=package_version(),
            device_serial_number="0", series_description="Parametric structures", omit_empty_frames=True,
        )  # fmt: skip
    # What the library fills with the hour and with chance.
    for keyword in ("ContentDate", "InstanceCreationDate", "SeriesDate"):
        if keyword in seg:
            setattr(seg, keyword, DAY)
    for keyword in ("ContentTime", "InstanceCreationTime", "SeriesTime"):
        if keyword in seg:
            setattr(seg, keyword, HOUR)
    organisation = who.uid("dimensions")
    for item in (*seg.DimensionOrganizationSequence, *seg.DimensionIndexSequence):
        item.DimensionOrganizationUID = organisation
    for item in seg.get("ContributingEquipmentSequence") or ():
        item.ContributionDateTime = DAY + HOUR
    seg.save_as(file)


DAY, HOUR = "20000101", "120000"
"""A made patient has no date; the files say the same one always, so that their bytes are the same."""


def _common(who: MadeIdentity, what: str, sop_class: str) -> Any:
    from pydicom.dataset import Dataset, FileMetaDataset  # noqa: PLC0415

    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = EXPLICIT_LITTLE_ENDIAN
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = sop_class
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = who.uid(what)
    one.PatientID, one.PatientName = who.patient_id, who.patient_name
    one.PatientBirthDate = one.PatientSex = ""
    one.PatientComments = REMARK
    one.StudyInstanceUID, one.StudyID, one.StudyDescription = who.uid("study"), "1", "Parametric spine"
    one.StudyDate = one.SeriesDate = one.ContentDate = one.AcquisitionDate = DAY
    one.StudyTime = one.SeriesTime = one.ContentTime = one.AcquisitionTime = HOUR
    one.AccessionNumber = one.ReferringPhysicianName = ""
    one.FrameOfReferenceUID, one.PositionReferenceIndicator = who.uid("frame"), ""
    one.Manufacturer, one.ManufacturerModelName = MAKER, "parametric"
    one.SoftwareVersions, one.ImageComments = package_version(), REMARK
    return one


def _numbers(values: Any) -> list[str]:
    """Decimal strings of at most 16 characters."""
    return [f"{float(v):.8f}"[:16] if abs(v) < 1e6 else f"{float(v):.8e}" for v in values]
