"""Named views: where the camera stands, told in patient directions, for the picture and the page alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.show.scene import Scene

Vector = NDArray[np.float64]

VIEW_ANGLE_DEG = 20.0
"""Vertical field of view: narrow, so that sizes near and far stay comparable."""


@dataclass(frozen=True, eq=False)
class View:
    """A camera direction.

    Attributes
    ----------
    label : words on the button.
    hint : what the reader then looks at, one line.
    direction : (3,) unit vector from the focus to the camera, LPS.
    up : (3,) unit vector that points up in the picture, LPS.
    """

    label: str
    hint: str
    direction: Vector
    up: Vector


def needle_axis(scene: Scene) -> Vector | None:
    """(3,) unit vector from tip to hub of the first instrument, LPS; None without one."""
    found = scene.with_role("instrument") or scene.with_role("active_tip")
    if not found:
        return None
    points = found[0].mesh.vertices
    centre = points.mean(axis=0)
    axis: Vector = np.linalg.svd(points - centre, full_matrices=False)[2][0]
    along = (points - centre) @ axis
    focus = np.asarray(scene.focus_lps_mm)
    low, high = (np.linalg.norm(centre + t * axis - focus) for t in (along.min(), along.max()))
    return axis if low <= high else -axis


def aim(scene: Scene) -> Vector:
    """(3,) point in the middle of the picture, LPS mm: between the focus and the centre of the target vertebra."""
    focus: Vector = np.asarray(scene.focus_lps_mm, dtype=np.float64)
    targets = scene.with_role("target_vertebra")
    if not targets:
        return focus
    bounds = np.stack([item.mesh.bounds for item in targets])
    centre: Vector = (bounds[:, 0].min(axis=0) + bounds[:, 1].max(axis=0)) / 2
    return 0.5 * focus + 0.5 * centre


def home_direction(scene: Scene) -> Vector:
    """(3,) unit vector focus → camera: from behind, the side and above, turned so that the needle lies across.

    Of a few postero-lateral-superior directions the one is taken that foreshortens the needle and the
    distance callouts least; the needle's own side is preferred.
    """
    axis = needle_axis(scene)
    side = 1.0 if axis is None or axis[0] >= 0 else -1.0
    lines = [] if axis is None else [axis]
    for marker in scene.markers[:1]:
        if marker.other_lps_mm is not None:
            line = np.subtract(marker.other_lps_mm, marker.where_lps_mm)
            lines.append(line / max(float(np.linalg.norm(line)), 1e-9))

    def worth(direction: Vector, preferred: float) -> float:
        return preferred + sum(float(np.linalg.norm(np.cross(direction, line))) for line in lines)

    options = []
    for sign, azimuth, elevation in product((side, -side), (40.0, 58.0), (18.0, 30.0)):
        turn, lift = np.radians([azimuth, elevation])
        direction = np.array([sign * np.sin(turn) * np.cos(lift), np.cos(turn) * np.cos(lift), np.sin(lift)])
        options.append((worth(direction, 0.25 * (sign == side)), direction))
    return max(options, key=lambda option: option[0])[1]


def views(scene: Scene) -> dict[str, View]:
    """All named views of a scene, `home` first; `needle` only where there is an instrument."""
    head, front = np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])
    left = np.array([1.0, 0.0, 0.0])
    found = {
        "home": View("Oblique", "from behind, the side and above", home_direction(scene), head),
        "ap": View("AP", "from the front, as an AP radiograph", front, head),
        "pa": View("PA", "from behind, as the operator stands", -front, head),
        "lateral_left": View("Left lateral", "from the patient's left", left, head),
        "lateral_right": View("Right lateral", "from the patient's right", -left, head),
        "axial": View("Axial", "from the feet, as CT slices are shown", -head, front),
    }
    axis = needle_axis(scene)
    if axis is not None:
        across = head - (head @ axis) * axis
        up = across / np.linalg.norm(across) if np.linalg.norm(across) > 1e-3 else front
        found["needle"] = View("Down the needle", "along the needle, from its hub to its tip", axis, up)
    return found


def camera_distance_mm(radius_mm: float) -> float:
    """Distance from focus to camera at which a sphere of this radius fills the height, mm."""
    return radius_mm / float(np.sin(np.radians(VIEW_ANGLE_DEG / 2)))


def as_json(view: View, convert: Any) -> dict[str, Any]:
    """View for the page; `convert` turns LPS directions into the page's frame."""
    return {
        "label": view.label,
        "hint": view.hint,
        "direction": [float(v) for v in convert(view.direction)],
        "up": [float(v) for v in convert(view.up)],
    }
