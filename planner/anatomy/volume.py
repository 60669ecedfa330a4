"""Reading NIfTI images, whatever their orientation, into arrays whose axes run closest to +L, +P, +S."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.core.errors import InputError, Problem, shown
from planner.core.files import sha256_of
from planner.geometry.frames import RAS_TO_LPS, apply_affine, canonical, is_singular

MAX_VOXELS = 1_500_000_000
"""Above this an image would not fit the memory of a laptop; a header that claims more is wrong or hostile."""
_TO_MM = {"mm": 1.0, "unknown": 1.0, "meter": 1000.0, "micron": 1e-3}
FORMS_AGREE_MM = 0.1
"""Header transforms (sform, qform) that place a voxel further apart than this contradict each other."""


@dataclass(frozen=True, eq=False)
class Volume:
    """An image in place.

    Attributes
    ----------
    array : (i, j, k), axes closest to +L, +P, +S.
    affine_lps : (4, 4) voxel index to LPS mm.
    sha256 : of the file.
    warnings : what a reader should know of the header.
    """

    array: NDArray[Any]
    affine_lps: NDArray[np.float64]
    sha256: str
    warnings: tuple[str, ...] = ()

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.affine_lps[:3, :3])) / 1000.0)

    def index_of(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return fractional voxel indices of (n, 3) points."""
        inverse = np.linalg.inv(self.affine_lps)
        return apply_affine(inverse, points_lps_mm)

    def holds(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of (n, 3) points lie inside the image, outer half voxels included."""
        index = self.index_of(np.atleast_2d(points_lps_mm))
        inside: NDArray[np.bool_] = np.all((index >= -0.5) & (index <= np.array(self.array.shape) - 0.5), axis=1)
        return inside


def read_volume(path: Path, *, place: str) -> Volume:
    """Read a 3-D NIfTI file.

    Raises
    ------
    InputError
        When it is missing, damaged, has no or a singular placement, is not 3-D, is absurdly large or not finite.
    """
    import nibabel  # noqa: PLC0415 - an eighth of a second, paid only where an image is read
    from nibabel.filebasedimages import ImageFileError  # noqa: PLC0415
    from nibabel.spatialimages import HeaderDataError  # noqa: PLC0415

    if not path.is_file():
        raise _refused(
            place, f"{path} (no such file)", "an image file", "check the path; it is taken relative to the plan file"
        )
    try:
        image: Any = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Image):
            raise _refused(place, f"{path.name} ({type(image).__name__})", "a NIfTI image", "convert it to .nii.gz")
        shape = tuple(int(n) for n in image.shape)
        while len(shape) > 3 and shape[-1] == 1:
            shape = shape[:-1]
        if len(shape) != 3 or min(shape) < 1:
            raise _refused(place, f"an image of shape {image.shape}", "three dimensions", "give one 3-D volume")
        if np.prod(shape, dtype=float) > MAX_VOXELS:
            raise _refused(place, f"a header that claims {shape} voxels", f"at most {MAX_VOXELS:.1g}", "crop the image")
        affine, warnings = _placement(image, place)
        array = np.asanyarray(image.dataobj).reshape(shape)
    except InputError:
        raise
    except (
        OSError,
        EOFError,
        ValueError,
        ImageFileError,
        HeaderDataError,
        zlib.error,
        OverflowError,
        MemoryError,
    ) as error:
        raise _refused(
            place,
            f"{path.name}: {shown(error)}",
            "a whole NIfTI image",
            "the file is damaged or truncated; export it again",
        ) from None
    array, affine_lps = canonical(array, RAS_TO_LPS @ affine)
    return Volume(array, affine_lps, sha256_of(path), warnings)


def read_labels(path: Path, *, place: str) -> Volume:
    """Read a label map: whole numbers from 0 on.

    Raises
    ------
    InputError
        As :func:`read_volume`, and when values are not whole.
    """
    volume = read_volume(path, place=place)
    array = volume.array
    if array.dtype.kind == "f":
        whole = np.isfinite(array).all() and np.array_equal(array, np.rint(array))
        if not whole:
            raise _refused(
                place,
                f"{path.name} with fractional values",
                "whole label numbers",
                "is this the CT instead of its labels?",
            )
        array = array.astype(np.int32)
    if array.dtype.kind not in "iub" or (array.dtype.kind == "i" and array.size and array.min() < 0):
        raise _refused(
            place,
            f"{path.name} of type {array.dtype} with negative values",
            "label numbers from 0 on",
            "is this the CT instead of its labels?",
        )
    return Volume(array, volume.affine_lps, volume.sha256, volume.warnings)


def _placement(image: Any, place: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    header = image.header
    sform, qform = int(header["sform_code"]), int(header["qform_code"])
    if sform == 0 and qform == 0:
        raise _refused(
            place,
            "a header with sform and qform code 0",
            "a stated orientation",
            "set the affine; left and right are never guessed",
        )
    affine = np.asarray(image.affine, dtype=np.float64)
    if is_singular(affine):
        raise _refused(
            place, "a singular or non-finite affine", "a placement in space", "repair sform/qform of the header"
        )
    scale = _TO_MM.get(header.get_xyzt_units()[0], 1.0)
    affine = np.diag([scale, scale, scale, 1.0]) @ affine
    warnings = []
    if sform and qform:
        corners = np.array([[0, 0, 0, 1], [*(np.array(image.shape[:3]) - 1), 1]], dtype=float).T
        apart = np.abs((np.asarray(header.get_sform()) - np.asarray(header.get_qform())) @ corners).max() * scale
        if apart > FORMS_AGREE_MM:
            warnings.append(f"{place}: sform and qform differ by up to {apart:.1f} mm; sform was used")
    if scale != 1.0:
        warnings.append(f"{place}: header in {header.get_xyzt_units()[0]}s, read as {scale:g} mm")
    return affine, tuple(warnings)


def _refused(place: str, got: str, expected: str, way_out: str) -> InputError:
    return InputError([Problem(place, got, expected, way_out)])
