"""One DICOM file of structures: a segmentation or a structure set, told by what it says it is."""

from __future__ import annotations

from pathlib import Path

from planner.anatomy.images.common import dicom_faults, refused
from planner.anatomy.images.dicom_files import SEGMENTATIONS, STRUCTURE_SET, class_of, open_header
from planner.anatomy.images.dicom_seg import read_seg
from planner.anatomy.images.rtstruct import read_rtstruct
from planner.anatomy.volume import Volume


def read_dicom_labels(path: Path, *, place: str, ct: Volume | None = None) -> tuple[Volume, ...]:
    """Read a DICOM SEG or RTSTRUCT.

    Raises
    ------
    InputError
    """
    header = open_header(path, place)
    with dicom_faults(place, path, "a whole DICOM file"):
        kind = "" if header is None else class_of(header)
    if header is not None and kind in SEGMENTATIONS:
        return read_seg(path, header, place=place, ct=ct)
    if header is not None and kind == STRUCTURE_SET:
        return read_rtstruct(path, header, place=place, ct=ct)
    got = f"{path.name}, a DICOM file of another kind" if kind else f"{path.name}, no DICOM file"
    raise refused(place, got, "a DICOM segmentation or structure set", "name a SEG or RTSTRUCT file")
