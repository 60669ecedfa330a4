"""NIfTI by nibabel: where the image lies by its header, and label names where a program wrote them along."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.images.common import DAMAGED, check_size, clean_name, quiet, refused
from planner.anatomy.volume import Volume
from planner.core.errors import InputError, shown
from planner.core.files import sha256_of
from planner.geometry.frames import RAS_TO_LPS, canonical, is_singular

_TO_MM = {"mm": 1.0, "unknown": 1.0, "meter": 1000.0, "micron": 1e-3}
FORMS_AGREE_MM = 0.1
"""Header transforms (sform, qform) that place a voxel further apart than this contradict each other."""
LONGEST_TABLE = 1_000_000
"""Bytes; a table of names is a hundredth of it."""


def read_nifti(path: Path, *, place: str) -> Volume:
    """Read a 3-D NIfTI file.

    Raises
    ------
    InputError
        When it is damaged, has no or a singular placement, is not 3-D, is absurdly large or not finite.
    """
    import nibabel  # noqa: PLC0415 - an eighth of a second, paid only where an image is read
    from nibabel.filebasedimages import ImageFileError  # noqa: PLC0415
    from nibabel.spatialimages import HeaderDataError  # noqa: PLC0415
    from nibabel.wrapstruct import WrapStructError  # noqa: PLC0415

    damage = (
        ArithmeticError, EOFError, LookupError, MemoryError, OSError, TypeError, ValueError, zlib.error,
        HeaderDataError, ImageFileError, WrapStructError,
    )  # fmt: skip
    try:
        with quiet():
            image: Any = nibabel.load(path)
            if not isinstance(image, nibabel.Nifti1Image):
                got = f"{path.name} ({type(image).__name__})"
                raise refused(place, got, "a NIfTI image, NRRD, MHA or DICOM", "convert it to .nii.gz")
            shape = tuple(int(n) for n in image.shape)
            while len(shape) > 3 and shape[-1] == 1:
                shape = shape[:-1]
            if len(shape) != 3:
                raise refused(place, f"an image of shape {image.shape}", "three dimensions", "give one 3-D volume")
            # The voxels may lie in a file of their own (.hdr and .img).
            held = Path(image.file_map["image"].filename or path).stat().st_size
            deflated = path.name.lower().endswith(".gz")
            check_size(place, shape, bytes_each=image.get_data_dtype().itemsize, held=held, deflated=deflated)
            affine, warnings = _placement(image, place)
            array = np.asanyarray(image.dataobj).reshape(shape)
            names = _names(image)
    except InputError:
        raise
    except damage as error:
        raise refused(place, f"{path.name}: {shown(error)}", "a whole NIfTI image", DAMAGED) from None
    array, affine_lps = canonical(array, RAS_TO_LPS @ affine)
    return Volume(array, affine_lps, sha256_of(path), warnings, names)


def _placement(image: Any, place: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    header = image.header
    sform, qform = int(header["sform_code"]), int(header["qform_code"])
    if sform == 0 and qform == 0:
        got, way_out = "a header with sform and qform code 0", "set the affine; left and right are never guessed"
        raise refused(place, got, "a stated orientation", way_out)
    affine = np.asarray(image.affine, dtype=np.float64)
    if is_singular(affine):
        got, way_out = "a singular or non-finite affine", "repair sform/qform of the header"
        raise refused(place, got, "a placement in space", way_out)
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


def _names(image: Any) -> dict[int, str] | None:
    """Return the table that TotalSegmentator and Connectome Workbench write behind the header."""
    for extension in image.header.extensions:
        content = extension.get_content()
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        if "<LabelTable" not in text or len(text) > LONGEST_TABLE or "<!DOCTYPE" in text:
            continue  # no table, or one that an honest program does not write
        try:
            tree = ElementTree.fromstring(text.rstrip("\0 \n"))  # noqa: S314 - short, and without entities of its own
            found = {int(label.get("Key", "0")): clean_name(label.text, "") for label in tree.iter("Label")}
        except (ElementTree.ParseError, ValueError):
            continue
        return {number: name for number, name in found.items() if number > 0 and name} or None
    return None
