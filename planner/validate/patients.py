"""Small patients of closed form, written as label maps, and the plans that are measured on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.geometry.frames import RAS_TO_LPS
from planner.measure.models import Measured
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan

COARSE_L3 = {"parametric": {"level": "L3", "neighbours": False, "resolution_mm": 1.5}}
"""A parametric patient built in a tenth of a second, for cases in which bone plays no part."""


def grid(
    low: tuple[float, ...], high: tuple[float, ...], step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return voxel centres (i, j, k, 3), LPS mm, and the LPS affine of a grid over a box."""
    counts = np.ceil((np.array(high) - np.array(low)) / step).astype(int)
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = np.array(low) + 0.5 * step
    return np.moveaxis(np.indices(counts), 0, -1) * step + affine[:3, 3], affine


def write_labels(path: Path, labels: NDArray[np.uint8], affine_lps: NDArray[np.float64], axes: str = "LPS") -> None:
    """Write a NIfTI label map; `axes`, such as `PIR`, permutes and flips the storage without moving a voxel."""
    import nibabel  # noqa: PLC0415 - only where an image is written

    image = nibabel.Nifti1Image(labels, np.linalg.inv(RAS_TO_LPS) @ affine_lps)
    now = nibabel.orientations.io_orientation(image.affine)
    wanted = nibabel.orientations.axcodes2ornt(axes)
    nibabel.save(image.as_reoriented(nibabel.orientations.ornt_transform(now, wanted)), path)


def plan(anatomy: Mapping[str, Any], *steps: Mapping[str, Any], frame: str = "LPS", **target: Any) -> dict[str, Any]:
    """Return a plan as a mapping; `target` adds to the level."""
    return {
        "planner": 1,
        "anatomy": dict(anatomy),
        "frame": frame,
        "target": {"level": "L3"} | target,
        "steps": [dict(step) for step in steps],
    }


def access(entry: Any, tip: Any, gauge: int = 13) -> dict[str, Any]:
    """Return one instrument from two points."""
    points = {"entry": entry, "target": tip}
    return {key: [float(x) for x in point] for key, point in points.items()} | {"gauge": gauge}


def vertebroplasty(entry: Any, tip: Any, gauge: int = 13, volume_ml: float = 2.0) -> dict[str, Any]:
    """Return a step with one cement needle."""
    cement = {"material": "pmma_generic", "volume_ml": volume_ml}
    return {"kind": "vertebroplasty", "access": access(entry, tip, gauge), "cement": cement}


def measured(raw: Mapping[str, Any], folder: Path | None = None) -> dict[str, float]:
    """Read a plan, measure it and return every quantity that has a value."""
    whole = simulate_plan(load_plan(raw, folder=folder), simulate=False).whole
    return {name: found.value for name, found in whole.items() if isinstance(found, Measured)}
