"""Dark bands and streaks about metal: a look, not physics.

In each slice with metal its shadow is projected, bent as beam hardening bends it (what it adds to a ray's sum falls
with the square of the metal crossed), strewn with noise where rays are starved, and projected back. The strength is
set by eye: the shape of the streaks is right, their depth is nobody's scanner.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

METAL_HU: Final = 2800.0
"""CT number from which a voxel throws streaks: above cement and bone."""
ANGLES: Final = 120
DEPTH_HU: Final = 260.0
"""Deepest dark band in a slice, about."""
STARVED: Final = 0.25
"""Share of streaky noise in the bent projection where metal is thickest."""


def add_streaks(hu: NDArray[np.float32], slice_axis: int, rng: np.random.Generator) -> None:
    """Add streaks to an image in place; slices without metal stay as they are.

    Parameters
    ----------
    hu : before the scale is cut at its upper end.
    """
    from skimage.transform import iradon, radon  # noqa: PLC0415

    theta = np.linspace(0.0, 180.0, ANGLES, endpoint=False)
    for one in np.moveaxis(hu, slice_axis, 0):
        metal = np.clip((one - METAL_HU) / 3000.0, 0.0, 1.0).astype(np.float64)
        if metal.sum() < 1.0:
            continue
        side = int(np.ceil(np.hypot(*one.shape))) + 2
        padded = np.zeros((side, side))
        row, column = ((side - n) // 2 for n in one.shape)
        padded[row : row + one.shape[0], column : column + one.shape[1]] = metal
        shadow = radon(padded, theta, circle=True)
        most = float(shadow.max())
        bent = -((shadow / most) ** 2) * (1.0 + STARVED * rng.standard_normal(shadow.shape))
        streaks = iradon(bent, theta, output_size=side, circle=True)[
            row : row + one.shape[0], column : column + one.shape[1]
        ]
        outside = metal < 0.05
        deepest = float(-np.percentile(streaks[outside], 0.2)) if outside.any() else 0.0
        if deepest > 0.0:
            np.add(one, (streaks * (DEPTH_HU / deepest) * outside).astype(np.float32), out=one)
