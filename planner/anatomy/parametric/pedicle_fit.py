"""The pedicle to draw so that, melted into body and arch, it measures what the table says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from planner.anatomy.parametric.arch import Landmarks, Part, arch_parts, pedicle_part
from planner.anatomy.parametric.body import body_box, body_field
from planner.anatomy.parametric.fields import Coordinates, Field, intersection, superellipse, union
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.morphometry import LEVELS, Morphometry
from planner.anatomy.parametric.pedicle import isthmus
from planner.anatomy.parametric.processes import superior_parts, transverse_parts
from planner.anatomy.parametric.ribs import JOINT_MM, RIBBED, costal_pads, rib
from planner.anatomy.parametric.tubes import CANAL_FRONT_SHARE

CANAL_BLEND_MM = 0.5
"""Width over which the canal's edge is rounded."""

_STEP_MM = 0.6
_ROUNDS = 5
_CLOSE_MM, _CLOSE_DEG = 0.03, 0.12
_FURTHEST_DEG, _FURTHEST_SHARE, _FURTHEST_MM = 15.0, 0.25, 1.0
"""How far the drawn pedicle may leave the asked one: beyond that the neighbourhood, not the pedicle, is at odds."""


def body_blend_mm(m: Morphometry) -> float:
    """Width over which pedicle and body melt: those that converge more meet the body's flank at a sharper angle."""
    return 2.5 + 0.05 * max(m.pedicle_transverse_deg, 0.0)


def body_part(m: Morphometry) -> Part:
    """Return the body as a part of the vertebra."""
    low, high = body_box(m)
    return Part(lambda c: body_field(m, c), low, high, body_blend_mm(m))


@lru_cache(maxsize=512)
def fitted_pedicle(m: Morphometry) -> Part:
    """Return the left pedicle to draw for a row; deterministic, a few tenths of a second once."""
    at = Landmarks.of(m)
    outer = float(at.pedicle[0]) + m.pedicle_width
    box = _Box(m, at)
    drawn, shift = m, (0.0, 0.0)
    for _ in range(_ROUNDS):
        found = isthmus(box.drawn(pedicle_part(m, drawn, shift)).surface(), at.wall, m.canal_depth, outer)
        if found is None:
            break
        off = at.pedicle + (found.centre[1] - at.pedicle[1]) / at.axis[1] * at.axis - found.centre
        miss = (
            m.pedicle_width - found.width_mm,
            m.pedicle_height - found.height_mm,
            float(off[0]),
            float(off[2]),
            m.pedicle_transverse_deg - found.transverse_deg,
            m.pedicle_sagittal_deg - found.sagittal_deg,
        )
        if max(map(abs, miss[:2])) < _CLOSE_MM and max(map(abs, miss[4:])) < _CLOSE_DEG:
            break
        shift = (_near(shift[0] + miss[2], 0.0, _FURTHEST_MM), _near(shift[1] + miss[3], 0.0, _FURTHEST_MM))
        drawn = replace(
            drawn,
            pedicle_width=_near(drawn.pedicle_width + miss[0], m.pedicle_width, _FURTHEST_SHARE * m.pedicle_width),
            pedicle_height=_near(drawn.pedicle_height + miss[1], m.pedicle_height, _FURTHEST_SHARE * m.pedicle_height),
            pedicle_transverse_deg=_near(
                drawn.pedicle_transverse_deg + miss[4], m.pedicle_transverse_deg, _FURTHEST_DEG
            ),
            pedicle_sagittal_deg=_near(drawn.pedicle_sagittal_deg + miss[5], m.pedicle_sagittal_deg, _FURTHEST_DEG),
        )
    return pedicle_part(m, drawn, shift)


def _near(value: float, asked: float, reach: float) -> float:
    return min(max(value, asked - reach), asked + reach)


class _Box:
    """What surrounds the left pedicle, sampled once; only the pedicle itself is drawn anew."""

    def __init__(self, m: Morphometry, at: Landmarks) -> None:
        half = 0.5 * m.pedicle_height + 5.0
        low = [0.5, at.wall - 5.0, at.pedicle[2] - half]
        high = [at.pedicle[0] + 0.5 * m.pedicle_width + 6.0, at.wall + 0.6 * m.canal_depth + 3.0, at.pedicle[2] + half]
        self._grid = Grid.over(low, high, _STEP_MM)
        x, y, z = (
            (start + _STEP_MM * np.arange(n)).astype(np.float32)
            for start, n in zip(self._grid.origin, self._grid.values.shape, strict=True)
        )
        at_nodes = x[:, None, None], y[None, :, None], z[None, None, :]
        self._at: Coordinates = at_nodes
        self._others = [(part.field(at_nodes), part.blend_mm) for part in _others(m)]
        self._cuts = [(_canal(m, at)(at_nodes), CANAL_BLEND_MM)]
        if m.level in RIBBED:
            self._cuts += [(rib(m).grown(JOINT_MM).field(at_nodes), 0.5)]

    def drawn(self, pedicle: Part) -> Grid:
        """Return the neighbourhood with this pedicle; joined in the order of the whole vertebra."""
        values = pedicle.field(self._at)
        for other, blend in self._others:
            values = union(values, other, blend)
        for cut, blend in self._cuts:
            values = intersection(values, -cut, blend)
        return replace(self._grid, values=values)


def _others(m: Morphometry) -> Iterator[Part]:
    yield from arch_parts(m)
    yield from superior_parts(m)
    yield from transverse_parts(m)
    if m.level in LEVELS[:12]:
        yield from costal_pads(m)
    yield body_part(m)


def _canal(m: Morphometry, at: Landmarks) -> Callable[[Coordinates], Field]:
    front = CANAL_FRONT_SHARE * m.canal_depth

    def field(c: Coordinates) -> Field:
        v = c[1] - np.float32(at.wall + front)
        behind = v > 0
        depth = np.where(behind, np.float32(m.canal_depth - front), np.float32(front))
        power = np.where(behind, np.float32(2.0 - 0.35 * m.lumbar), np.float32(2.1))
        return np.broadcast_to(
            superellipse(c[0], v, (0.5 * m.canal_width, depth), power), np.broadcast_shapes(*(a.shape for a in c))
        )

    return field
