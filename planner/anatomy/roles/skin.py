"""The skin from CT: the outside of the largest thing that is not air."""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.anatomy.kept import SURFACE_CODE, read, written
from planner.anatomy.stored import StoredVolume
from planner.anatomy.structures import Structure, from_mask
from planner.anatomy.volume import Volume
from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.frames import spacing_mm

SKIN_HU: Final = -300.0
"""Between air (-1000) and fat (-100)."""
SKIN_STEP_MM: Final = 2.5
"""Coarsest voxel kept: a needle's length under the skin needs no finer one."""
LEAST_AIR: Final = 0.005
"""Share of the image that must be air outside the patient: less, and the image shows no skin."""


def skin_of(ct: Volume) -> Structure | None:
    """Find the patient's outline, or take it from the cache where the CT was read before.

    Parameters
    ----------
    ct : HU.

    Returns
    -------
    `skin`, origin `modelled`, every cavity filled; None where no air surrounds the patient.
    """
    if not isinstance(ct, StoredVolume):
        return _found(ct)
    key = key_of("skin", ct.content, f"{ct.shape} {ct.affine_lps.tolist()}", code_of(__name__, *SURFACE_CODE))
    held = cached_arrays(key, lambda: {} if (skin := _found(ct)) is None else written(skin))
    return read("skin", held) if held else None


def _found(ct: Volume) -> Structure | None:
    from scipy.ndimage import binary_fill_holes, binary_opening, label  # noqa: PLC0415

    stride = np.maximum(1, np.floor(SKIN_STEP_MM / spacing_mm(ct.affine_lps) + 1e-6)).astype(int)
    values = ct.array[tuple(slice(None, None, int(s)) for s in stride)]
    affine = ct.affine_lps.copy()
    affine[:3, :3] *= stride
    # Opening parts table and clothing from the patient; beyond the image he goes on.
    solid = binary_opening(np.pad(values > SKIN_HU, 1, mode="edge"))[1:-1, 1:-1, 1:-1]
    numbered, count = label(solid)
    if count == 0:
        return None
    mask = numbered == np.bincount(numbered.ravel())[1:].argmax() + 1
    for k in range(mask.shape[2]):  # slice by slice: bowel and lungs open to the cut ends of the image
        mask[..., k] = binary_fill_holes(mask[..., k])
    if 1.0 - mask.mean() < LEAST_AIR:
        return None
    return from_mask("skin", mask, Volume(mask, affine, ct.sha256), "modelled")
