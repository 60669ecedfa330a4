"""A patient made of closed forms, written as NIfTI in any frame, order and spacing, and plans on it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from planner.geometry.frames import RAS_TO_LPS
from planner.show.slices.field import Field, Level

LABELS = {1: "vertebra_L3", 2: "spinal_cord", 3: "aorta", 4: "lesion", 5: "vertebra_L4", 6: "inferior_vena_cava"}
CORD = {"x": 0.0, "y": 27.0, "radius": 6.0}
AORTA = {"x": 12.0, "y": -32.0, "radius": 9.0}
CAVA = {"x": -12.0, "y": -30.0, "radius": 9.0}
LESION = {"centre": np.array([4.0, 2.0, 0.0]), "radius": 7.0}
LOW, HIGH = np.array([-45.0, -50.0, -40.0]), np.array([45.0, 62.0, 40.0])
"""Corners of the imaged box, LPS mm; the L3 body's centre is the origin."""


def _vertebra(p: np.ndarray, z0: float) -> np.ndarray:
    """Body: a cylinder of radius 20; two pedicles as bars; an arch behind the canal."""
    x, y, z = p[..., 0], p[..., 1], p[..., 2] - z0
    body = (np.hypot(x, y) < 19.0) & (np.abs(z) < 13.0)
    pedicle = (np.abs(np.abs(x) - 15.0) < 5.0) & (y > 0.0) & (y < 40.0) & (np.abs(z - 3.0) < 7.0)
    arch = (np.hypot(x, (y - 27.0)) < 21.0) & (np.hypot(x, (y - 27.0)) > 13.0) & (y > 30.0) & (np.abs(z - 3.0) < 9.0)
    return body | pedicle | arch


def body_mask(p: np.ndarray) -> np.ndarray:
    return (np.hypot(p[..., 0], p[..., 1]) < 19.0) & (np.abs(p[..., 2]) < 13.0)


def labels_at(p: np.ndarray) -> np.ndarray:
    """Label of each point (…, 3), LPS mm."""
    x, y = p[..., 0], p[..., 1]
    found = np.zeros(p.shape[:-1], dtype=np.uint8)
    found[_vertebra(p, 0.0)] = 1
    found[_vertebra(p, -32.0)] = 5
    for number, tube in ((2, CORD), (3, AORTA), (6, CAVA)):
        found[np.hypot(x - tube["x"], y - tube["y"]) < tube["radius"]] = number
    found[np.linalg.norm(p - LESION["centre"], axis=-1) < LESION["radius"]] = 4
    return found


def grid(
    spacing: float | tuple[float, float, float] = 1.0, rotation: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return voxel centres (i, j, k, 3) LPS mm and the LPS affine of a grid over the box, turned about its middle."""
    steps = np.broadcast_to(np.asarray(spacing, dtype=float), 3)
    counts = np.ceil((HIGH - LOW) / steps).astype(int)
    turn = np.eye(3) if rotation is None else rotation
    middle = (LOW + HIGH) / 2.0
    affine = np.eye(4)
    affine[:3, :3] = turn * steps
    affine[:3, 3] = middle - turn @ (steps * (counts - 1) / 2.0)
    index = np.moveaxis(np.indices(counts), 0, -1)
    return index @ affine[:3, :3].T + affine[:3, 3], affine


def write(path: Path, array: np.ndarray, affine_lps: np.ndarray, axes: str = "") -> Path:
    """Write NIfTI; `axes` such as `PIR` permutes and flips the storage without moving any voxel."""
    image = nibabel.Nifti1Image(array, np.linalg.inv(RAS_TO_LPS) @ affine_lps)
    if axes:
        now = nibabel.orientations.io_orientation(image.affine)
        wanted = nibabel.orientations.axcodes2ornt(axes)
        image = image.as_reoriented(nibabel.orientations.ornt_transform(now, wanted))
    nibabel.save(image, path)
    return path


def write_patient(
    folder: Path, spacing: Any = 1.0, rotation: np.ndarray | None = None, axes: str = "", lesion: bool = True
) -> None:
    """Write `seg.nii.gz` and `bodies.nii.gz`."""
    points, affine = grid(spacing, rotation)
    labels = labels_at(points)
    if not lesion:
        labels[labels == 4] = 1
    write(folder / "seg.nii.gz", labels, affine, axes)
    write(folder / "bodies.nii.gz", body_mask(points).astype(np.uint8), affine, axes)


ENTRY, TIP = [23.0, 66.0, 8.0], [4.0, -8.0, 0.0]
PLAN: dict[str, Any] = {
    "planner": 1,
    "anatomy": {
        "labelmap": [{"file": "seg.nii.gz", "labels": LABELS}, {"file": "bodies.nii.gz", "labels": {1: "vertebrae_body"}}],
    },
    "frame": "LPS",
    "target": {"level": "L3", "lesion": "lesion", "intent": "palliative", "lesion_type": "lytic", "bone": "osteopenic"},
    "steps": [
        {
            "kind": "radiofrequency_ablation",
            "device": "generic_monopolar_20mm",
            "access": {"entry": ENTRY, "target": TIP, "gauge": 13},
            "setpoint": "90 degC",
            "duration": "6 min",
        },
        {
            "kind": "kyphoplasty",
            "device": "generic_balloon_15mm",
            "access": {"entry": ENTRY, "target": TIP, "gauge": 10},
            "balloon": {"volume": "4 mL", "pressure": "200 psi"},
            "cement": {"material": "pmma_generic", "volume": "4 mL"},
        },
    ],
}  # fmt: skip


def plan(**changes: Any) -> dict[str, Any]:
    """Return a fresh plan; keys such as `steps__0__device` replace a value deep inside, `...` removes it."""
    made = copy.deepcopy(PLAN)
    for key, value in changes.items():
        *way, last = (int(part) if part.isdigit() else part for part in key.split("__"))
        place: Any = made
        for part in way:
            place = place[part]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return made


def flipped(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the same plan written in the other of LPS and RAS."""
    made = copy.deepcopy(raw)

    def turn(point: list[float]) -> list[float]:
        return [-point[0], -point[1], point[2]]

    for step in made["steps"]:
        several = step.get("access", [])
        for access in several if isinstance(several, list) else [several]:
            access.update(entry=turn(access["entry"]), target=turn(access["target"]))
    for lesion in made["anatomy"].get("lesions", {}).values():
        for shape in lesion.values():
            if isinstance(shape, dict):
                shape["centre"] = turn(shape["centre"])
                if "directions" in shape:
                    shape["directions"] = [turn(row) for row in shape["directions"]]
    return made | {"frame": {"LPS": "RAS", "RAS": "LPS"}[made["frame"]]}


class AsAsked(Mapping[str, Any]):
    """Quantity → outcome of a step, each measured when it is first asked for: most tests look at one or two."""

    def __init__(self, context: Any) -> None:
        import planner.measure.result  # noqa: F401, PLC0415 - registers the functions
        from planner.core.quantity import QUANTITIES  # noqa: PLC0415
        from planner.measure.registry import measure_one  # noqa: PLC0415

        self._names = [name for name, row in QUANTITIES.items() if context.step.kind in row.kinds]
        self._measure, self._context = cache(measure_one), context

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._measure(name, self._context)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def measured(raw: dict[str, Any], folder: Path) -> list[AsAsked]:
    """Return quantity → outcome for each step of a plan."""
    from planner.measure.registry import StepContext  # noqa: PLC0415 - the patient above needs no planner
    from planner.plan.case import load_plan  # noqa: PLC0415
    from planner.simulate.run import run_simulation  # noqa: PLC0415

    case = load_plan(raw, folder=folder)
    simulation = run_simulation(case)
    return [AsAsked(StepContext(case, step, simulation)) for step in case.steps]


def heated_ball(times: tuple[float, ...] = (60.0, 300.0, 900.0), at: Any = (0.0, 0.0, 0.0), **changes: Any) -> Field:
    """Return a temperature that falls off from a place and spreads with time."""
    side = np.arange(-20.0, 21.0)
    distance = np.linalg.norm(np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1), axis=-1)
    values = np.stack([37.0 + 50.0 * np.exp(-((distance / spread) ** 2)) for spread in (4.0, 8.0, 12.0)])
    affine = np.eye(4)
    affine[:3, 3] = np.array(at) - 20.0
    made = {
        "name": "heat_1", "label": "Temperature, step 1", "unit": "°C", "values": values if times else values[-1],
        "affine_lps": affine, "low": 40.0, "high": 87.0, "times_s": times, "levels": (Level(60.0, "lethal"),),
    }  # fmt: skip
    return Field(**(made | changes))
