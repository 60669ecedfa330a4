"""The patient that checks are timed on: real images where they lie beside the repository, else one made here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.anatomy.parametric.labelmap import label_map
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.subject import subject_of
from planner.plan.made_case import write_nifti

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
    """Voxelise a parametric L3 with its neighbours into label maps."""
    subject = subject_of(build_parametric(ParametricSpec(level="L3", tissues=False, resolution_mm=1.2)))
    low, high = subject.bounds
    made = label_map(subject.mesh, subject.names, Lattice.over(low - 9.0, high + 9.0, (step_mm, step_mm, step_mm)))
    labelmap = []
    for number, (array, names) in enumerate((*made.whole, (made.labels, made.names))):
        write_nifti(array, made.lattice, folder / f"labels_{number}.nii.gz")
        labelmap.append({"file": f"labels_{number}.nii.gz", "labels": names})
    plan = _plan(folder, labelmap, "LPS", ([45.7, 77.5, 6.8], [0.7, -5.9, 0.5]), [4, 0, 0])
    return Patient(f"made of {step_mm:g} mm voxels", plan, tuple(folder / entry["file"] for entry in labelmap))


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
