"""What finished lesions and implants measure, and how far they lie from what must be spared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.collapse import LOST, heights_from, heights_of
from planner.anatomy.parametric.feret import feret_diameter_mm
from planner.anatomy.parametric.implants import screw_truth
from planner.anatomy.parametric.lesion import Lesion
from planner.anatomy.parametric.variation import rows_for
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import ParametricSpine

_SPARED = {
    "canal": "spinal_canal",
    "cord": "spinal_cord",
    "sac": "thecal_sac",
    "cauda": "cauda_equina",
    "aorta": "aorta",
}


def lesion_truth(spine: ParametricSpine, name: str, level: str, lesion: Lesion) -> dict[str, float]:
    """Return a lesion's size and its distances; diameter and bone volume are those of its part in bone.

    Distances are from its vertices to the other surface, mm, negative where it reaches into it.
    """
    points = lesion.mesh.vertices
    m, pose = spine.column.rows[level], spine.column.poses[level]
    whole, bone = lesion.mesh.volume_mm3 / 1e3, lesion.bone_mesh.volume_mm3 / 1e3
    found = {
        f"{name}_diameter_mm": feret_diameter_mm(lesion.bone_mesh.vertices),
        f"{name}_volume_ml": whole,
        f"{name}_bone_volume_ml": bone,
        f"{name}_to_posterior_wall_mm": 0.5 * depth(m) - float(pose.to_local(lesion.bone_mesh.vertices)[:, 1].max()),
        f"{name}_wall_left_mm": lesion.wall_left_mm,
    }
    if lesion.mass is not None:
        found[f"{name}_epidural_volume_ml"] = whole - bone
    for short, other in _SPARED.items():
        if other in spine.names:
            found[f"{name}_to_{short}_mm"] = float(spine.signed_distance(other, points).min())
    body = spine.signed_distance(f"vertebra_{level}_body", lesion.bone_mesh.vertices)
    found[f"{name}_to_body_surface_mm"] = float(-np.max(body))
    return found


def implant_truth(spine: ParametricSpine) -> dict[str, float]:
    """Return the volume of cement and how each screw lies."""
    found = {f"cement_{level}_volume_ml": spine.mesh(f"cement_{level}").volume_mm3 / 1e3 for level in spine.spec.cement}
    for level, screws in spine.spec.screws.items():
        for screw in screws:
            for side in screw.sides:
                found |= screw_truth(screw, spine.column, level, side)
    return found


def fracture_truth(spine: ParametricSpine) -> dict[str, float]:
    """Return the heights of each broken body that is built, mm, and the part of its height that is lost."""
    spec = spine.spec
    healthy = rows_for(spec.patient, spec.source, spec.seed) if spec.fractures else {}
    found: dict[str, float] = {}
    for level, fracture in spec.fractures.items():
        if level not in spine.built:
            continue
        mesh, row = spine.mesh(f"vertebra_{level}_body"), spine.column.rows[level]
        heights = heights_from(Mesh.of(spine.column.poses[level].to_local(mesh.vertices), mesh.faces), row)
        lost = heights.lost(heights_of(healthy[level]))
        name = f"fracture_{level}"
        found |= {
            f"{name}_anterior_height_mm": heights.anterior,
            f"{name}_middle_height_mm": heights.middle,
            f"{name}_posterior_height_mm": heights.posterior,
            f"{name}_height_loss": float(getattr(lost, LOST[fracture.shape])),
        }
    return found
