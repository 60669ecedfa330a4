"""A patient of a scanner's size, made here: CT of 512 × 512 × 300 voxels and a label map of twenty structures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray

from benchmarks.job import Run
from benchmarks.patient import Patient
from planner.anatomy.parametric import ParametricSpec, build_parametric
from planner.geometry.bodies import Capsule, Ellipsoid
from planner.geometry.clearance import contains
from planner.geometry.frames import RAS_TO_LPS

Array = NDArray[np.float64]
Body = Capsule | Ellipsoid

SHAPE, SPACING_MM = (512, 512, 300), (0.8, 0.8, 1.0)
TINY, TINY_MM = (64, 56, 50), (5.0, 5.0, 6.0)
LEVELS = ("T11", "T12", "L1", "L2", "L3", "L4", "L5")
STEP_MM = 36.0
"""Between the middles of two vertebrae; L3 lies at the origin."""
LESION = Ellipsoid(np.array([4.0, 2.0, 0.0]), np.eye(3), np.array([8.0, 7.0, 7.0]))
HU = {"vertebra": 250.0, "lesion": 30.0, "aorta": 180.0, "inferior_vena_cava": 120.0, "liver": 60.0}


def scan_patient(folder: Path, *, tiny: bool = False) -> Patient:
    """Voxelise seven vertebrae with a canal, a cord, a lesion and what lies round them; write CT, labels and plan."""
    labels, affine, names = scan_labels(tiny=tiny)
    _save(labels, affine, folder / "seg.nii.gz")
    _save(_hounsfield(labels, affine, names), affine, folder / "ct.nii.gz")
    anatomy = {"labelmap": "seg.nii.gz", "labels": names, "ct": "ct.nii.gz"}
    plan = folder / "plan.json"
    plan.write_text(json.dumps(_plan(anatomy)), encoding="utf-8")
    size = " × ".join(map(str, labels.shape))
    return Patient(f"{size}, {len(names)} labels", plan, (folder / "ct.nii.gz", folder / "seg.nii.gz"))


def scan_labels(*, tiny: bool = False) -> tuple[NDArray[np.uint8], Array, dict[int, str]]:
    """Return the label map, voxel indices to LPS mm, and number → name."""
    shape, spacing = (TINY, TINY_MM) if tiny else (SHAPE, SPACING_MM)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -np.array(spacing) * (np.array(shape) - 1) / 2 + [0.0, 10.0, 0.0]
    labels = np.zeros(shape, dtype=np.uint8, order="F")
    return labels, affine, _draw(labels, affine, 1.5 if tiny else 0.9)


def reading(patient: Patient) -> Run:
    """Return a run that reads the images whole, as any program must once."""

    def read() -> None:
        for image in patient.images:
            np.asanyarray(nibabel.load(image).dataobj)

    return read


def _draw(labels: NDArray[np.uint8], affine: Array, resolution_mm: float) -> dict[int, str]:
    """Fill in every structure, later ones over earlier ones; number → name."""
    names: dict[str, int] = {}

    def draw(name: str, inside: Callable[[Array], Array], low: Array, high: Array) -> None:
        number = names.setdefault(name, len(names) + 1)
        first = np.maximum(np.floor((low - affine[:3, 3]) / np.diag(affine)[:3]).astype(int), 0)
        last = np.minimum(np.ceil((high - affine[:3, 3]) / np.diag(affine)[:3]).astype(int) + 1, labels.shape)
        box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        points = (np.moveaxis(np.indices(last - first), 0, -1) + first) * np.diag(affine)[:3] + affine[:3, 3]
        part = labels[box]
        part[inside(points.reshape(-1, 3)).reshape(part.shape)] = number

    for name, body in _bodies().items():
        draw(name, lambda p, body=body: body.distance(p) < 0.0, *body.bounds)
    for row, level in enumerate(LEVELS):
        mesh = build_parametric(ParametricSpec(level=level, neighbours=False, resolution_mm=resolution_mm)).meshes[
            f"vertebra_{level}"
        ]
        up = np.array([0.0, 0.0, STEP_MM * (LEVELS.index("L3") - row)])
        draw(f"vertebra_{level}", lambda p, m=mesh, up=up: contains(m, p - up), *(mesh.bounds + up))
    draw("lesion", lambda p: LESION.distance(p) < 0.0, *LESION.bounds)
    return {number: name for name, number in names.items()}


def _bodies() -> dict[str, Body]:
    def tube(x: float, y: float, radius: float, half: float = 170.0) -> Capsule:
        return Capsule(np.array([x, y, -half]), np.array([x, y, half]), radius)

    def organ(x: float, y: float, z: float, *semi: float) -> Ellipsoid:
        return Ellipsoid(np.array([x, y, z]), np.eye(3), np.array(semi))

    found: dict[str, Body] = {
        "liver": organ(-90, -40, 70, 60, 55, 70),
        "kidney_left": organ(75, 20, 30, 27, 25, 52),
        "kidney_right": organ(-75, 20, 25, 27, 25, 52),
        "colon": organ(20, -95, -40, 70, 30, 60),
    }
    for side, sign in (("left", 1), ("right", -1)):
        found[f"iliopsoas_{side}"] = tube(sign * 45, 5, 18, 90)
        found[f"autochthon_{side}"] = tube(sign * 35, 65, 20)
    return found | {
        "aorta": tube(11, -26, 9),
        "inferior_vena_cava": tube(-13, -24, 10),
        "spinal_canal": tube(0, 30, 8.5),
        "spinal_cord": tube(0, 30, 5),
    }


def _hounsfield(labels: NDArray[np.uint8], affine: Array, names: dict[int, str]) -> NDArray[np.int16]:
    table = np.full(256, 40.0, dtype=np.float32)
    for number, name in names.items():
        table[number] = HU.get(name.split("_")[0], HU.get(name, 40.0))
    rng = np.random.default_rng(5)
    x, y = (np.arange(n) * affine[k, k] + affine[k, 3] for k, n in enumerate(labels.shape[:2]))
    patient = np.hypot(x[:, None] / 175.0, (y[None] - 5.0) / 125.0) < 1.0
    ct = np.empty(labels.shape, dtype=np.int16, order="F")
    for k in range(labels.shape[2]):  # one slice at a time: the making, too, must fit a laptop
        plain = np.where(patient, table[labels[..., k]], -1000.0)
        ct[..., k] = plain + rng.normal(0.0, 12.0, plain.shape)
    return ct


def _save(array: NDArray[np.generic], affine: Array, path: Path) -> None:
    image = nibabel.Nifti1Image(array, RAS_TO_LPS @ affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


def _plan(anatomy: dict) -> dict:
    access = {"entry": [46.0, 78.0, 6.0], "target": [2.0, -4.0, 0.0]}
    heat = {"kind": "radiofrequency_ablation", "device": "generic_monopolar_20mm", "setpoint": "90 degC"}
    cement = {"kind": "vertebroplasty", "cement": {"material": "pmma_generic", "volume": "4 mL"}}
    return {
        "planner": 1,
        "anatomy": anatomy,
        "frame": "LPS",
        "target": {"level": "L3", "lesion": "lesion", "intent": "palliative"},
        "steps": [
            heat | {"duration": "6 min", "access": access | {"gauge": 13}},
            cement | {"access": access | {"gauge": 10}},
        ],
    }
