"""Where in a vertebra: the named places of a lesion, in the vertebra's own frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.arch import Landmarks
from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.morphometry import Morphometry
from planner.anatomy.parametric.processes import inferior_facet

Vector = NDArray[np.float64]

LEFT = np.array([1.0, 1.0, 1.0])
RIGHT = np.array([-1.0, 1.0, 1.0])


def mirror(place: str) -> Vector:
    """Return the signs that take the left half to the side a place names."""
    return RIGHT if place.endswith("right") else LEFT


def pedicle(m: Morphometry, side: str) -> tuple[Vector, Vector]:
    """Return the centre of a pedicle's narrowest section and its axis towards the front."""
    at = Landmarks.of(m)
    return at.pedicle * mirror(side), at.axis * mirror(side)


def place_of(m: Morphometry, place: str) -> Vector:
    """Return the middle of a named place, mm."""
    at = Landmarks.of(m)
    px, py, pz = at.pedicle.tolist()
    part = place.removesuffix("_left").removesuffix("_right")
    if part == "body":
        side = 0.2 * m.width_upper if place != "body" else 0.0
        return np.array([side, at.wall - 0.52 * depth(m), 0.0]) * mirror(place)
    (root, tip), _, _ = inferior_facet(m, m.facet_deg)
    middle = {
        "body_anterior": (0.0, at.wall - 0.75 * depth(m), 0.0),
        "body_posterior": (0.0, at.wall - 0.28 * depth(m), 0.0),
        "pedicle": (px, py, pz),
        "articular": (0.5 * (root[0] + tip[0]), 0.5 * (root[1] + tip[1]), 0.5 * (root[2] + tip[2])),
        "transverse": (
            px + 0.45 * (m.tp_span - px),
            0.5 * (py + at.wall + m.tp_back) + 0.8,
            pz + 0.5 * m.tp_rise,
        ),
        "lamina": (0.3 * m.canal_width, at.apex - 0.06 * m.canal_depth + 1.5, -0.1 * m.arch_height),
        "spinous": (0.0, at.apex + 0.5 * m.sp_length, -0.1 * m.sp_height - 0.5 * m.sp_slope * m.sp_length),
    }[part]
    return np.array(middle) * mirror(place)
