"""The patient that checks are timed on: real images where they lie beside the repository, else one made here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.geometry.clearance import contains
from planner.validate.patients import grid, write_labels

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "totalsegmentator"
"""A lumbar CT of 3 mm with its label maps; its licence keeps it out of the repository."""


@dataclass(frozen=True)
class Patient:
    title: str
    plan: Path
    images: tuple[Path, ...]


def any_patient(folder: Path, *, tiny: bool) -> Patient:
    if REAL.is_dir() and not tiny:
        return real_patient(folder)
    return made_patient(folder, 3.0 if tiny else 1.5)


def real_patient(folder: Path) -> Patient:
    maps = {
        "example_seg_fast_force_split.nii.gz": "totalsegmentator",
        "spine_report_totalseg_vertebrae_body.nii.gz": "totalsegmentator_vertebrae_body",
    }
    images = tuple(REAL / name for name in maps)
    labelmap = [{"file": str(image), "labels": labels} for image, labels in zip(images, maps.values(), strict=True)]
    plan = _plan(folder, labelmap, "RAS", ([-38, 78, 325], [-8, 142, 316]), [-8, 140, 314])
    return Patient("real CT", plan, images)


def made_patient(folder: Path, step_mm: float) -> Patient:
    """Voxelise a parametric L3 with its neighbours into a label map."""
    meshes = build_parametric(ParametricSpec(level="L3", resolution_mm=1.2)).meshes
    low = np.min([mesh.bounds[0] for mesh in meshes.values()], axis=0) - 2 * step_mm
    high = np.max([mesh.bounds[1] for mesh in meshes.values()], axis=0) + 2 * step_mm
    points, affine = grid(tuple(low), tuple(high), step_mm)
    labels = np.zeros(points.shape[:3], dtype=np.uint8)
    names = [name for name in meshes if not name.endswith("_body") and not name.startswith("disc")]
    for number, name in enumerate(names, start=1):
        mesh = meshes[name]
        near = np.all((points >= mesh.bounds[0]) & (points <= mesh.bounds[1]), axis=-1)
        where = np.flatnonzero(near.reshape(-1))
        labels.reshape(-1)[where[contains(mesh, points.reshape(-1, 3)[where])]] = number
    write_labels(folder / "seg.nii.gz", labels, affine)
    labelmap = [{"file": "seg.nii.gz", "labels": dict(enumerate(names, start=1))}]
    plan = _plan(folder, labelmap, "LPS", ([45.7, 77.5, 6.8], [0.7, -5.9, 0.5]), [4, 0, 0])
    return Patient(f"made of {step_mm:g} mm voxels", plan, (folder / "seg.nii.gz",))


def _plan(folder: Path, labelmap: list, frame: str, path: tuple[list, list], lesion: list) -> Path:
    def access(gauge: int) -> dict:
        return {"entry": path[0], "target": path[1], "gauge": gauge}

    heat = {"kind": "radiofrequency_ablation", "device": "generic_monopolar_20mm", "setpoint": "90 degC"}
    cement = {"material": "pmma_generic", "volume": "4 mL"}
    lift = {
        "kind": "kyphoplasty",
        "device": "generic_balloon_15mm",
        "balloon": {"volume": "4 mL", "pressure": "200 psi"},
    }
    plan = {
        "planner": 1,
        "anatomy": {"labelmap": labelmap, "lesions": {"tumour": {"sphere": {"centre": lesion, "diameter": "14 mm"}}}},
        "frame": frame,
        "target": {"level": "L3", "lesion": "tumour", "intent": "palliative"},
        "steps": [
            heat | {"duration": "6 min", "access": access(13)},
            lift | {"cement": cement, "access": access(10)},
        ],
    }
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    return folder / "plan.json"
