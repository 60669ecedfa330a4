"""Reads dimensions back from the finished surfaces, the way an anatomist takes them with callipers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.arch import Landmarks
from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.lesion import feret_diameter_mm
from planner.anatomy.parametric.morphometry import Morphometry
from planner.geometry.mesh import Mesh

Vector = NDArray[np.float64]


def hits_mm(mesh: Mesh, point: Vector, direction: Vector) -> Vector:
    """Return where a line meets the surface.

    Parameters
    ----------
    point, direction : (3,) mm; the direction need not be of unit length.

    Returns
    -------
    (k,) ascending distances from the point, mm; negative behind it.
    """
    d = direction / np.linalg.norm(direction)
    relative = mesh.vertices - point
    helper = np.eye(3)[np.abs(d).argmin()]
    e1 = np.cross(d, helper)
    e1 /= np.linalg.norm(e1)
    e2 = np.cross(d, e1)
    # Seen along the line each triangle is flat and the line a point: which triangles hold it?
    u, v, w = (relative @ e1), (relative @ e2), (relative @ d)
    fu, fv = u[mesh.faces], v[mesh.faces]
    near = (fu.min(1) <= 0) & (fu.max(1) >= 0) & (fv.min(1) <= 0) & (fv.max(1) >= 0)
    fu, fv, fw = fu[near], fv[near], w[mesh.faces[near]]
    weight = np.roll(fu, -1, 1) * np.roll(fv, -2, 1) - np.roll(fu, -2, 1) * np.roll(fv, -1, 1)
    area = weight.sum(axis=1)
    held = (area != 0) & ((weight >= 0).all(axis=1) | (weight <= 0).all(axis=1))
    return np.unique(np.round((weight[held] * fw[held]).sum(axis=1) / area[held], 6))


def gap_mm(mesh: Mesh, point: Vector, direction: Vector) -> float:
    """Return the free or filled length through a point, between the nearest surfaces on either side, mm."""
    hits = hits_mm(mesh, point, direction)
    ahead, behind = hits[hits > 0], hits[hits < 0]
    return float(ahead.min() - behind.max()) if len(ahead) and len(behind) else float("nan")


def pedicle_axis(m: Morphometry, vertebra: Mesh, sign: float) -> tuple[Vector, Vector]:
    """Return the line through a pedicle's centre.

    Parameters
    ----------
    vertebra : the target, untilted.
    sign : 1 left, -1 right.

    Returns
    -------
    two (3,) points, LPS mm: where the line leaves the bone behind, and its end in the front third of the body.
    """
    at = Landmarks.of(m)
    mirror = np.array([sign, 1.0, 1.0])
    centre, axis = at.pedicle * mirror, at.axis * mirror
    hits = hits_mm(vertebra, centre, axis)
    entry = centre + hits[hits < 0].max() * axis
    front = at.wall - 0.75 * depth(m)
    return entry, centre + (front - centre[1]) / axis[1] * axis


def dimensions(m: Morphometry, vertebra: Mesh, body: Mesh) -> dict[str, float]:
    """Measure one untilted vertebra whose body centre is the origin.

    Returns
    -------
    dict of name to value, mm; the pedicle is the left one.
    """
    at = Landmarks.of(m)
    x_axis, y_axis, z_axis = np.eye(3)
    z = 0.5 * m.height
    upper = body.vertices[body.vertices[:, 2] > 0.25 * m.height]
    lower = body.vertices[body.vertices[:, 2] < -0.25 * m.height]
    length = m.depth_upper
    across, upright = np.cross(at.axis, z_axis), np.cross(np.cross(at.axis, z_axis), at.axis)
    # From the level of the canal's widest line forward to the posterior wall.
    isthmus = [at.pedicle + t * at.axis for t in np.linspace(-1.0, (at.wall - at.pedicle[1]) / at.axis[1] - 1.0, 8)]
    canal_z = [at.pedicle[2] + t for t in (-2.0, 0.0, 2.0)]
    rows = [at.wall + share * m.canal_depth for share in (0.32, 0.4, 0.48)]
    return {
        "body_width_upper_mm": float(np.ptp(upper[:, 0])),
        "body_width_lower_mm": float(np.ptp(lower[:, 0])),
        "body_depth_upper_mm": max(
            gap_mm(body, np.array([0.01, at.wall - 0.5 * length, f * z]), y_axis) for f in (0.55, 0.65, 0.75)
        ),
        "body_depth_lower_mm": max(
            gap_mm(body, np.array([0.01, at.wall - 0.5 * length, -f * z]), y_axis) for f in (0.55, 0.65, 0.75)
        ),
        "body_height_posterior_mm": gap_mm(body, np.array([0.01, at.wall - 2.5, 0.0]), z_axis),
        "body_height_anterior_mm": gap_mm(body, np.array([0.01, at.wall - depth(m) + 4.0, 0.0]), z_axis),
        "pedicle_width_mm": min(gap_mm(vertebra, p, across) for p in isthmus),
        "pedicle_height_mm": min(gap_mm(vertebra, p, upright) for p in isthmus),
        "canal_width_mm": float(
            np.mean([max(gap_mm(vertebra, np.array([0.01, y, h]), x_axis) for y in rows) for h in canal_z])
        ),
        "canal_depth_mm": min(
            gap_mm(vertebra, np.array([0.01, at.wall + 0.5 * m.canal_depth, h]), y_axis) for h in canal_z
        ),
    }


def bone_truth(m: Morphometry, meshes: dict[str, Mesh]) -> dict[str, float]:
    """Return what the target's bone measures; angles are those it was built with."""
    vertebra, body = meshes[f"vertebra_{m.level}"], meshes[f"vertebra_{m.level}_body"]
    return {
        **dimensions(m, vertebra, body),
        "pedicle_transverse_angle_deg": m.pedicle_transverse_deg,
        "pedicle_sagittal_angle_deg": m.pedicle_sagittal_deg,
        "vertebra_volume_ml": vertebra.volume_mm3 / 1e3,
        "body_volume_ml": body.volume_mm3 / 1e3,
    }


def lesion_truth(m: Morphometry, meshes: dict[str, Mesh]) -> dict[str, float]:
    """Return the lesion's size and its distances to what must be spared, surface to surface."""
    import igl  # noqa: PLC0415

    lesion = meshes["lesion"]

    def clearance(name: str) -> float:
        other = meshes[name]
        squared = igl.point_mesh_squared_distance(lesion.vertices, other.vertices, other.faces)[0]
        return float(np.sqrt(np.min(squared)))

    return {
        "lesion_diameter_mm": feret_diameter_mm(lesion.vertices),
        "lesion_volume_ml": lesion.volume_mm3 / 1e3,
        "lesion_to_canal_mm": clearance("spinal_canal"),
        "lesion_to_cord_mm": clearance("spinal_cord"),
        "lesion_to_aorta_mm": clearance("aorta"),
        "lesion_to_body_surface_mm": clearance(f"vertebra_{m.level}_body"),
        "lesion_to_posterior_wall_mm": 0.5 * depth(m) - float(lesion.vertices[:, 1].max()),
    }
