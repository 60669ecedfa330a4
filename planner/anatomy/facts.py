"""What is known of a structure, as tables and `anatomy.json` tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.structures import Anatomy, Structure
from planner.anatomy.volume import Volume
from planner.geometry.frames import apply_affine


def anatomy_facts(anatomy: Anatomy, *, modelled: bool = False) -> list[dict[str, Any]]:
    """Return the facts of every structure; deriving those that are modelled takes its time."""
    found = [anatomy.get(name) for name in sorted({*anatomy.names, *(anatomy.modellers if modelled else ())})]
    return [structure_facts(anatomy, structure) for structure in found if structure is not None]


def structure_facts(anatomy: Anatomy, found: Structure) -> dict[str, Any]:
    """Return name, origin, volume, extents and whether the border cuts it (None where no image could)."""
    low, high = found.mesh.bounds
    if found.cut and found.affine_lps is not None:  # its surface runs on beyond the image, where nothing is known
        inside = [_box(image) for image in anatomy.images if np.array_equal(image.affine_lps, found.affine_lps)]
        low, high = np.clip((low, high), *inside[0]) if inside else (low, high)
    return {
        "name": found.name,
        "origin": found.origin,
        "volume_ml": round(found.volume_ml, 2),
        "extent_mm": [round(float(v), 1) for v in high - low],
        "reach_z_mm": [round(z, 1) for z in found.reach_mm],
        "cut": None if found.affine_lps is None else found.cut,
    }


def _box(image: Volume) -> NDArray[np.float64]:
    """(2, 3) lowest and highest corner of an image, outer half voxels included."""
    ends = [(-0.5, n - 0.5) for n in image.shape]
    corners = apply_affine(image.affine_lps, np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3))
    return np.stack([corners.min(axis=0), corners.max(axis=0)])
