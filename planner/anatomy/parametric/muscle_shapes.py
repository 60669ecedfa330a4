"""Psoas, multifidus and erector spinae in the trunk's frame, before anything is cut out of them.

All places and sizes are assumed: for the picture, and for what a needle passes on its way.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.anatomy.parametric.fields import Coordinates, Field, intersection, superellipse
from planner.anatomy.parametric.landscape import Landscape, Shape, single

_PSOAS: Final = {
    # level: half width, half depth, middle behind the body's centre; mm
    "T12": (4.0, 5.0, 10.0), "L1": (8.0, 9.0, 9.0), "L2": (12.5, 13.0, 8.0), "L3": (17.0, 17.0, 6.0),
    "L4": (21.0, 20.0, 2.0), "L5": (22.0, 21.0, -6.0),
}  # fmt: skip

_ERECTOR_REACH: Final = {"T1": 38.0, "T4": 42.0, "T8": 50.0, "T12": 66.0, "L3": 74.0, "L5": 60.0}
"""Lateral border of the erector spinae, mm from the midline."""

_MULTIFIDUS_REACH: Final = {"T1": 14.0, "T12": 15.0, "L2": 20.0, "L4": 26.0, "L5": 28.0}


def psoas(land: Landscape, sign: float) -> Shape:
    """The psoas, beside the lumbar bodies and their discs."""
    rows = land.trunk.column.rows
    size = land.trunk.size
    values = {k: (size * a, size * b, size * c) for k, (a, b, c) in _PSOAS.items()}
    wide, deep, back = (land.trunk.along({k: v[i] for k, v in values.items()}) for i in range(3))
    out = land.trunk.along(
        {k: 0.25 * (rows[k].width_upper + rows[k].width_lower) + 0.8 * v[0] for k, v in values.items()}
    )
    top, floor = land.height("T12", 0.3), land.height("L5")

    def field(at: Coordinates) -> Field:
        x, y, z = at
        # Below L5 it leaves the spine, forward and outward.
        away = np.maximum(np.float32(floor) - z, 0.0) * np.float32(0.3)
        u = sign * (x - land.middle(z)) - out(z) - away
        v = y - land.body_y(z) - back(z) + away
        section = superellipse(single(u), single(v), (single(wide(z)), single(deep(z))), np.float32(2.2))
        return intersection(section, z - np.float32(top), 4.0)

    return field


def multifidus(land: Landscape, sign: float) -> Shape:
    """The multifidus, between spinous processes and erector spinae, on the laminae."""
    reach = land.trunk.along(_MULTIFIDUS_REACH)

    def field(at: Coordinates) -> Field:
        x, y, z = at
        u = sign * (x - land.middle(z))
        sides = np.maximum(1.0 - u, u - reach(z))
        depth = np.maximum(land.apex_y(z) + 1.5 - y, y - land.tip_y(z) + 1.5 - 0.06 * u)
        return intersection(intersection(single(sides), single(depth), 4.0), land.fascia(at, 1.0), 2.0)

    return field


def erector(land: Landscape, sign: float) -> Shape:
    """The erector spinae, behind transverse processes and ribs, lateral to the multifidus."""
    inner, outer = land.trunk.along(_MULTIFIDUS_REACH), land.trunk.along(_ERECTOR_REACH)

    def field(at: Coordinates) -> Field:
        x, y, z = at
        u = sign * (x - land.middle(z))
        sides = np.maximum(inner(z) + 1.2 - u, u - outer(z))
        # Its front runs outward and back, over transverse processes and ribs.
        front = land.transverse_y(z) - 1.0 + 0.12 * np.maximum(u - 30.0, 0.0) - y
        return intersection(intersection(single(sides), single(front), 12.0), land.fascia(at, 1.0), 10.0)

    return field
