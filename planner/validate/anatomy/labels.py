"""A tilted rod as a label map at several voxel sizes, in several frames and orders, through a whole plan."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import partial
from math import pi
from pathlib import Path
from typing import Any

import numpy as np

from planner.geometry.bodies import Capsule
from planner.geometry.surface import SURFACE_ERROR_VOXELS
from planner.measure.result import simulate_plan
from planner.plan.case import load_plan
from planner.plan.models import GAUGE_MM
from planner.validate.models import Case, Row
from planner.validate.patients import grid, measured, plan, vertebroplasty, write_labels

ROD_MM, HALF_LENGTH_MM = 10.0, 26.0
AXIS = np.array([0.2, 0.1, 1.0]) / np.linalg.norm([0.2, 0.1, 1.0])
GAP_MM = 4.0
VOLUME_TOLERANCE = 0.01
"""The surface keeps the volume of the label's voxels to this; counting hits a tilted rod more closely still."""
WRITING_MM = 0.02
"""Where only the writing changes, quantities agree to this."""

CENTRE = np.array([-0.37, 3.11, 0.23])
"""Off every voxel centre."""
MIDDLE = np.array([0.13, 0.07, 0.21])
CONVERGING = np.array([np.sin(np.radians(11.0)), np.cos(np.radians(11.0)), 0.0])
"""Middle and direction of a left pedicle, entry behind: 11° to the sagittal plane as in L1."""


def _write(folder: Path, step_mm: float, axes: str = "LPS") -> dict[str, Any]:
    """Write the rod as the cord beside a vertebra and return the anatomy that names it."""
    points, affine = grid((-25.0, -20.0, -45.0), (45.0, 30.0, 45.0), step_mm)
    flat = points.reshape(-1, 3)
    rod = Capsule(CENTRE - HALF_LENGTH_MM * AXIS, CENTRE + HALF_LENGTH_MM * AXIS, ROD_MM)
    labels = np.zeros(points.shape[:3], dtype=np.uint8)
    labels[np.linalg.norm(points - [33.0, 3.0, 0.0], axis=-1) < 9.0] = 1
    labels[(rod.distance(flat) < 0.0).reshape(labels.shape)] = 2
    write_labels(folder / "seg.nii.gz", labels, affine, axes)
    return {"labelmap": "seg.nii.gz", "labels": {1: "vertebra_L3", 2: "spinal_cord"}}


def _needle(frame: str = "LPS") -> dict[str, Any]:
    """Return a 13G needle parallel to the rod, `GAP_MM` away from its wall."""
    side = np.cross(AXIS, [0.0, 1.0, 0.0])
    side = -side / np.linalg.norm(side)
    at = CENTRE + (ROD_MM + GAP_MM + GAUGE_MM[13] / 2.0) * side
    flip = np.array([-1.0, -1.0, 1.0]) if frame == "RAS" else np.ones(3)
    return vertebroplasty((at + 12.0 * AXIS) * flip, (at - 12.0 * AXIS) * flip)


def _rod(step_mm: float) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder:
        case = load_plan(plan(_write(Path(folder), step_mm), _needle()), folder=folder)
    cord = case.anatomy.get("spinal_cord")
    assert cord is not None  # noqa: S101 - it was written above
    found = simulate_plan(case, simulate=False).whole["cord_clearance_mm"]
    form = f"parallel axes; {SURFACE_ERROR_VOXELS:g} voxel is promised for smooth shapes of six voxels and more"
    got = getattr(found, "value", float("nan"))
    yield Row("cord_clearance_mm", "closed_form", GAP_MM, got, SURFACE_ERROR_VOXELS * step_mm, form)
    volume = cord.mesh.volume_mm3 / 1000.0
    form = "the surface encloses what the voxels hold"
    yield Row("surface_over_voxel_volume", "closed_form", 1.0, volume / cord.volume_ml, VOLUME_TOLERANCE, form)
    expected = pi * ROD_MM**2 * (2.0 * HALF_LENGTH_MM + 4.0 / 3.0 * ROD_MM) / 1000.0
    allowed = VOLUME_TOLERANCE * expected
    yield Row("volume_ml", "closed_form", expected, volume, allowed, "rod with round ends, πr²(l + 4r/3)")


def _round_pedicle(width_mm: float) -> Iterable[Row]:
    """A bar for a pedicle, with the body on its front half, and an 11G needle down the middle."""
    step_mm = 0.5
    points, affine = grid((-22.0, -40.0, -12.0), (22.0, 40.0, 12.0), step_mm)
    bar = Capsule(MIDDLE - 28.0 * CONVERGING, MIDDLE + 28.0 * CONVERGING, width_mm / 2.0)
    vertebra = (bar.distance(points.reshape(-1, 3)) < 0.0).reshape(points.shape[:3]).astype(np.uint8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_labels(folder / "seg.nii.gz", vertebra, affine)
        write_labels(folder / "bodies.nii.gz", vertebra * (points[..., 1] < 0.0), affine)
        maps = [("seg.nii.gz", {1: "vertebra_L3"}), ("bodies.nii.gz", {1: "vertebra_L3_body"})]
        anatomy = {"labelmap": [{"file": file, "labels": labels} for file, labels in maps]}
        needle = vertebroplasty(MIDDLE + 36.0 * CONVERGING, MIDDLE - 15.0 * CONVERGING, gauge=11, volume_ml=1.0)
        got = measured(plan(anatomy, needle), folder)["pedicle_wall_margin_mm"]
    expected = (width_mm - GAUGE_MM[11]) / 2.0
    form = f"(pedicle width − outer diameter) / 2, voxels of {step_mm:g} mm"
    yield Row("pedicle_wall_margin_mm", "closed_form", expected, got, SURFACE_ERROR_VOXELS * step_mm, form)


def _same_elsewhere(axes: str, frame: str) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        plain = measured(plan(_write(Path(first), 1.0), _needle()), Path(first))
        anatomy = _write(Path(second), 1.0, axes)
        other = measured(plan(anatomy, _needle(frame), frame=frame), Path(second))
    form = f"the same voxels stored along {axes}, the same points written in {frame}"
    for name in ("cord_clearance_mm", "needle_angle_deg"):
        yield Row(f"{name}_difference", "closed_form", 0.0, other[name] - plain[name], WRITING_MM, form)


CASES = (
    *(Case(f"rod in voxels of {step:g} mm", partial(_rod, step)) for step in (0.5, 1.0, 3.0)),
    Case("11G down a round pedicle as wide as L1", partial(_round_pedicle, 8.7)),
    Case("11G down a round pedicle as narrow as T5", partial(_round_pedicle, 4.5)),
    Case("storage turned to PIR", partial(_same_elsewhere, "PIR", "LPS")),
    Case("plan in RAS, storage in LAS", partial(_same_elsewhere, "LAS", "RAS")),
)
