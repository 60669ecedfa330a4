"""Slices of a CT as their headers state them: one image a file, or the frames of a multi-frame one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.identity import Identity, identity_of
from planner.anatomy.images.common import DAMAGED, dicom_faults, refused, short_name
from planner.anatomy.images.dicom_files import CT, ENHANCED_CT, MAX_SIDE, class_of

SAME_DIRECTION = 1e-3
"""Direction cosines closer than this are one orientation: headers round them to six places."""


@dataclass(frozen=True, eq=False)
class Slice:
    """One plane of voxels.

    Attributes
    ----------
    file, frame : where its pixels are.
    series, description : digests-to-be of its series; compared, never shown.
    shape : rows, columns.
    position : LPS mm of the first pixel's centre.
    along_row, along_column : unit directions in which column and row numbers grow.
    pixel_mm : between rows, between columns.
    slope, intercept : stored value → HU; None where the header has none.
    tag_mm : thickness or spacing as the tags state it.
    bits : stored, allocated.
    signed : whether stored values are.
    """

    file: Path
    frame: int
    series: str
    description: str
    identity: Identity
    shape: tuple[int, int]
    position: NDArray[np.float64]
    along_row: NDArray[np.float64]
    along_column: NDArray[np.float64]
    pixel_mm: tuple[float, float]
    slope: float | None
    intercept: float | None
    tag_mm: float | None
    bits: tuple[int, int]
    signed: bool

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit direction across the plane."""
        return np.cross(self.along_row, self.along_column)

    def of_one_stack(self, other: Slice) -> bool:
        """Return whether two slices may lie in one image."""
        turned = np.abs(
            np.concatenate([self.along_row - other.along_row, self.along_column - other.along_column])
        ).max()
        return (
            (self.series, self.identity, self.shape) == (other.series, other.identity, other.shape)
            and bool(turned < SAME_DIRECTION)
            and np.allclose(self.pixel_mm, other.pixel_mm, rtol=1e-3)
        )


def slices_of(dataset: Any, path: Path, place: str) -> list[Slice]:
    """Return the CT slices a dataset holds; none for another modality, a localiser or a screen shot.

    Raises
    ------
    InputError
        A CT whose header does not say where its pixels lie.
    """
    with dicom_faults(place, path, "a CT slice with a whole header"):
        kind = class_of(dataset)
        if kind != CT and kind not in ENHANCED_CT:
            return []
        words = {str(word).upper() for word in dataset.get("ImageType") or ()}
        if "LOCALIZER" in words or int(dataset.get("SamplesPerPixel") or 1) != 1:
            return []
        if kind == CT:
            return [_slice(dataset, [dataset], path, 0, place)]
        shared = list(dataset.get("SharedFunctionalGroupsSequence") or ())
        frames = list(dataset.get("PerFrameFunctionalGroupsSequence") or ())
        if len(frames) != int(dataset.get("NumberOfFrames") or 0) or not frames:
            got = f"{short_name(path)} with {len(frames)} described frames of {dataset.get('NumberOfFrames')}"
            raise refused(place, got, "a description of each frame", DAMAGED)
        return [_slice(dataset, _groups([frame, *shared]), path, i, place) for i, frame in enumerate(frames)]


def _groups(holders: list[Any]) -> list[Any]:
    """Return the functional groups of a frame, its own before those that all share."""
    names = (
        "PlanePositionSequence",
        "PlaneOrientationSequence",
        "PixelMeasuresSequence",
        "PixelValueTransformationSequence",
    )
    return [item for holder in holders for name in names for item in (holder.get(name) or ())[:1]]


def _slice(dataset: Any, groups: list[Any], path: Path, frame: int, place: str) -> Slice:
    def stated(tag: str) -> Any:
        return next((group[tag].value for group in groups if tag in group and group[tag].value not in (None, "")), None)

    def number(tag: str) -> float | None:
        value = stated(tag)
        return None if value is None else float(value)

    position, directions = _floats(stated("ImagePositionPatient"), 3), _floats(stated("ImageOrientationPatient"), 6)
    pixel = _floats(stated("PixelSpacing"), 2)
    shape = (int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0))
    if position is None or directions is None or pixel is None or min(pixel) <= 0:
        got = f"{short_name(path)} without a usable position, orientation or pixel spacing"
        raise refused(place, got, "where each slice lies", "export the original axial series, not a copy of its screen")
    row, column = directions[:3], directions[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if abs(lengths[0] - 1) > 0.01 or abs(lengths[1] - 1) > 0.01 or abs(row @ column) > 0.01:
        got, expected = f"{short_name(path)} with a skew orientation", "two perpendicular unit directions"
        raise refused(place, got, expected, "export the series again")
    if not (0 < shape[0] <= MAX_SIDE and 0 < shape[1] <= MAX_SIDE):
        got = f"{short_name(path)} of {shape[0]} × {shape[1]} pixels"
        raise refused(place, got, f"1 to {MAX_SIDE} rows and columns", DAMAGED)
    slope, intercept, tag = number("RescaleSlope"), number("RescaleIntercept"), number("SpacingBetweenSlices")
    tag = number("SliceThickness") if tag is None else tag
    if not np.isfinite([slope or 0.0, intercept or 0.0]).all() or slope == 0:
        raise refused(place, f"{short_name(path)} with rescale slope {slope}", "a finite slope that is not 0", DAMAGED)
    allocated = int(dataset.get("BitsAllocated") or 16)
    return Slice(
        path, frame, str(dataset.get("SeriesInstanceUID") or ""), str(dataset.get("SeriesDescription") or ""),
        identity_of(dataset), shape, position, row / lengths[0], column / lengths[1],
        (float(pixel[0]), float(pixel[1])),
        slope, intercept, tag, (int(dataset.get("BitsStored") or allocated), allocated),
        bool(dataset.get("PixelRepresentation")),
    )  # fmt: skip


def _floats(value: Any, count: int) -> NDArray[np.float64] | None:
    if value is None or isinstance(value, str | float | int) or len(value) != count:
        return None
    numbers = np.array([float(v) for v in value])
    return numbers if np.isfinite(numbers).all() else None
