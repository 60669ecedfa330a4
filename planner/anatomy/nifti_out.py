"""Voxels as a compressed NIfTI file: LPS inside, RAS in the file; same image, same bytes."""

from __future__ import annotations

import gzip
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.geometry.frames import RAS_TO_LPS

FAST, SMALL = 1, 5
"""How hard to compress: fields and label maps of a patient quickly, images that are kept and passed on well."""


def nifti_bytes(
    array: NDArray[Any], affine_lps: NDArray[np.float64], *, level: int = FAST, time_unit: str | None = None
) -> bytes:
    """Return voxels (nx, ny, nz) as they are, axes in their order, placed in RAS by sform and qform."""
    import nibabel  # noqa: PLC0415 - an eighth of a second, paid only where an image is written

    image = nibabel.Nifti1Image(np.ascontiguousarray(array), RAS_TO_LPS @ affine_lps)
    image.header.set_xyzt_units("mm", time_unit)
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=level, mtime=0) as packed:
        packed.write(image.to_bytes())
    return stream.getvalue()
