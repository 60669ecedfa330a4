"""DICOM files made of known numbers: CT series in every disorder, segmentations and structure sets on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
STUDY, FRAME, SERIES = "1.2.3.1", "1.2.3.2", "1.2.3.3"
ORIGIN, PIXEL, STEP = np.array([-20.0, -10.0, 100.0]), (0.8, 0.7), np.array([0.0, 0.0, 2.0])
PATIENT = "SECRET^NAME"
"""Must not appear in any message."""


def hounsfield(shape=(6, 9, 8), seed=0) -> np.ndarray:
    """HU (slice, row, column), all different enough that no flip goes unseen."""
    return np.random.default_rng(seed).integers(-1000, 1500, shape).astype(np.int16)


def dataset(sop_class: str, **changes: Any) -> Dataset:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = sop_class
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.PatientID, made.PatientName, made.PatientBirthDate, made.PatientSex = "SECRET-ID", PATIENT, "", ""
    made.StudyInstanceUID, made.SeriesInstanceUID, made.FrameOfReferenceUID = STUDY, SERIES, FRAME
    made.StudyID = made.StudyDate = made.StudyTime = made.AccessionNumber = made.ReferringPhysicianName = ""
    made.SeriesNumber, made.Manufacturer, made.Modality = 1, "", "CT"
    for key, value in changes.items():
        setattr(made, key, value)
    return made


def ct_slice(
    hu: np.ndarray, position: np.ndarray, slope: float = 1.0, intercept: float = -1024.0, **changes: Any
) -> Dataset:
    made = dataset(CT)
    made.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    made.Rows, made.Columns = hu.shape
    made.PixelSpacing, made.ImageOrientationPatient = list(PIXEL), [1, 0, 0, 0, 1, 0]
    made.ImagePositionPatient = [float(v) for v in position]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 0
    made.RescaleSlope, made.RescaleIntercept, made.SliceThickness = slope, intercept, 2.0
    made.InstanceNumber = 1
    made.PixelData = np.rint((hu - intercept) / slope).astype("<u2").tobytes()
    for key, value in changes.items():
        setattr(made, key, value)
    return made


def series(hu: np.ndarray, step: np.ndarray = STEP, origin: np.ndarray = ORIGIN, **changes: Any) -> list[Dataset]:
    return [ct_slice(plane, origin + k * step, **changes) for k, plane in enumerate(hu)]


def save(folder: Path, datasets: list[Dataset], seed: int = 1, prefix: str = "IM") -> Path:
    """Write under names whose order says nothing."""
    folder.mkdir(exist_ok=True, parents=True)
    for number, one in zip(np.random.default_rng(seed).permutation(len(datasets)), datasets, strict=True):
        one.save_as(folder / f"{prefix}{number:04d}", enforce_file_format=True)
    return folder


def enhanced(hu: np.ndarray, step: np.ndarray = STEP, order: Any = None) -> Dataset:
    """Multi-frame CT with its frames in any order, and slope and intercept of their own."""
    made = dataset(ENHANCED_CT)
    made.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    made.NumberOfFrames, made.Rows, made.Columns = hu.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, 0
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = list(PIXEL), 2.0
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    made.SharedFunctionalGroupsSequence = [shared]
    frames, stored = [], []
    for k in range(len(hu)) if order is None else order:
        frame, place, values = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [float(v) for v in ORIGIN + k * step]
        values.RescaleSlope, values.RescaleIntercept = 1.0, -1024.0 - k
        frame.PlanePositionSequence, frame.PixelValueTransformationSequence = [place], [values]
        frames.append(frame)
        stored.append(hu[k].astype(np.int32) + 1024 + k)
    made.PerFrameFunctionalGroupsSequence = frames
    made.PixelData = np.stack(stored).astype("<u2").tobytes()
    return made


def segmentation(sources: list[Dataset], masks: np.ndarray, names: list[str], kind: str = "BINARY", **more: Any) -> Any:
    """DICOM SEG of `masks`: (slice, row, column, segment), or a label map (slice, row, column)."""
    described = [
        highdicom.seg.SegmentDescription(
            segment_number=n,
            segment_label=name,
            segmented_property_category=codes.SCT.Tissue,
            segmented_property_type=codes.SCT.Bone,
            algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for n, name in enumerate(names, start=1)
    ]
    return highdicom.seg.Segmentation(
        source_images=sources, pixel_array=masks, segmentation_type=kind, segment_descriptions=described,
        series_instance_uid=generate_uid(), series_number=2, sop_instance_uid=generate_uid(), instance_number=1,
        manufacturer="m", manufacturer_model_name="m", software_versions="1", device_serial_number="1", **more,
    )  # fmt: skip


def structure_set(rois: dict[str, list[np.ndarray]], **changes: Any) -> Dataset:
    """RTSTRUCT of closed contours, (n, 3) LPS mm."""
    made = dataset(STRUCTURE_SET, Modality="RTSTRUCT")
    del made.FrameOfReferenceUID
    referenced = Dataset()
    referenced.FrameOfReferenceUID = FRAME
    made.ReferencedFrameOfReferenceSequence = [referenced]
    made.StructureSetROISequence, made.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(rois.items(), start=1):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, drawn.ReferencedROINumber = number, name, number
        drawn.ContourSequence = []
        for points in contours:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
            contour.ContourData = [f"{v:.4f}" for v in np.asarray(points).ravel()]
            drawn.ContourSequence.append(contour)
        made.StructureSetROISequence.append(roi)
        made.ROIContourSequence.append(drawn)
    for key, value in changes.items():
        setattr(made, key, value)
    return made


def reread(folder: Path) -> list[Dataset]:
    """Datasets of a folder by position, as highdicom wants them."""
    found = [pydicom.dcmread(file) for file in folder.iterdir()]
    return sorted(found, key=lambda one: float(one.ImagePositionPatient[2]))
