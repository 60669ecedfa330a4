"""DICOM SEG by highdicom: binary, fractional, overlapping segments and label maps, each with its own name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.identity import identity_of
from planner.anatomy.images.common import Layers, check_size, clean_name, dicom_faults, refused
from planner.anatomy.images.dicom_files import MAX_SIDE
from planner.anatomy.volume import Volume
from planner.core.files import sha256_of
from planner.geometry.frames import canonical

HALF = 0.5
"""Fraction from which a voxel belongs to a fractional segment."""
ON_GRID = 0.01
"""Share of a voxel by which a segmentation may lie off the CT's own grid."""


def read_seg(path: Path, header: Any, *, place: str, ct: Volume | None = None) -> tuple[Volume, ...]:
    """Read a segmentation on its own grid, or on the CT's where its voxels are the CT's.

    Writers leave empty frames out; the CT's grid tells a structure that ends from one that the image cuts.

    Raises
    ------
    InputError
    """
    import highdicom  # noqa: PLC0415 - a second, paid only where a segmentation is read

    expected = "a whole DICOM segmentation"
    with dicom_faults(place, path, expected):
        frames, rows, columns = (int(header.get(tag) or 0) for tag in ("NumberOfFrames", "Rows", "Columns"))
        if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE):
            raise refused(
                place, f"frames of {rows} × {columns}", f"1 to {MAX_SIDE} rows and columns", "export it again"
            )
        check_size(place, (frames, rows, columns))
        seg = highdicom.seg.segread(path)
        geometry = seg.get_volume_geometry()
        if geometry is None:
            raise refused(place, "frames that make no even stack", expected, "export it on the CT's own slices")
        shape, affine = tuple(int(n) for n in geometry.spatial_shape), np.asarray(geometry.affine, dtype=float)
        check_size(place, shape)
        names = {
            int(n): clean_name(seg.get_segment_description(n).segment_label, f"segment {n}")
            for n in seg.segment_numbers
        }
        warnings: list[str] = []
        layers = _layers(seg, shape, names, place, warnings)
        identity = identity_of(header)
    digest, made = sha256_of(path), list[Volume]()
    for array, table in zip(layers.arrays, layers.names, strict=True):
        turned, affine_lps = canonical(array, affine)
        turned, affine_lps = _onto(ct, turned, affine_lps)
        made.append(Volume(turned, affine_lps, digest, () if made else tuple(warnings), table, identity))
    return tuple(made)


def _layers(seg: Any, shape: tuple[int, ...], names: dict[int, str], place: str, warnings: list[str]) -> Layers:
    layers = Layers(shape, max(names, default=1))
    if not names:
        raise refused(place, "no segments", "at least one", "export the segmentation again")
    fractional = seg.segmentation_type.value == "FRACTIONAL"
    if not fractional:
        try:
            array = seg.get_volume(combine_segments=True, dtype=layers.kind).array
        except RuntimeError:  # segments overlap; highdicom has no error of its own for that
            pass
        else:
            layers.arrays.append(array)
            layers.names.append(names)
            return layers
    for number, name in names.items():
        found = seg.get_volume(segment_numbers=[number], dtype=np.float32 if fractional else np.uint8).array[..., 0]
        layers.add(number, name, found >= HALF)
    if fractional:
        warnings.append(f"{place}: fractional segments; voxels of {HALF:g} and more belong to a structure")
    return layers


def _onto(
    ct: Volume | None, array: NDArray[Any], affine: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the labels on the CT's grid where they are a part of it."""
    if ct is None:
        return array, affine
    across = np.linalg.inv(ct.affine_lps) @ affine
    low = np.rint(across[:3, 3]).astype(int)
    high = low + array.shape
    aligned = np.abs(across[:3, :3] - np.eye(3)).max() * max(array.shape) < 1.0 - HALF
    aligned &= bool(np.abs(across[:3, 3] - low).max() < ON_GRID)
    if not aligned or low.min() < 0 or (high > ct.array.shape).any():
        return array, affine
    whole = np.zeros(ct.array.shape, dtype=array.dtype)
    whole[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = array
    return whole, ct.affine_lps
