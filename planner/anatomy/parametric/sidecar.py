"""Everything true of a patient who does not exist, as plain data: what a measurement on its images must find.

Surfaces are measured, not voxels. A surface's hash is taken of its corners rounded to `QUANTUM_MM` and its triangles,
so that it holds for the same patient built again on the same kind of machine, and changes with any visible change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric import tissues
from planner.anatomy.parametric.bone_fill import cortex_of, is_bone
from planner.anatomy.parametric.labelmap import LabelMap
from planner.anatomy.parametric.lattice import Lattice
from planner.anatomy.parametric.lesion_fill import true_shares
from planner.anatomy.parametric.shell import core
from planner.anatomy.parametric.subject import Subject
from planner.core.files import content_hash
from planner.core.provenance import package_version
from planner.geometry.measures import line_crossings
from planner.geometry.mesh import Mesh

QUANTUM_MM: Final = 1e-3
FORMAT: Final = 1


def surface_hash(mesh: Mesh) -> str:
    """Return the SHA-256 of a surface's corners, rounded to `QUANTUM_MM`, and its triangles."""
    corners = np.rint(mesh.vertices / QUANTUM_MM).astype("<i4")
    return hashlib.sha256(corners.tobytes() + mesh.faces.astype("<i4").tobytes()).hexdigest()


def surface_truth(mesh: Mesh) -> dict[str, Any]:
    """Return volume, place and hash of a closed surface."""
    low, high = mesh.bounds
    return {
        "volume_ml": _round(mesh.volume_mm3 / 1e3, 5),
        "centroid_lps_mm": [_round(v) for v in mesh.centroid],
        "low_lps_mm": [_round(v) for v in low],
        "high_lps_mm": [_round(v) for v in high],
        "triangles": len(mesh.faces),
        "sha256": surface_hash(mesh),
    }


def truth_of(
    spine: Any,
    subject: Subject,
    *,
    names: Sequence[str],
    lattice: Lattice | None = None,
    labels: LabelMap | None = None,
    scan: dict[str, Any] | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Return the sidecar of a case.

    Parameters
    ----------
    spine : as :func:`planner.anatomy.parametric.build_parametric` returns it.
    names : of the structures that were written.
    lattice, labels, scan : of the images, where there are any.

    Returns
    -------
    dict for JSON: lengths in mm, volumes in mL, places in LPS mm.
    """
    spec = spine.spec.model_dump(mode="json")
    told("true values")
    return {
        "parametric": FORMAT,
        "frame": "LPS",
        "planner": package_version(),
        "spec": spec,
        "spec_sha256": content_hash(spec),
        "seed": spec.get("seed", 0),
        "target": spine.spec.level,
        "measured": {name: _round(value) for name, value in sorted(spine.truth.items())},
        "pedicle_axes_lps_mm": {side: _axis(subject, *ends) for side, ends in spine.pedicle_axes.items()},
        "bone": bone_truth(subject),
        "lesions": {name: lesion_shown(subject, name) for name in subject.kinds},
        "structures": {name: surface_truth(subject.mesh(name)) for name in names},
        "distances_mm": distances(subject, spine.spec.level, names),
        "tissues_hu": {tissue: tissues.hu(tissue) for tissue in sorted({kind for _, kind in tissues.TISSUES})},
        "image": None if lattice is None else _image(lattice, labels),
        "scan": scan,
        "hash": f"SHA-256 of corners rounded to {QUANTUM_MM:g} mm (int32) and triangles (int32)",
    }


def _axis(subject: Subject, rear: NDArray[np.float64], front: NDArray[np.float64]) -> dict[str, Any]:
    """Where a pedicle's axis leaves the bone behind and ends in the body; where it leaves the skin, if there is one."""
    back = (rear - front) / np.linalg.norm(rear - front)
    skin = None
    if "skin" in subject.names:
        reach = line_crossings(rear, rear + REACH_MM * back, subject.mesh("skin"))
        skin = rear + float(reach[0]) * back if len(reach) else None
    told = {"rear": rear, "front": front, "skin": skin}
    return {name: None if point is None else [_round(v) for v in point] for name, point in told.items()}


REACH_MM: Final = 300.0


def bone_truth(subject: Subject) -> dict[str, Any]:
    """Return what was asked of the bone and how a CT shows it."""
    return {
        "grade": subject.bone,
        "density_mg_cm3": _round(subject.density_mg_cm3),
        "cancellous_hu": _round(subject.cancellous_hu),
        "cortex_hu": tissues.hu("cortex"),
        "cortex": {name: _cortex(subject, name) for name in subject.names if is_bone(name)},
    }


def _cortex(subject: Subject, name: str) -> dict[str, float]:
    """Thickness over a bone's surface, and the volume of its cortex."""
    mesh = subject.mesh(name)
    thickness = cortex_of(subject, name, mesh)
    inner = core(mesh, thickness)
    spread = np.broadcast_to(thickness, len(mesh.vertices))
    return {
        "least_mm": _round(spread.min()),
        "mean_mm": _round(spread.mean()),
        "most_mm": _round(spread.max()),
        "volume_ml": _round((mesh.volume_mm3 - inner.volume_mm3) / 1e3),
    }


def lesion_shown(subject: Subject, name: str) -> dict[str, Any]:
    """Return a lesion's kind, and the shares of it that are lytic and blastic before any scanner blurs them."""
    shares = {key: _round(value) for key, value in true_shares(subject, name).items()}
    return {"kind": subject.kinds[name], **shares, "rim_mm": subject.rims.get(name, ("", 0.0))[1]}


def distances(subject: Subject, level: str, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the smallest distance from each lesion, and from the target's body, to what must be spared.

    Surface to surface from the corners of the first; 0 where they meet.
    """
    first = [name for name in names if name.startswith("lesion")] + [
        name for name in (f"vertebra_{level}_body",) if name in names
    ]
    spared = ("spinal_c", "thecal", "cauda", "nerve_root", "aorta", "inferior_vena", "oesoph", "lung", "kidney", "skin")
    out: dict[str, dict[str, float]] = {}
    for one in first:
        mesh = subject.mesh(one)
        others = [name for name in names if name.startswith(spared)]
        if one.startswith("lesion"):
            others += [name for name in names if name.endswith("_body")]
        out[one] = {name: d for name in others if (d := _least(mesh, subject.mesh(name))) <= FAR_MM}
    return out


FAR_MM: Final = 80.0
"""Structures further away than this are left out."""


def _least(mesh: Mesh, other: Mesh) -> float:
    import igl  # noqa: PLC0415

    apart = np.maximum(0.0, np.maximum(mesh.bounds[0] - other.bounds[1], other.bounds[0] - mesh.bounds[1]))
    if np.linalg.norm(apart) > FAR_MM:
        return float("inf")
    squared = igl.point_mesh_squared_distance(mesh.vertices, other.vertices, other.faces)[0]
    return _round(float(np.sqrt(squared.min())))


def _image(lattice: Lattice, labels: LabelMap | None) -> dict[str, Any]:
    out: dict[str, Any] = {
        "shape": list(lattice.shape),
        "spacing_mm": [_round(v) for v in lattice.spacing_mm],
        "affine_lps": [[_round(v, 6) for v in row] for row in lattice.affine_lps],
    }
    if labels is not None:
        counts = np.bincount(labels.labels.reshape(-1))
        voxel = abs(float(np.linalg.det(lattice.affine_lps[:3, :3]))) / 1e3
        out["labels"] = {str(number): name for number, name in labels.names.items()}
        out["label_volume_ml"] = {name: _round(counts[number] * voxel, 5) for number, name in labels.names.items()}
    return out


def _round(value: float, digits: int = 4) -> float:
    return round(float(value), digits) + 0.0
