"""A CT series from DICOM files, whatever their order and compression, as Hounsfield units in place."""

from __future__ import annotations

import hashlib
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.images.common import check_size, dicom_faults, refused, short_name
from planner.anatomy.images.dicom_files import files_under, frames_of, open_header
from planner.anatomy.images.dicom_slices import Slice, slices_of
from planner.anatomy.images.dicom_stack import arrange, choose, stacks_of
from planner.anatomy.volume import Volume
from planner.core.files import sha256_of
from planner.geometry.frames import canonical


def read_ct(path: Path, *, place: str, series: int | None = None) -> Volume:
    """Read a CT series from a folder, or a single file, as HU: int16 where whole numbers fit it, else float32.

    Parameters
    ----------
    series : which one of several, counted from 1 as the message lists them.

    Raises
    ------
    InputError
    """
    slices: list[Slice] = []
    others = 0
    for file in files_under(path, place) if path.is_dir() else [path]:
        header = open_header(file, place)
        found = [] if header is None else slices_of(header, file, place)
        others += not found
        slices += found
    if not slices:
        what = f"{path.name} without a CT slice" + (f" among {others} files" if path.is_dir() else "")
        raise refused(
            place, what, "a DICOM CT series", "name the folder with the CT; give segmentations by their own key"
        )
    stack, warnings = choose(stacks_of(slices), series, place)
    if others:
        warnings.append(f"{place}: {others} {'file is' if others == 1 else 'files are'} no CT slice and left out")
    places, affine, told = arrange(stack, place)
    first = stack[0]
    check_size(place, (*first.shape, len(places)))
    array = _pixels(places, path, place, warnings)
    if first.slope is None and first.intercept is None:
        warnings.append(f"{place}: no rescale slope and intercept; stored values are taken as HU")
    turned, affine_lps = canonical(array.transpose(2, 1, 0), affine)
    hashes = sorted({sha256_of(one.file) for one in stack})
    digest = hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    return Volume(turned, affine_lps, digest, tuple(warnings + told), identity=first.identity)


def _pixels(places: list[list[Slice]], path: Path, place: str, warnings: list[str]) -> NDArray[Any]:
    """Decode each place once; a second slice there must say the same."""
    rows, columns = places[0][0].shape
    every = [one for same in places for one in same]
    whole = all((one.slope or 1.0).is_integer() and (one.intercept or 0.0).is_integer() for one in every)
    array: NDArray[Any] = np.zeros((len(places), rows, columns), dtype=np.int16 if whole else np.float32)
    number = {id(one): n for n, same in enumerate(places) for one in same}
    filled, repeated = np.zeros(len(places), dtype=bool), 0
    for file, group in groupby(sorted(every, key=lambda s: (s.file, s.frame)), key=lambda s: s.file):
        wanted = list(group)
        with dicom_faults(place, file, "whole pixel data that its header fits"):
            for one, raw in zip(wanted, frames_of(file, [s.frame for s in wanted]), strict=True):
                values = _hounsfield(raw, one, whole=whole, place=place)
                if values.dtype.itemsize > array.dtype.itemsize:
                    array = array.astype(values.dtype)
                n = number[id(one)]
                if not filled[n]:
                    array[n], filled[n] = values, True
                elif np.array_equal(array[n], values):
                    repeated += 1
                else:
                    got = f"two different slices at {one.position.round(1).tolist()} mm LPS"
                    raise refused(place, got, "one slice a place", "these are two scans in one series; keep one")
    if not filled.all():
        raise refused(place, f"{path.name} with slices without pixels", "pixel data in each", "copy the series again")
    if repeated:
        warnings.append(f"{place}: {repeated} slices come twice with the same content; one of each was kept")
    return array


def _hounsfield(raw: NDArray[Any], one: Slice, *, whole: bool, place: str) -> NDArray[Any]:
    if raw.shape != one.shape:
        got = f"{short_name(one.file)} whose pixels are {raw.shape}, not {one.shape}"
        raise refused(place, got, "pixel data that its header fits", "copy the series again")
    stored, allocated = one.bits
    if raw.dtype.kind in "iu" and 0 < stored < allocated <= 32:
        # Some scanners keep overlays in the bits above those stored.
        wide = raw.astype(np.int64)
        wide &= (1 << stored) - 1
        raw = np.where(wide >= 1 << (stored - 1), wide - (1 << stored), wide) if one.signed else wide
    slope, intercept = one.slope or 1.0, one.intercept or 0.0
    if not whole or raw.dtype.kind == "f":
        return (raw * np.float64(slope) + intercept).astype(np.float32)
    values = raw.astype(np.int64) * int(slope) + int(intercept)
    low, high = int(values.min()), int(values.max())
    return values.astype(np.int16 if low >= -32768 and high <= 32767 else np.int32)
