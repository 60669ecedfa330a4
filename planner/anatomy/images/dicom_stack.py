"""Which slices make one image, in which order, and where it lies: by their positions, never by tags or file names."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.images.common import refused
from planner.anatomy.images.dicom_slices import Slice

SAME_PLACE_MM = 0.01
"""Slices closer than this lie in one place."""
MISSING = 1.5
"""Steps to the next slice from which on one is missing between."""
TOO_NEAR = 0.5
"""Steps below which two slices are not of one even stack."""
UNEVEN_MM = 0.05
"""Distance from an even grid that is worth a word; positions are rounded to 0.01 mm or better."""
TILT_DEG = 0.1
"""Between stacking direction and slice normal: below it rounding, above it a tilted gantry."""
CLEARLY_LARGER = 2
"""A series with this many times the slices of the next is taken unasked: the others are previews or add-ons."""


def stacks_of(slices: list[Slice]) -> list[list[Slice]]:
    """Group slices into images, the largest first, in an order that does not depend on file names."""
    stacks: list[list[Slice]] = []
    for one in slices:
        home = next((stack for stack in reversed(stacks) if stack[0].of_one_stack(one)), None)
        if home is None:
            stacks.append([one])
        else:
            home.append(one)
    return sorted(stacks, key=lambda stack: (-len(stack), _digest(stack[0].series), tuple(stack[0].normal)))


def choose(stacks: list[list[Slice]], series: int | None, place: str) -> tuple[list[Slice], list[str]]:
    """Return the stack that is meant, and what to say of the choice.

    Raises
    ------
    InputError
        When several could be meant, or there is none of that number.
    """
    listed = "; ".join(f"{n}: {_picture(stack)}" for n, stack in enumerate(stacks[:12], start=1))
    if series is not None:
        if series > len(stacks):
            got = f"series {series} of a folder with {len(stacks)} ({listed})"
            raise refused(place, got, "one of them", "name a number from the list")
        return stacks[series - 1], []
    if len(stacks) == 1:
        return stacks[0], []
    if len(stacks[0]) < CLEARLY_LARGER * len(stacks[1]):
        got, way_out = f"{len(stacks)} CT series ({listed})", "say which by `ct_series: 1`, or keep one in the folder"
        raise refused(place, got, "one series, or one with clearly more slices than the others", way_out)
    return stacks[0], [f"{place}: {len(stacks)} CT series ({listed}); the first, with most slices, was taken"]


def _picture(stack: list[Slice]) -> str:
    """Return what tells a series from another, without words that may name a person."""
    first = stack[0]
    plane = ("sagittal", "coronal", "axial")[int(np.abs(first.normal).argmax())]
    said = f", description #{_digest(first.description)[:6]}" if first.description else ""
    return f"{len(stack)} {plane} slices of {first.shape[0]} × {first.shape[1]}, {first.pixel_mm[0]:.3g} mm{said}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def arrange(stack: list[Slice], place: str) -> tuple[list[list[Slice]], NDArray[np.float64], list[str]]:
    """Sort slices along their normal.

    Returns
    -------
    Slices of each place in order (more than one where a place comes twice), the (4, 4) affine that sends (column,
    row, slice) to LPS mm, sheared where the gantry was tilted, and warnings.

    Raises
    ------
    InputError
        Missing or uneven slices, or one slice of unknown thickness.
    """
    normal = stack[0].normal
    places: list[list[Slice]] = []
    for one in sorted(stack, key=lambda s: (float(s.position @ normal), s.file.name, s.frame)):
        if places and (one.position - places[-1][0].position) @ normal < SAME_PLACE_MM:
            if np.abs(one.position - places[-1][0].position).max() > 1.0:
                got = f"two slices in one plane but beside each other at {_where(one.position)}"
                raise refused(place, got, "one image", "these are two scans; keep one of them in the folder")
            places[-1].append(one)
        else:
            places.append([one])
    positions = np.array([same[0].position for same in places])
    warnings: list[str] = []
    step = _single_step(stack[0], place, warnings) if len(places) == 1 else _step(positions, normal, place, warnings)
    tag, height = stack[0].tag_mm, float(np.linalg.norm(step))
    if len(places) > 1 and tag is not None and abs(tag - abs(float(step @ normal))) > max(0.01, 0.001 * height):
        warnings.append(
            f"{place}: slices lie {height:.3g} mm apart by position, {tag:.3g} mm by the tag; positions count"
        )
    first = stack[0]
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack(
        [first.along_row * first.pixel_mm[1], first.along_column * first.pixel_mm[0], step]
    )
    affine[:3, 3] = positions[0]
    return places, affine, warnings


def _single_step(one: Slice, place: str, warnings: list[str]) -> NDArray[np.float64]:
    if not one.tag_mm or not np.isfinite(one.tag_mm) or one.tag_mm <= 0:
        raise refused(place, "one slice of unknown thickness", "a series", "name the folder with all slices")
    warnings.append(f"{place}: a single slice; its thickness of {one.tag_mm:.3g} mm is the tag's")
    return one.normal * one.tag_mm


def _step(
    positions: NDArray[np.float64], normal: NDArray[np.float64], place: str, warnings: list[str]
) -> NDArray[np.float64]:
    gaps = np.diff(positions @ normal)
    usual = float(np.median(gaps))
    for n in np.flatnonzero((gaps > MISSING * usual) | (gaps < TOO_NEAR * usual)).tolist():
        between = f"between the slices at {_where(positions[n])} and {_where(positions[n + 1])}"
        got = f"a step of {gaps[n]:.3g} mm {between} where {usual:.3g} mm is usual"
        raise refused(place, got, "a series without a gap", "copy the whole series; slices are missing or mixed")
    step: NDArray[np.float64] = (positions[-1] - positions[0]) / (len(positions) - 1)
    even = positions[0] + np.arange(len(positions))[:, None] * step
    off = float(np.linalg.norm(positions - even, axis=1).max())
    if off > TOO_NEAR * usual:
        raise refused(
            place, f"slices up to {off:.3g} mm off an even grid", "evenly spaced slices", "resample the series"
        )
    if off > UNEVEN_MM:
        warnings.append(f"{place}: slices are uneven, up to {off:.2f} mm off the even grid they are read as")
    tilt = float(np.degrees(np.arctan2(np.linalg.norm(np.cross(step, normal)), step @ normal)))
    if tilt > TILT_DEG:
        warnings.append(
            f"{place}: tilted gantry, {tilt:.1f}°; the image is read as a sheared grid, nothing is resampled"
        )
    return step


def _where(position: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{v:.1f}" for v in position) + ") mm LPS"
