"""Lungs and kidneys in the trunk's frame, before anything is cut out of them.

All places and sizes are assumed: for the picture, and for what a needle passes on its way.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.anatomy.parametric.fields import Coordinates, Field, intersection, superellipse
from planner.anatomy.parametric.landscape import Landscape, Shape, single

_MEDIASTINUM: Final = {
    # level: half width, front half depth; the heart makes it broad to the left
    "T1": (26.0, 40.0), "T3": (30.0, 55.0), "T5": (38.0, 75.0), "T7": (52.0, 95.0), "T9": (56.0, 100.0),
    "T11": (54.0, 100.0),
}  # fmt: skip

_APEX_MM: Final = 62.0
"""How far the ribs have closed in at the apex of the lungs."""
_KIDNEY: Final = (25.0, 21.0, 54.0)
"""Half width, depth and length of a kidney."""
_KIDNEY_OUT: Final = 60.0
"""Its middle from the midline."""
_KIDNEY_SLANT: Final = 0.28
"""How far its upper pole lies nearer the midline, mm per mm."""
_RIGHT_LOWER_MM: Final = 12.0


def lung(land: Landscape, sign: float) -> Shape:
    """A lung with its pleura: within the ribs, beside mediastinum and spine, above the dome of the diaphragm."""
    size = land.trunk.size
    wide = land.trunk.along({k: size * v[0] for k, v in _MEDIASTINUM.items()})
    deep = land.trunk.along({k: size * v[1] for k, v in _MEDIASTINUM.items()})
    top, shoulder, bottom = land.height("T1", 0.1), land.height("T5"), land.height("T12", -0.4)
    body = land.trunk.along({k: 0.5 * m.width_lower for k, m in land.trunk.column.rows.items()})

    def field(at: Coordinates) -> Field:
        x, y, z = at
        u = sign * (x - land.middle(z))
        # Towards the apex the ribs close in.
        rise = np.clip((z - shoulder) / (top - shoulder), 0.0, 1.0)
        shell = land.fascia(at, size * 24.0) + size * _APEX_MM * (1.0 - np.sqrt(1.0 - rise**2))
        rear = y - land.transverse_y(z) - 2.0
        chest = intersection(shell, single(rear), 18.0)
        # The heart lies to the left; both lungs clear the bodies and what runs before them.
        heart = 10.0 if sign > 0 else -8.0
        middle = land.body_y(z) - 20.0 - 0.5 * deep(z)
        core = superellipse(
            single(u - 0.5 * heart),
            single(y - middle),
            (single(wide(z) + 0.5 * heart), single(0.5 * deep(z) + 12.0)),
            np.float32(2.4),
        )
        beside = body(z) + 2.5 - u
        dome = land.body_y(z) + 25.0 - y
        floor = bottom + 0.32 * np.clip(dome, 0.0, 90.0) + 12.0 * np.exp(-(((u - 70.0) / 45.0) ** 2)) - z
        found = intersection(chest, -core, 10.0)
        found = intersection(found, single(beside), 6.0)
        found = intersection(single(found), np.broadcast_to(single(z - top), found.shape), 6.0)
        return intersection(single(found), single(floor), 6.0)

    return field


def kidney(land: Landscape, sign: float) -> Shape:
    """A kidney, from T12 to L3, its upper pole nearer the midline and further back; the right one lower."""
    wide, deep, tall = (land.trunk.size * v for v in _KIDNEY)
    centre = land.height("L1", 0.45) - (0.0 if sign > 0 else _RIGHT_LOWER_MM)
    y0 = float(land.body_y(centre)) + 14.0

    def field(at: Coordinates) -> Field:
        x, y, z = at
        w = z - np.float32(centre)
        u = sign * (x - land.middle(z)) - land.trunk.size * _KIDNEY_OUT + _KIDNEY_SLANT * w
        v = y - np.float32(y0) - 0.12 * w
        # The hilum is a hollow on the medial, forward side.
        dent = 7.0 * np.exp(-((w / 16.0) ** 2) - (v / 14.0) ** 2) * np.clip(-u / wide, 0.0, 1.0)
        r = np.sqrt((u / wide) ** 2 + (v / deep) ** 2 + (w / tall) ** 2)
        return single((r - 1.0) * 0.9 * min(wide, deep) + dent)

    return field
