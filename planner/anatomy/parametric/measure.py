"""Reads dimensions back from the finished surfaces, the way an anatomist takes them with callipers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.arch import Landmarks
from planner.anatomy.parametric.body import depth, wedge_ratio
from planner.anatomy.parametric.layout import WORLD, Pose
from planner.anatomy.parametric.morphometry import Morphometry
from planner.anatomy.parametric.pedicle import isthmus
from planner.anatomy.parametric.sections import loops
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
    on_right, above = (u > 0)[mesh.faces].sum(axis=1, dtype=np.int8), (v > 0)[mesh.faces].sum(axis=1, dtype=np.int8)
    near = (on_right % 3 != 0) & (above % 3 != 0)
    fu, fv, fw = u[mesh.faces[near]], v[mesh.faces[near]], w[mesh.faces[near]]
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
    """Measure one vertebra in its own frame: untilted, the body's centre in the origin.

    The row `m` only tells where to set the callipers. Body: between the rims, widths over all of an upper or lower
    half, depths and heights in the midline plane. Pedicle: `pedicle.isthmus`.

    Returns
    -------
    dict of name to value, mm or degrees; the pedicle is the left one, nan where it cannot be told from its neighbours.
    """
    return {**_body_dimensions(m, body), **_pedicle_dimensions(m, vertebra), **_canal_dimensions(m, vertebra)}


def _body_dimensions(m: Morphometry, body: Mesh) -> dict[str, float]:
    wall = 0.5 * depth(m)
    x, y, z = body.vertices.T
    quarter = 0.25 * m.height * wedge_ratio(m, y)
    midline = np.concatenate([loop.segments[:, 0] for loop in loops(body, np.full(3, 1e-4), np.eye(3)[0])])
    my, mz = midline[:, 1], midline[:, 2]
    ratio = wedge_ratio(m, my)
    upper, lower = mz > 0.25 * m.height * ratio, mz < -0.25 * m.height * ratio
    rear, front = my > wall - 0.25 * depth(m), my < wall - 0.75 * depth(m)
    return {
        "body_width_upper_mm": float(np.ptp(x[z > quarter])),
        "body_width_lower_mm": float(np.ptp(x[z < -quarter])),
        "body_depth_upper_mm": float(np.ptp(my[upper])),
        "body_depth_lower_mm": float(np.ptp(my[lower])),
        "body_height_posterior_mm": float(np.ptp((mz / ratio)[rear])),
        "body_height_anterior_mm": m.height_ratio * float(np.ptp((mz / ratio)[front])),
    }


def _pedicle_dimensions(m: Morphometry, vertebra: Mesh) -> dict[str, float]:
    at = Landmarks.of(m)
    found = isthmus(vertebra, at.wall, m.canal_depth, float(at.pedicle[0]) + m.pedicle_width)
    if found is None:
        names = ("width_mm", "height_mm", "transverse_angle_deg", "sagittal_angle_deg", "chord_mm")
        return {f"pedicle_{name}": float("nan") for name in names}
    hits = hits_mm(vertebra, found.centre, found.axis)
    ahead, behind = hits[hits > 0], hits[hits < 0]
    return {
        "pedicle_width_mm": found.width_mm,
        "pedicle_height_mm": found.height_mm,
        "pedicle_transverse_angle_deg": found.transverse_deg,
        "pedicle_sagittal_angle_deg": found.sagittal_deg,
        "pedicle_chord_mm": float(ahead.max() - behind.max()) if len(ahead) and len(behind) else float("nan"),
    }


def _canal_dimensions(m: Morphometry, vertebra: Mesh) -> dict[str, float]:
    at = Landmarks.of(m)
    heights = [at.pedicle[2] + t for t in (-2.0, 0.0, 2.0)]
    rows = [at.wall + share * m.canal_depth for share in (0.32, 0.4, 0.48)]
    x_axis, y_axis, _ = np.eye(3)
    across = [max(gap_mm(vertebra, np.array([0.01, y, h]), x_axis) for y in rows) for h in heights]
    middle = at.wall + 0.5 * m.canal_depth
    return {
        "canal_width_mm": float(np.mean(across)),
        "canal_depth_mm": min(gap_mm(vertebra, np.array([0.01, middle, h]), y_axis) for h in heights),
    }


def bone_truth(m: Morphometry, meshes: Mapping[str, Mesh], pose: Pose = WORLD) -> dict[str, float]:
    """Return what one level's bone measures on its surfaces.

    Parameters
    ----------
    meshes : at least `vertebra_<level>` and `vertebra_<level>_body`, LPS mm.
    pose : where that vertebra stands; the target's own frame is the world.
    """
    vertebra, body = meshes[f"vertebra_{m.level}"], meshes[f"vertebra_{m.level}_body"]
    if pose != WORLD:
        vertebra, body = (Mesh.of(pose.to_local(mesh.vertices), mesh.faces) for mesh in (vertebra, body))
    return {
        **dimensions(m, vertebra, body),
        "vertebra_volume_ml": vertebra.volume_mm3 / 1e3,
        "body_volume_ml": body.volume_mm3 / 1e3,
    }
