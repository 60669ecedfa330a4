"""Images in place, and reading them from any format by what the file holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.boxes import Box, label_boxes
from planner.anatomy.identity import Identity
from planner.anatomy.images.kinds import kind_of
from planner.core.cache import key_of
from planner.core.errors import InputError, Problem
from planner.geometry.frames import apply_affine

SAME_GRID = 1e-4
"""Entries of two affines that differ by less, mm, are the same: what is left is rounding in a header."""


@dataclass(frozen=True, eq=False)
class Volume:
    """An image in place.

    Attributes
    ----------
    array : (i, j, k), axes closest to +L, +P, +S.
    affine_lps : (4, 4) voxel index to LPS mm.
    sha256 : of the file, or of the files of a series.
    warnings : what a reader should know of the header.
    names : label number → name as the file itself writes it; None where it carries no names.
    identity : digests of patient, study and frame; None where the format carries none.
    """

    array: NDArray[Any]
    affine_lps: NDArray[np.float64]
    sha256: str
    warnings: tuple[str, ...] = ()
    names: dict[int, str] | None = None
    identity: Identity | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis."""
        return tuple(self.array.shape)

    @cached_property
    def content(self) -> str:
        """Digest that is the same only for the same voxels in the same order."""
        return key_of("voxels", self.array)

    @cached_property
    def boxes(self) -> dict[int, Box]:
        """Label number → box that its voxels just fill, for each number but 0 that is there."""
        return label_boxes(self.array)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.affine_lps[:3, :3])) / 1000.0)

    def on_grid_of(self, other: Volume) -> bool:
        """Return whether both images have the same voxels in the same places."""
        return self.shape == other.shape and np.allclose(self.affine_lps, other.affine_lps, atol=SAME_GRID)

    def index_of(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return fractional voxel indices of (n, 3) points."""
        inverse = np.linalg.inv(self.affine_lps)
        return apply_affine(inverse, points_lps_mm)

    def holds(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of (n, 3) points lie inside the image, outer half voxels included."""
        index = self.index_of(np.atleast_2d(points_lps_mm))
        inside: NDArray[np.bool_] = np.all((index >= -0.5) & (index <= np.array(self.shape) - 0.5), axis=1)
        return inside


def read_volume(path: Path, *, place: str, series: int | None = None) -> Volume:
    """Read an image of one value a voxel: NIfTI, NRRD, MHA/MHD, a DICOM file or a folder with a DICOM series.

    Parameters
    ----------
    place : where the plan names it, for messages.
    series : which CT series of a folder that holds several, counted from 1 as the message lists them.

    Raises
    ------
    InputError
        When it is missing, damaged, has no or a singular placement, is not 3-D, is absurdly large or not finite.
    """
    kind = kind_of(path, place=place)
    if kind == "dicom":
        from planner.anatomy.images.dicom_ct import read_ct  # noqa: PLC0415

        return read_ct(path, place=place, series=series)
    layers = _read(kind, path, place)
    if len(layers) != 1:
        got, way_out = f"{path.name} with {len(layers)} values a voxel", "give an image of one channel"
        raise _refused(place, got, "one value a voxel", way_out)
    return layers[0]


def read_layers(path: Path, *, place: str, ct: Volume | None = None) -> tuple[Volume, ...]:
    """Read label maps: one for most files, several on one grid where structures of a file overlap.

    Parameters
    ----------
    ct : the image whose grid a structure set is drawn on; without it a grid is laid around its contours.

    Raises
    ------
    InputError
        As :func:`read_volume`, and when values are not whole numbers from 0 on.
    """
    kind = kind_of(path, place=place)
    if kind == "dicom" and path.is_file():
        from planner.anatomy.images.dicom_labels import read_dicom_labels  # noqa: PLC0415

        return read_dicom_labels(path, place=place, ct=ct)
    layers = (read_volume(path, place=place),) if kind == "dicom" else _read(kind, path, place)
    return tuple(_whole(layer, path, place) for layer in layers)


def read_labels(path: Path, *, place: str) -> Volume:
    """Read a label map of one layer; where structures overlap, the first of the file wins.

    Raises
    ------
    InputError
        As :func:`read_layers`.
    """
    first, *others = read_layers(path, place=place)
    if not others:
        return first
    array, names = first.array.copy(), dict(first.names or {})
    for layer in others:
        np.copyto(array, layer.array, where=array == 0, casting="same_kind")
        names |= layer.names or {}
    told = f"{place}: structures overlap; where they do the first of the file was taken"
    return replace(first, array=array, names=names, warnings=(*first.warnings, told))


def _read(kind: str, path: Path, place: str) -> tuple[Volume, ...]:
    if kind == "itk":
        from planner.anatomy.images.itk import read_itk  # noqa: PLC0415

        return read_itk(path, place=place)
    from planner.anatomy.images.nifti import read_nifti  # noqa: PLC0415

    return (read_nifti(path, place=place),)


def _whole(volume: Volume, path: Path, place: str) -> Volume:
    array, expected, way_out = volume.array, "label numbers from 0 on", "is this the CT instead of its labels?"
    if array.dtype.kind == "f":
        if not (np.isfinite(array).all() and np.array_equal(array, np.rint(array))):
            raise _refused(place, f"{path.name} with fractional values", "whole label numbers", way_out)
        array = array.astype(np.int32)
    if array.dtype.kind not in "iub" or (array.dtype.kind == "i" and array.size and array.min() < 0):
        got = f"{path.name} of type {array.dtype} with negative values"
        raise _refused(place, got, expected, way_out)
    whole = replace(volume, array=array)
    try:
        whole.boxes  # noqa: B018 - asked now, so that an image of a million numbers is refused here
    except ValueError as error:
        raise _refused(place, f"{path.name} with {error}", expected, way_out) from None
    return whole


def _refused(place: str, got: str, expected: str, way_out: str) -> InputError:
    return InputError([Problem(place, got, expected, way_out)])
