"""What fills the trunk where nothing is drawn: a muscular wall under the fat, within it fat with lumps of soft tissue.

A look, not anatomy: no bowel, liver or heart has its place. Nothing is measured in it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric import tissues
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.noise import grain

Field = NDArray[np.float32]

COARSE_MM: Final = 4.0
"""Voxels on which the lumps are drawn and distances to the fat taken."""
WALL_MM: Final = 9.0
LUMP_MM: Final = 5.5
ROUND_MM: Final = 6.0
"""Fat about whatever is drawn."""
SOFT_SHARE: Final = 0.55
"""Of the lumps within the wall; the rest is fat."""
EDGE: Final = 0.12
"""How soft the edge of a lump is, in standard deviations of the field."""


def interior_hu(room: Field, fat: Field | None, lattice: Lattice, seed: int) -> Field:
    """Return a CT number for every voxel; only where there is room does it matter.

    Parameters
    ----------
    room : share of each voxel that nothing drawn holds.
    fat : share that subcutaneous fat holds; None where none is drawn.
    """
    from scipy.ndimage import distance_transform_edt, zoom  # noqa: PLC0415

    spacing = lattice.spacing_mm
    counts = np.maximum(np.ceil(np.array(lattice.shape) * spacing / COARSE_MM), 2).astype(int)
    step = np.array(lattice.shape) * spacing / counts
    field = grain((int(counts[0]), int(counts[1]), int(counts[2])), step, LUMP_MM, np.random.default_rng([seed, 6]))
    middle = float(np.quantile(field, 1.0 - SOFT_SHARE))
    soft = np.clip(0.5 + (field - middle) / (2.0 * EDGE), 0.0, 1.0)
    near = [np.minimum(((np.arange(n) + 0.5) * s / d).astype(int), m - 1)
            for n, s, d, m in zip(counts, step, spacing, lattice.shape, strict=True)]  # fmt: skip
    drawn = room[np.ix_(*near)] < 0.5
    soft *= np.clip(distance_transform_edt(~drawn, sampling=step) / ROUND_MM - 0.7, 0.0, 1.0) if drawn.any() else 1.0
    value = tissues.hu("fat") + soft * (tissues.hu("soft_tissue") - tissues.hu("fat"))
    if fat is not None and fat.any():
        away = distance_transform_edt(fat[np.ix_(*near)] < 0.5, sampling=step)
        wall = np.clip((WALL_MM + 0.5 * COARSE_MM - away) / COARSE_MM, 0.0, 1.0)
        value = wall * tissues.hu("muscle") + (1.0 - wall) * value
    factor = np.array(lattice.shape) / counts
    fine = zoom(value.astype(np.float32), factor, order=1, mode="nearest", grid_mode=True)
    return np.asarray(np.where(room > 0.0, fine, np.float32(0.0)), dtype=np.float32)
