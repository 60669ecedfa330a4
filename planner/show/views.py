"""Named views: where the camera stands, told in patient directions, for the picture and the page alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.show.frame import METRES_PER_MM
from planner.show.scene import Scene

Vector = NDArray[np.float64]

VIEW_ANGLE_DEG = 20.0
"""Vertical field of view: narrow, so that sizes near and far stay comparable."""


CANAL_STRETCH_MM = 22.0
"""Half the height of canal that gives its direction: about one vertebra with its discs."""
CANAL_OPEN_MM = 14.0
"""Above the middle of the target where the canal is cut open: what lies higher would cover it."""
CANAL_RADIUS_MM = 42.0
"""The ring of one vertebra with its processes."""


@dataclass(frozen=True, eq=False)
class View:
    """A camera direction.

    Attributes
    ----------
    label : words on the button.
    hint : what the reader then looks at, one line.
    direction : (3,) unit vector from the focus to the camera, LPS.
    up : (3,) unit vector that points up in the picture, LPS.
    focus : (3,) point it looks at, LPS mm; None looks where the others look.
    radius_mm : what the picture holds about the focus; None as the others.
    reveals : roles that are hidden otherwise and belong to this view.
    cut : name of a cut and its offset, mm, that open this view; None shows all.
    """

    label: str
    hint: str
    direction: Vector
    up: Vector
    focus: Vector | None = None
    radius_mm: float | None = None
    reveals: tuple[str, ...] = ()
    cut: tuple[str, float] | None = None


@dataclass(frozen=True, eq=False)
class Cut:
    """A plane through the point the cameras look at; it can be moved along its normal.

    Attributes
    ----------
    label : what it takes off.
    normal : (3,) unit vector to the side that stays, LPS.
    """

    label: str
    normal: Vector


def cuts(scene: Scene) -> dict[str, Cut]:
    """All cuts of a scene; those by the needle only where there is one."""
    found = {
        "sagittal": Cut("Sagittal, left off", np.array([-1.0, 0.0, 0.0])),
        "coronal": Cut("Coronal, back off", np.array([0.0, -1.0, 0.0])),
        "axial": Cut("Axial, head off", np.array([0.0, 0.0, -1.0])),
    }
    axis = needle_axis(scene)
    if axis is not None:
        found["needle"] = Cut("Across the needle, hub off", -axis)
        side = np.cross(axis, [0.0, 0.0, 1.0])
        if np.linalg.norm(side) > 1e-3:
            found["along"] = Cut("Along the needle", side / np.linalg.norm(side))
    return found


def kept_side(scene: Scene, view: View) -> tuple[Vector, Vector] | None:
    """Point and normal of a view's cut; what lies behind the point is taken off. None without a cut."""
    if view.cut is None:
        return None
    name, offset_mm = view.cut
    normal = cuts(scene)[name].normal
    return aim(scene) - offset_mm * normal, normal


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
    canal = _canal(scene)
    if canal is not None:
        focus, along = canal
        across = front - (front @ along) * along
        up = across / np.linalg.norm(across)
        tilted = along + 0.35 * -up
        direction = tilted / np.linalg.norm(tilted)
        hint = "down the canal from the head, a little from behind"
        above = float(focus[2] - aim(scene)[2]) + CANAL_OPEN_MM
        found["canal"] = View("Canal", hint, direction, up, focus, CANAL_RADIUS_MM, cut=("axial", above))
    if axis is not None:
        found["skin"] = _skin(scene, axis, head)
    return found


def _canal(scene: Scene) -> tuple[Vector, Vector] | None:
    """Point of the canal beside the target and its direction there, towards the head; None without one."""
    tubes = scene.with_role("canal") or scene.with_role("sac") or scene.with_role("cord")
    if not tubes:
        return None
    points = tubes[0].mesh.vertices
    near = points[np.abs(points[:, 2] - aim(scene)[2]) < CANAL_STRETCH_MM]
    if len(near) < 4:
        return None
    low, high = (near[near[:, 2] <= np.median(near[:, 2])], near[near[:, 2] > np.median(near[:, 2])])
    along = high.mean(axis=0) - low.mean(axis=0) if len(high) else np.array([0.0, 0.0, 1.0])
    along = along / np.linalg.norm(along) if np.linalg.norm(along) > 1e-6 else np.array([0.0, 0.0, 1.0])
    return near.mean(axis=0), along


def _skin(scene: Scene, axis: Vector, head: Vector) -> View:
    """Where the operator stands: on the entry, from behind and a little aside, the whole needle in view."""
    points = scene.with_role("instrument", "active_tip")[0].mesh.vertices
    entry: Vector = points[np.argmax(points @ axis)]
    direction = axis + 0.55 * np.array([0.0, 1.0, 0.0])
    direction = direction / np.linalg.norm(direction)
    length = float(np.ptp(points @ axis))
    hint = "on the entry, as the operator sees it; with the skin where there is one"
    return View("Skin", hint, direction, head, entry - 0.35 * length * axis, max(60.0, 0.75 * length), ("skin",))


def camera_distance_mm(radius_mm: float) -> float:
    """Distance from focus to camera at which a sphere of this radius fills the height, mm."""
    return radius_mm / float(np.sin(np.radians(VIEW_ANGLE_DEG / 2)))


def as_json(view: View, directions: Any, points: Any) -> dict[str, Any]:
    """View for the page; the two functions turn LPS directions and points into the page's frame."""
    return {
        "label": view.label,
        "hint": view.hint,
        "direction": [float(v) for v in directions(view.direction)],
        "up": [float(v) for v in directions(view.up)],
        "focus": None if view.focus is None else [float(v) for v in points(view.focus)],
        "distance": None if view.radius_mm is None else camera_distance_mm(view.radius_mm) * METRES_PER_MM,
        "reveals": list(view.reveals),
        "cut": view.cut,
    }
