"""The figures of virtual fluoroscopy with their sources, and attenuation from CT numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.calibration import Calibration, calibration
from planner.anatomy.parametric import tissues
from planner.geometry.frames import spacing_mm
from planner.show.fluoro.grid import Grid
from planner.show.grey import LOWEST_HU, Grey

MOST_VOXELS: Final = 40_000_000
"""A CT with more is thinned in its slices: what a detector of 512 pixels sees of it is no finer."""
SOFT_BELOW_HU: Final = 130.0
"""What reads lower is no bone."""
GAS_BELOW_HU: Final = -200.0
FADE_MM: Final = 25.0


def figures() -> Calibration:
    """Return `protocols/calibration/fluoroscopy.yaml`."""
    return calibration("fluoroscopy")


def attenuation(hu: NDArray[np.generic] | float) -> NDArray[np.float32]:
    """Return attenuation per mm at the beam's energy: air to water by the CT number, bone above water by its gain."""
    f = figures()
    share = np.maximum(np.asarray(hu, dtype=np.float32), np.float32(LOWEST_HU)) * np.float32(1e-3)
    share = np.where(share > 0.0, share * np.float32(f["bone_gain"]), share)
    return np.asarray(np.maximum(np.float32(1.0) + share, 0.0) * np.float32(f["water_per_mm"]), dtype=np.float32)


def attenuation_grid(grey: Grey, centre: NDArray[np.float64], reach_mm: float, *, gas: bool = True) -> Grid:
    """Return attenuation above what lies outside the picture, along the body as far as a beam can reach.

    Parameters
    ----------
    centre : (3,) isocentre, LPS mm.
    reach_mm : heights farther from it are left out.
    gas : whether gas in the bowel stays; else it is drawn as soft tissue. Air that reaches the border of
        the image, lungs among it, stays.
    """
    affine, hu = grey.affine_lps.copy(), grey.hu
    along = int(np.argmax(np.abs(affine[2, :3])))
    at = float((np.linalg.inv(affine) @ [*centre, 1.0])[along])
    half = reach_mm / float(np.linalg.norm(affine[:3, along]))
    low, high = max(0, int(at - half)), min(hu.shape[along], int(np.ceil(at + half)) + 1)
    if high > low:
        cut = [slice(None)] * 3
        cut[along] = slice(low, high)
        hu = hu[tuple(cut)]
        affine[:3, 3] += low * affine[:3, along]
    while hu.size > MOST_VOXELS:
        hu, affine = _halved(hu, affine, along)
    if not gas:
        hu = _without_gas(np.asarray(hu))
    above = attenuation(hu) - attenuation(grey.outside_hu)
    if grey.outside_hu > tissues.hu("lung"):
        _fade(above, hu, affine)
    return Grid.of(above, affine)


def _without_gas(hu: NDArray[np.generic]) -> NDArray[np.generic]:
    """Fill what is as thin as air, does not reach the border of the image and so is no lung that the image cuts."""
    from scipy.ndimage import binary_dilation, label  # noqa: PLC0415

    numbered, count = label(np.asarray(hu) < GAS_BELOW_HU)
    border = [np.take(numbered, end, axis) for axis in range(3) for end in (0, -1)]
    held = np.ones(count + 1, dtype=bool)
    held[0] = False
    held[np.unique(np.concatenate([face.ravel() for face in border]))] = False
    # A voxel more: the wall of a bubble reads between gas and tissue.
    made = np.array(hu)
    made[binary_dilation(held[numbered], iterations=2) & (made < 0)] = tissues.hu("soft_tissue")
    return made


def _fade(above: NDArray[np.float32], hu: NDArray[np.generic], affine: NDArray[np.float64]) -> None:
    """Let soft tissue run into what is assumed outside, so that the border of a cropped image casts no frame."""
    soft = np.asarray(hu) < SOFT_BELOW_HU
    weight = np.ones(hu.shape, dtype=np.float32)
    for axis, step in enumerate(spacing_mm(affine)):
        n = hu.shape[axis]
        depth = (np.minimum(np.arange(n), np.arange(n)[::-1]) + 0.5) * step
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.clip(depth / FADE_MM, 0.0, 1.0))
        weight *= ramp.astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
    above[soft] *= weight[soft]


def _halved(
    hu: NDArray[np.generic], affine: NDArray[np.float64], along: int
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Mean of each 2 × 2 voxels of a slice."""
    across = [axis for axis in range(3) if axis != along]
    made, moved = np.asarray(hu, dtype=np.float32), affine.copy()
    for axis in across:
        even = made.shape[axis] // 2 * 2
        first, second = (np.take(made, range(start, even, 2), axis=axis) for start in (0, 1))
        made = 0.5 * (first + second)
        moved[:3, 3] += 0.5 * moved[:3, axis]
        moved[:3, axis] *= 2.0
    return made, moved
