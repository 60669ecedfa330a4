"""RTSTRUCT: closed contours by slice, drawn as masks on the CT's grid or on one laid around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.identity import identity_of
from planner.anatomy.images.common import Layers, check_size, clean_name, dicom_faults, refused
from planner.anatomy.images.contours import mask_of, stack_axis
from planner.anatomy.volume import Volume
from planner.core.files import sha256_of
from planner.geometry.frames import canonical

IN_PLANE_MM = (0.5, 1.0)
"""Voxels of a grid laid around contours: the finer where it stays handy."""
HANDY_VOXELS = 50_000_000
LONE_PLANE_MM = 3.0
"""Thickness of a structure drawn on a single slice where nothing tells better."""


def read_rtstruct(path: Path, header: Any, *, place: str, ct: Volume | None = None) -> tuple[Volume, ...]:
    """Read a structure set: one mask a ROI, packed into as few layers as overlaps allow.

    A voxel belongs to a ROI when its centre lies inside an odd number of its contours on the nearest slice; each slice
    stands for half the way to its neighbours.

    Raises
    ------
    InputError
        Damaged, or without a single closed contour.
    """
    warnings: list[str] = []
    with dicom_faults(place, path, "a whole DICOM structure set"):
        rois = _rois(header, place, warnings)
        identity = identity_of(header)
        if not rois:
            raise refused(place, "a structure set without closed contours", "structures", "export the contours too")
        affine, shape = _grid(rois, ct, place, warnings)
        check_size(place, shape)
        layers = Layers(shape, len(rois) + 1)
        for number, (name, contours) in enumerate(rois, start=1):
            mask, told = mask_of(contours, affine, shape)
            warnings += [f"{place}: {name!r} {text}" for text in told]
            if mask.any():
                layers.add(number, name, mask)
            elif not told:
                warnings.append(f"{place}: {name!r} holds no voxel of the image and is left out")
    if not layers.arrays:
        raise refused(place, "structures that lie outside the image", "the CT they were drawn on", "check the files")
    digest, made = sha256_of(path), list[Volume]()
    for array, table in zip(layers.arrays, layers.names, strict=True):
        turned, affine_lps = canonical(array, affine)
        made.append(Volume(turned, affine_lps, digest, () if made else tuple(warnings), table, identity))
    return tuple(made)


Roi = tuple[str, list[NDArray[np.float64]]]


def _rois(header: Any, place: str, warnings: list[str]) -> list[Roi]:
    """Return name and closed contours (n, 3) LPS mm of every ROI that has some."""
    drawn: dict[int, list[Any]] = {}
    for item in header.get("ROIContourSequence") or ():
        drawn.setdefault(int(item.get("ReferencedROINumber") or 0), []).extend(item.get("ContourSequence") or ())
    rois: list[Roi] = []
    empty: list[str] = []
    for item in header.get("StructureSetROISequence") or ():
        number = int(item.get("ROINumber") or 0)
        name = clean_name(item.get("ROIName"), f"ROI {number}")
        closed = (_points(contour) for contour in drawn.get(number, []) if _closed(contour))
        contours = [points for points in closed if points is not None]
        if len(contours) < len(drawn.get(number, [])):
            warnings.append(f"{place}: {name!r} has open, single-point or broken contours; only closed ones were taken")
        rois += [(name, contours)] if contours else []
        empty += [] if contours else [repr(name)]
    if empty:
        warnings.append(f"{place}: {', '.join(empty)} without contours, left out")
    return rois


def _closed(contour: Any) -> bool:
    return str(contour.get("ContourGeometricType") or "").startswith("CLOSED_PLANAR")


def _points(contour: Any) -> NDArray[np.float64] | None:
    numbers = np.asarray(contour.get("ContourData") or (), dtype=float)
    whole = numbers.size >= 9 and numbers.size % 3 == 0 and bool(np.isfinite(numbers).all())
    return numbers.reshape(-1, 3) if whole else None


def _grid(
    rois: list[Roi], ct: Volume | None, place: str, warnings: list[str]
) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    contours = [points for _, several in rois for points in several]
    if ct is not None:
        if stack_axis([ct.index_of(points) for points in contours]) is not None:
            return ct.affine_lps, ct.array.shape
        warnings.append(f"{place}: contours do not lie in the CT's slices; they were drawn on a grid of their own")
    normal = _normal(max(contours, key=len))
    right = np.cross(normal, np.eye(3)[int(np.abs(normal).argmin())])
    turn = np.column_stack([right / np.linalg.norm(right), np.cross(normal, right) / np.linalg.norm(right), normal])
    inside = [points @ turn for points in contours]
    axis = stack_axis(inside)
    if axis != 2:
        raise refused(
            place, "contours that lie in no common direction of slices", "parallel slices", "export them again"
        )
    steps = np.diff(np.unique(np.round([points[:, 2].mean() for points in inside], 2)))
    # Structures of one file share their slices; rounding must not make two of one.
    steps = steps[steps > 0.05]
    step = float(np.median(steps)) if steps.size else LONE_PLANE_MM
    every = np.concatenate(inside)
    extent = np.ptp(every, axis=0)
    pixel = IN_PLANE_MM[int(extent[0] * extent[1] * extent[2] / (IN_PLANE_MM[0] ** 2 * step) > HANDY_VOXELS)]
    size = np.array([pixel, pixel, step])
    # Contours on whole millimetres must not run along voxel centres.
    low = every.min(axis=0) - [2.5 * pixel, 2.5 * pixel, step]
    counts = np.ceil((every.max(axis=0) - low) / size + [3.0, 3.0, 1.5]).astype(np.int64)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn * size, turn @ low
    return affine, tuple(int(n) for n in counts)


def _normal(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit normal of a closed polygon (Newell), turned toward +L, +P or +S."""
    summed = np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)
    length = float(np.linalg.norm(summed))
    unit = summed / length if length > 0 else np.array([0.0, 0.0, 1.0])
    turned: NDArray[np.float64] = np.round(unit * np.sign(unit[np.abs(unit).argmax()]), 6) + 0.0
    return turned / np.linalg.norm(turned)
