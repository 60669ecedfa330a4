"""Structures of label maps, kept on disk between runs: a surface is made once for the same voxels in the same place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.boxes import box_of
from planner.anatomy.regions import Region, any_voxel
from planner.anatomy.structures import Structure, from_crop
from planner.core.cache import cached_arrays, code_of, key_of
from planner.geometry.mesh import Mesh

SURFACE_CODE = (
    "planner.anatomy.kept",
    "planner.anatomy.boxes",
    "planner.anatomy.regions",
    "planner.anatomy.structures",
    "planner.geometry.surface",
    "planner.geometry.levelset",
    "planner.geometry.mesh",
    "numpy",
    "scipy",
    "scikit-image",
)
"""What decides on a surface besides its voxels."""


def from_region(name: str, region: Region) -> Structure:
    """Mesh the voxels of a region, or take their surface from the cache; it must hold at least one."""
    grid = region.volume

    def make() -> dict[str, NDArray[np.generic]]:
        mask = region.mask
        filled = box_of(mask)
        if filled is None:
            raise ValueError(f"{name} has no voxel")
        a, b, c = (slice(s.start + f.start, s.start + f.stop) for s, f in zip(region.box, filled, strict=True))
        return written(from_crop(name, mask[filled], grid, (a, b, c), "segmented"))

    place = f"{grid.shape} {grid.affine_lps.tolist()}"
    return read(name, cached_arrays(key_of("structure", region.recipe(), place, code_of(*SURFACE_CODE)), make))


def near_region(name: str, region: Region, low: NDArray[np.float64], high: NDArray[np.float64]) -> Structure | None:
    """Mesh what of a region lies between two corners, LPS mm; None where that holds no voxel of it."""
    grid = region.volume
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
    index = grid.index_of(corners)
    first, last = np.floor(index.min(axis=0)).astype(int), np.ceil(index.max(axis=0)).astype(int) + 1
    a, b, c = (
        slice(max(side.start, int(start)), min(side.stop, int(stop)))
        for side, start, stop in zip(region.box, first, last, strict=True)
    )
    box = (a, b, c)
    part = Region(grid, box, region.within, lambda: f"{region.recipe()} within {box}")
    return from_region(name, part) if any_voxel(part) else None


def written(made: Structure) -> dict[str, NDArray[np.generic]]:
    """Return everything of a structure but its name, exactly."""
    assert made.affine_lps is not None  # noqa: S101 - it was made of voxels
    small = len(made.mesh.vertices) < np.iinfo(np.int32).max
    return {
        "vertices": made.mesh.vertices,
        "faces": made.mesh.faces.astype(np.int32 if small else np.int64),
        "origin": np.array(made.origin),
        "reach_mm": np.array(made.reach_mm),
        "volume_ml": np.array(made.volume_ml),
        "affine_lps": made.affine_lps,
        "cut": np.array(made.cut),
        "gaps_mm": np.array(made.gaps_mm, dtype=float).reshape(-1, 2),
        "model_error_mm": np.array(made.model_error_mm),
    }


def read(name: str, held: dict[str, NDArray[np.generic]]) -> Structure:
    """Return the structure that was written."""
    low, high = np.asarray(held["reach_mm"]).tolist()
    return Structure(
        name,
        Mesh.of(held["vertices"], held["faces"]),
        str(held["origin"]),  # type: ignore[arg-type]
        (low, high),
        float(held["volume_ml"]),
        np.asarray(held["affine_lps"], dtype=np.float64),
        bool(held["cut"]),
        tuple((a, b) for a, b in np.asarray(held["gaps_mm"]).tolist()),
        float(held["model_error_mm"]),
    )
