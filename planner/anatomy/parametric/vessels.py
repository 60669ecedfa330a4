"""Aorta, vena cava, iliac vessels and oesophagus: tubes in front of the bodies."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.layout import mean_height
from planner.anatomy.parametric.morphometry import Morphometry
from planner.anatomy.parametric.reach import shared, span_of
from planner.anatomy.parametric.tubes import Knot, Tube, knot

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

_AORTA: Final = {
    # level: x of its centre, half width; mm
    "T4": (19.0, 12.0), "T5": (20.0, 12.0), "T6": (20.0, 12.0), "T7": (19.0, 11.8), "T8": (18.0, 11.5),
    "T9": (16.5, 11.2), "T10": (14.5, 11.0), "T11": (12.5, 10.6), "T12": (11.5, 10.2), "L1": (11.0, 9.8),
    "L2": (11.0, 9.5), "L3": (11.0, 9.5), "L4": (10.5, 9.0),
}  # fmt: skip
"""Left of the bodies in the chest, before them on the left in the belly; 24 mm wide at T4, 19 mm at L3 (assumed)."""

_CAVA: Final = {
    # level: x of its centre, half width, half depth, clearance from the body; mm
    "T8": (-20.0, 12.5, 11.0, 38.0), "T9": (-20.0, 12.5, 11.0, 35.0), "T10": (-19.0, 12.0, 10.5, 29.0),
    "T11": (-17.0, 11.5, 9.5, 20.0), "T12": (-15.0, 11.0, 9.0, 11.0), "L1": (-13.5, 10.5, 8.0, 5.0),
    "L2": (-12.5, 10.5, 8.0, 2.5), "L3": (-12.5, 10.5, 8.0, 2.5), "L4": (-13.0, 10.5, 8.0, 2.5),
}  # fmt: skip
"""Right of the aorta; it leaves the spine above L1 and enters the heart at T8 (places and sizes assumed)."""

_CUT_MM: Final = 0.9
"""Cut between a vessel and its branches, which are structures of their own."""

_CAVA_END: Final = (-11.5, 10.5, 6.5)
"""The same, without clearance, where the iliac veins join."""

_OESOPHAGUS: Final = {
    "T1": 3.0, "T2": 2.0, "T3": 0.0, "T4": -3.0, "T5": -4.0, "T6": -4.0, "T7": -3.0, "T8": -1.0, "T9": 2.0, "T10": 6.0,
}  # fmt: skip
"""x of its centre down to the hiatus at T10, mm (assumed)."""

_OESOPHAGUS_HALF: Final = (8.0, 5.0)
"""Half width and depth of the collapsed oesophagus, mm (assumed)."""

AORTA_GAP_MM: Final = 3.0
"""Clearance of the aorta from the rims of the bodies (assumed)."""

BIFURCATION: Final = "L4"
"""The aorta divides at the lower L4, the caval veins join at the disc L4–L5: means of 180 adults in CT (Surg Radiol
Anat 1998;20:63, abstract read)."""


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of the vessels and the oesophagus that reach the built levels."""
    column = spine.column
    made: dict[str, Maker] = {}
    for name, tube in tubes(column).items():
        # Where a vessel begins or ends it stops at its last knot; nothing runs on beyond.
        span = shared(span_of(spine, tube), (0.0, tube.length_mm))
        if span is not None:
            made[name] = partial(tube.surface, span)
    return made


def tubes(column: Column) -> dict[str, Tube]:
    """Return every vessel and the oesophagus over their whole course."""
    return {
        "aorta": aorta(column),
        "inferior_vena_cava": cava(column),
        "oesophagus": oesophagus(column),
        **_iliacs(column),
    }


def before(m: Morphometry, x: float, half: tuple[float, float], gap: float) -> float:
    """Return the y in a vertebra's frame at which a tube lies before its body, clear of both rims by `gap`."""
    angle = np.linspace(0.0, np.pi, 61)
    px, py = x + half[0] * np.cos(angle), half[1] * np.sin(angle)
    centre = np.inf
    for width, length in ((m.width_upper, m.depth_upper), (m.width_lower, m.depth_lower)):
        middle = 0.5 * depth(m) - 0.45 * length
        rise = (1.0 - np.minimum(np.abs(px) / (0.5 * width + gap), 1.0) ** 2.15) ** (1 / 2.15)
        rim = middle - (0.55 * length + gap) * rise
        # The vessel's rear surface is py behind its centre: push it forward until it clears the rim everywhere.
        centre = min(centre, float(np.min(rim - py)))
    return centre


def aorta(column: Column) -> Tube:
    """Return the aorta from below its arch (T4) to where it divides."""
    knots = []
    for level, (x, half) in _AORTA.items():
        m, pose = column.rows[level], column.poses[level]
        y = before(m, x, (half, half), AORTA_GAP_MM)
        knots.append(knot(pose, [x, y, 0.0], (half, half, half)))
        if level == BIFURCATION:
            knots.append(knot(pose, [x - 1.0, y, -0.4 * mean_height(m)], (1.05 * half, 0.85 * half, 0.85 * half)))
    return Tube(tuple(knots))


def cava(column: Column) -> Tube:
    """Return the inferior vena cava from the heart to where the iliac veins join."""
    knots = []
    for level, (x, wide, deep, gap) in _CAVA.items():
        m, pose = column.rows[level], column.poses[level]
        y = before(m, x, (wide, deep), gap)
        knots.append(knot(pose, [x, y, 0.0], (wide, deep, deep)))
    m, pose = column.rows["L4"], column.poses["L4"]
    low = -0.5 * mean_height(m) - 0.5 * m.disc_below
    cx, wide, deep = _CAVA_END
    knots.append(knot(pose, [cx, before(m, cx, (wide, deep), 2.5), low], (wide, deep, deep)))
    return Tube(tuple(knots))


def oesophagus(column: Column) -> Tube:
    """Return the thoracic oesophagus, before the bodies and at last before the aorta."""
    wide, deep = _OESOPHAGUS_HALF
    knots = []
    for level, x in _OESOPHAGUS.items():
        m = column.rows[level]
        y = before(m, x, (wide, deep), AORTA_GAP_MM + 1.0)
        if level in _AORTA:
            ax, radius = _AORTA[level]
            ay, apart = before(m, ax, (radius, radius), AORTA_GAP_MM), radius + wide + 2.0
            y = min(y, ay - np.sqrt(max(apart**2 - (ax - x) ** 2, 0.0)) + (wide - deep) * 0.5)
        knots.append(knot(column.poses[level], [x, y, 0.0], (wide, deep, deep)))
    return Tube(tuple(knots))


def _stem(trunk: Tube, apart: float, half: tuple[float, float], forward: float = 0.0) -> list[Knot]:
    """Return the first knots of a branch: it stands under the end of its trunk, `apart` mm to the side.

    Parameters
    ----------
    forward : how far the last of them has moved to the front, mm.
    """
    end = trunk.at(trunk.length_mm)
    centre, lateral, back, down = end[:3], end[3:6], end[6:9], end[9:12]
    return [
        Knot(centre + side * lateral - ahead * back + below * down, lateral, half[0], half[1], half[1])
        for side, ahead, below in (
            (apart, 0.0, _CUT_MM),
            (apart, 0.0, _CUT_MM + 2.0),
            (1.12 * apart, forward, _CUT_MM + 7.0),
        )
    ]


def _iliacs(column: Column) -> dict[str, Tube]:
    """Return the common iliac vessels, down into the pelvis beside the promontory (courses and sizes assumed).

    The stems stand side by side under the trunk they leave; the right artery crosses before both veins.
    """
    m, pose = column.rows["L5"], column.poses["L5"]
    artery, vein = (4.5, 4.5), (6.0, 4.6)
    behind = before(m, 9.0, vein, 2.0)  # the left vein crosses before L5
    courses = {
        # x, room before the body or else y itself, z; in the frame of L5
        "iliac_artery_left": (
            _stem(aorta(column), 4.8, (4.4, 5.4)),
            [(21.0, 5.5, None, 0.0), (32.0, None, behind - 1.0, -26.0), (41.0, None, behind + 7.0, -45.0)],
        ),
        "iliac_artery_right": (
            _stem(aorta(column), -4.8, (4.4, 5.4), 3.2),
            [
                (-3.5, 19.5, None, 12.0), (-15.0, 17.0, None, 0.0), (-33.0, None, behind - 5.0, -26.0),
                (-42.0, None, behind + 4.0, -45.0),
            ],
        ),
        "iliac_vein_left": (
            _stem(cava(column), 5.4, (4.7, 5.2)),
            [
                (3.0, 2.0, None, 1.0), (10.0, None, behind + 1.5, -11.0), (18.0, None, behind + 9.0, -27.0),
                (25.0, None, behind + 18.0, -45.0),
            ],
        ),
        "iliac_vein_right": (
            _stem(cava(column), -5.4, (4.7, 5.2)),
            [(-20.0, 3.0, None, -6.0), (-25.0, None, behind + 9.0, -26.0), (-30.0, None, behind + 18.0, -45.0)],
        ),
    }  # fmt: skip
    made = {}
    for name, (stem, course) in courses.items():
        half = artery if "artery" in name else vein
        knots = list(stem)
        for x, room, y, z in course:
            at = before(m, x, half, room or 0.0) if y is None else y
            knots.append(knot(pose, [x, at, z], (*half, half[1])))
        made[name] = Tube(tuple(knots))
    return made
