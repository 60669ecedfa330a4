"""Ribs: the stub that articulates with its vertebra, and the facets it leaves there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.arch import Landmarks, Part, horn_part, merged, seen_from
from planner.anatomy.parametric.body import body_half_width, depth
from planner.anatomy.parametric.column import Column
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.spine import Maker, ParametricSpine

RIBBED = LEVELS[:12]

JOINT_MM = 0.9
"""Space of the costal joints: cartilage and capsule. Assumed."""

_SHARED = frozenset(LEVELS[1:9])
"""T2–T9: the head lies against two bodies and the disc between; elsewhere against its own body alone."""

_HEAD_MM = 4.4
"""Half width of the head. Sizes of the ribs are assumed."""


def costal_y(m: Morphometry) -> float:
    """Return how far back the heads lie: beside the body, further forward where the pedicle stands out beyond it."""
    at = Landmarks.of(m)
    rear = at.wall - 0.09 * depth(m) - 0.6
    out = at.pedicle[0] + 0.5 * m.pedicle_width - body_half_width(m, rear)
    return float(rear - (3.6 if m.level == "T1" else 1.6) * min(max(out / 4.0, 0.0), 1.0))


def head_centre(m: Morphometry) -> NDArray[np.float64]:
    """Return the centre of the left rib's head, (3,) mm, own frame."""
    at = Landmarks.of(m)
    y = costal_y(m)
    z = at.top - (1.0 if m.level in _SHARED else 5.5)
    return np.array([body_half_width(m, y) + 0.78 * _HEAD_MM, y, z])


def rib_parts(m: Morphometry) -> Iterator[Part]:
    """Yield head, neck, tubercle and the beginning of the shaft of the left rib, own frame."""
    at = Landmarks.of(m)
    head = head_centre(m)
    size = m.tp_span / 30.0 if m.level in LEVELS[3:8] else 1.0
    outer = at.pedicle[0] + 0.5 * m.pedicle_width
    tubercle = np.array(
        [
            max(m.tp_span - 3.0, outer + 9.0),
            max(at.wall + m.tp_back - (10.5 if m.level in LEVELS[:3] else 12.5), at.wall + 6.0),
            0.5 * (at.pedicle[2] + m.tp_rise + head[2]) - 1.0,
        ]
    )
    reach = np.array([17.0 * size, 7.5, -7.0])
    angle = tubercle + reach
    end = angle + np.array([9.0 * size, -1.0, -6.0])
    up = (0.0, 0.0, 1.0)
    knob = head + 0.18 * (tubercle - head)
    yield horn_part((head, knob), up, ((5.0, _HEAD_MM), (3.9, 3.2)), 2.0)
    yield horn_part((knob, tubercle), up, ((3.9, 3.0), (4.4, 3.4)), 2.0)
    yield horn_part((tubercle, angle), up, ((4.6, 3.4), (5.2, 3.0)), 3.0)
    yield horn_part((angle, end), up, ((5.2, 3.0), (5.0, 2.9)), 3.0)


def rib(m: Morphometry) -> Part:
    """Return the whole left stub as one part, own frame."""
    return merged(rib_parts(m))


def costal_pads(m: Morphometry) -> Iterator[Part]:
    """Yield the swellings of the body's corners that carry the facets."""
    at = Landmarks.of(m)
    y = costal_y(m) - 0.4
    up = (0.0, 0.0, 1.0)
    x = body_half_width(m, y) - 2.2
    z = min(head_centre(m)[2], at.top - 3.2)
    yield horn_part(((x, y, z), (x, y, z - 1.5)), (1.0, 0.0, 0.0), ((3.6, 3.6), (3.0, 3.2)), 3.0)
    if m.level in LEVELS[:9]:
        z = at.bottom + 3.4
        yield horn_part(((x, y, z), (x, y, z + 1.5)), up[::-1], ((3.4, 3.4), (2.8, 3.0)), 3.0)


def costal_cuts(column: Column, level: str) -> Iterator[Part]:
    """Yield what the ribs of this level and the next take out of a vertebra, both sides, in its own frame."""
    index = LEVELS.index(level)
    for name in LEVELS[index : index + 2]:
        if name in RIBBED:
            yield seen_from(rib(column.rows[name]).grown(JOINT_MM), column.poses[name], column.poses[level])


def parts(spine: ParametricSpine) -> dict[str, Maker]:
    """Return the makers of `rib_T5_left` and its like, for every thoracic level that is built."""
    return {
        f"rib_{level}_{side}": partial(rib_mesh, spine.column, level, side, spine.spec.resolution_mm)
        for level in spine.built
        if level in RIBBED
        for side in ("left", "right")
    }


def rib_mesh(column: Column, level: str, side: str, step_mm: float) -> Mesh:
    """Return one rib's stub, LPS mm."""
    whole = rib(column.rows[level])
    grid = Grid.over(whole.low, whole.high, step_mm)
    grid.add(whole.field, whole.low, whole.high, 0.1)
    mesh = grid.surface()
    if side == "right":
        mesh = mesh.transformed(np.diag([-1.0, 1.0, 1.0, 1.0]))
    return Mesh.of(column.poses[level].to_world(mesh.vertices), mesh.faces)
