"""Rings on an instrument: by which depth is read, and the two bands between which a balloon lies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.geometry.bodies import Spheroid
from planner.geometry.mesh import Mesh, joined
from planner.geometry.tubes import rings_round, tube_mesh
from planner.plan.case import Instrument
from planner.show.scene import SceneItem

EVERY_MM = 10.0
LONG_MM = 50.0
"""Rings are drawn every 10 mm from the tip, wide ones every 50."""
WIDE, NARROW = 1.6, 0.7
"""Width of the rings, mm."""
PROUD = 1.12
"""Radius of a ring by that of its instrument."""


def depth_marks(tool: Instrument, tag: str, radius_mm: float) -> Iterator[SceneItem]:
    """Return the rings of an instrument that is longer than one of their steps."""
    length = float(np.linalg.norm(tool.tip - tool.entry))
    depths = np.arange(EVERY_MM, length, EVERY_MM)
    if len(depths):
        rings = [_ring(tool, float(d), radius_mm, WIDE if d % LONG_MM == 0 else NARROW) for d in depths]
        yield SceneItem(f"marks_{tag}", f"Marks every 10 mm, step {tag}", "mark", joined(rings))


def balloon_bands(tool: Instrument, tag: str, radius_mm: float, body: Spheroid) -> SceneItem:
    """Return the bands at the two ends of a balloon."""
    middle = float((tool.tip - body.centre) @ tool.direction)
    bands = [_ring(tool, middle + sign * body.long_semi, radius_mm, WIDE) for sign in (-1.0, 1.0)]
    return SceneItem(f"balloon_bands_{tag}", f"Balloon bands, step {tag}", "mark", joined(bands))


def _ring(tool: Instrument, depth_mm: float, radius_mm: float, width_mm: float) -> Mesh:
    at = tool.tip - depth_mm * tool.direction
    half = 0.5 * width_mm * tool.direction
    return tube_mesh(rings_round(np.array([at - half, at, at + half]), PROUD * radius_mm, 24))
