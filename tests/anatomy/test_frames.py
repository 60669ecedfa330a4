"""However a case is written, it is one case: frames, order and direction of axes, oblique grids, odd voxels."""

from __future__ import annotations

import math

import cases
import numpy as np
import pytest

from planner.check.verdict import check_plan
from planner.core.quantity import QUANTITIES
from planner.plan.case import load_plan

SAME = 0.02
"""mm, °, s, kPa, mL: only the writing changed; the arrays are the same, the affine differs by rounding of float32."""
SPACING = 2.0


def extras(points: np.ndarray, mirror: bool = False) -> np.ndarray:
    """Skin, canal, a root and bowel in a map of their own, so that every measured quantity has a value."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    found = np.where(np.hypot(x, (y - 4.0) * 0.8) < 43.0, 1, 0).astype(np.uint8)
    found[np.hypot(x, y - 27.0) < 11.0] = 2
    found[(np.hypot(y - 25.0, z + 8.0) < 3.0) & ((-x if mirror else x) > 11.0)] = 3
    found[np.hypot((-x if mirror else x) - 34.0, y + 12.0) < 7.0] = 4
    return found


def write(folder, spacing=SPACING, rotation=None, axes="", *, extra_axes=None, mirror=False):
    points, affine = cases.grid(spacing, rotation)
    there = points * [-1.0, 1.0, 1.0] if mirror else points
    cases.write(folder / "seg.nii.gz", cases.labels_at(there), affine, axes)
    cases.write(folder / "bodies.nii.gz", cases.body_mask(there).astype(np.uint8), affine, axes)
    cases.write(folder / "extras.nii.gz", extras(points, mirror), affine, axes if extra_axes is None else extra_axes)
    return folder


def plan(mirror=False):
    raw = cases.plan()
    side = {True: "right", False: "left"}[mirror]
    labels = {1: "skin", 2: "spinal_canal", 3: f"nerve_root_L3_{side}", 4: "colon"}
    raw["anatomy"]["labelmap"].append({"file": "extras.nii.gz", "labels": labels})
    other = {"entry": [-30.0, 60.0, 12.0], "target": [-9.0, -4.0, 3.0], "gauge": 11}
    raw["steps"][1]["access"] = [raw["steps"][1]["access"], dict(other)]
    cycle = ["freeze 10 min", "thaw 8 min", "freeze 10 min"]
    raw["steps"].append({"kind": "cryoablation", "device": "generic_cryo_17g", "access": dict(other), "cycle": cycle})
    if mirror:
        for step in raw["steps"]:
            for access in step["access"] if isinstance(step["access"], list) else [step["access"]]:
                for end in ("entry", "target"):
                    access[end] = [-access[end][0], *access[end][1:]]
    return raw


def judged(raw, folder):
    """Verdict, and (step, quantity) → value."""
    verdict = check_plan(load_plan(raw, folder=folder))
    steps = verdict.as_json()["quantities_by_step"]
    values = {
        (i, name): q["value"] for i, step in enumerate(steps) for name, q in step.items() if q["value"] is not None
    }
    return verdict.word, values


NOT_HERE = {
    "screw_breach_mm",
    *(
        "lesion_lytic_fraction",
        "lesion_blastic_fraction",
        "posterior_wall_defect_fraction",
        "endplate_defect_fraction",
    ),  # no CT
    *("metal_clearance_mm", "probe_spacing_mm", "adjacent_trabecular_hu"),  # no screw, one probe, no CT
    *("level_order_faults", "frames_of_reference"),  # one whole vertebra; NIfTI names no frame
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    word, values = judged(plan(), write(tmp_path_factory.mktemp("reference")))
    geometric = {name for name, row in QUANTITIES.items() if row.origin == "measured"} - NOT_HERE
    assert geometric <= {name for _, name in values}, "a quantity without value would be compared with nothing"
    return word, values


def assert_same(found, reference, within):
    assert found[0] == reference[0]
    assert found[1].keys() == reference[1].keys()
    apart = {
        key: (value, found[1][key])
        for key, value in reference[1].items()
        if not abs(found[1][key] - value) <= within(key[1])
    }
    assert not apart


@pytest.mark.parametrize("writing", ["RAS ", "LPS RAS", "RAS LAS", "LPS PIR", "RAS ASR", "LPS LPI", "RAS IPR"])
def test_writing_changes_nothing(writing, reference, tmp_path):
    frame, axes = writing.split(" ")
    write(tmp_path, axes=axes)
    raw = plan() if frame == "LPS" else cases.flipped(plan())
    assert_same(judged(raw, tmp_path), reference, lambda name: SAME)


def test_maps_of_one_patient_may_be_stored_differently(reference, tmp_path):
    assert_same(judged(plan(), write(tmp_path, axes="PIR", extra_axes="LAS")), reference, lambda name: SAME)


def turned(degrees, axis):
    """Rotation by Rodrigues' formula, written apart from the code under test."""
    axis = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    angle = math.radians(degrees)
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross


GRIDS = {
    "oblique 12": (1.0, turned(12, [1, 2, -1])),
    "oblique 20": (1.0, turned(20, [-2, 1, 3])),
    "1 x 1 x 2": ((1.0, 1.0, 2.0), None),
    "0.8 x 0.8 x 1.5": ((0.8, 0.8, 1.5), None),
    "2 x 1 x 1, oblique 15": ((2.0, 1.0, 1.0), turned(15, [0, 1, 1])),
}


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    return judged(plan(), write(tmp_path_factory.mktemp("fine"), 1.0))


@pytest.mark.parametrize("name", GRIDS)
def test_grid_changes_half_a_voxel_at_most(name, fine, tmp_path):
    spacing, rotation = GRIDS[name]
    found = judged(plan(), write(tmp_path, spacing, rotation, axes="LAS"))
    half = 0.5 * float(np.max(spacing))

    def within(quantity):
        unit = QUANTITIES[quantity].unit
        # Shares: half a voxel of surface on a ball of radius 7 would be 20 %; counting and smoothing average it out.
        if quantity == "kyphosis_deg":
            return 0.5
        return {"mm": half, "1": 0.02}.get(unit, SAME)

    assert found[1].keys() == fine[1].keys()
    apart = {
        key: (value, found[1][key])
        for key, value in fine[1].items()
        if not abs(found[1][key] - value) <= within(key[1])
    }
    assert not apart


def test_mirrored_patient_has_the_same_clearances(reference, tmp_path):
    found = judged(plan(mirror=True), write(tmp_path, mirror=True))
    sides = {key: -value if key[1] == "aorta_side_mm" else value for key, value in found[1].items()}
    assert_same((found[0], sides), reference, lambda name: SAME)


@pytest.mark.parametrize("axes", ["PIR", "RAS"])
def test_places_are_told_in_lps(axes, tmp_path, reference):
    """The nearest point of the cord lies on the cord's cylinder, whatever the plan's frame."""
    write(tmp_path, axes=axes)
    found = cases.measured(cases.flipped(plan()), tmp_path)[0]["cord_clearance_mm"]
    x, y, _ = found.where_lps_mm
    assert math.hypot(x - cases.CORD["x"], y - cases.CORD["y"]) == pytest.approx(
        cases.CORD["radius"], abs=0.35 * SPACING
    )
