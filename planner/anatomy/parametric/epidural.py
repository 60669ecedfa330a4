"""What stands in the canal, an epidural mass or a fragment of bone: where it comes in and how it lies there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.fields import Coordinates, Field, intersection
from planner.anatomy.parametric.host import body_at, columns_of

if TYPE_CHECKING:
    from planner.anatomy.parametric.column import Column

Vector = NDArray[np.float64]
FieldOf = Callable[[Coordinates], Field]

DURA_MM = 0.3
"""Between the mass and neural tissue it touches: the dura, of about this thickness (M)."""
GAP_MM = 0.1
"""Kept between surfaces that touch, so that none cut."""
CANAL_GAP_MM = 0.25
"""Kept between a mass and the far wall of the canal."""
BED_MM = 0.4
"""How deep a mass erodes the wall on which it stands, beside the lesion it comes from."""
FREE_SHARE = 0.5
"""Part of the fluid behind the neural tissue that grade 2 leaves."""


@dataclass(frozen=True, eq=False)
class Dural:
    """The sac and the neural tissue in it, as fields in the vertebra's own frame."""

    sac: FieldOf
    neural: FieldOf


@dataclass(frozen=True, eq=False)
class Mass:
    """What stands in the canal, in the vertebra's own frame.

    Attributes
    ----------
    field : negative inside; also behind the wall on which it stands.
    low, high : (3,) box that holds it.
    foot : (3,) where it stands on the canal's wall.
    way : (3,) unit vector from there into the canal, level.
    deep_mm : how far it reaches into the canal.
    fluid : whether cerebrospinal fluid is left at its height.
    rear_free : part of the fluid behind the neural tissue that stays.
    """

    field: FieldOf
    low: Vector
    high: Vector
    foot: Vector
    way: Vector
    deep_mm: float = 0.0
    fluid: bool = True
    rear_free: float = FREE_SHARE

    def cut(self, base: FieldOf) -> FieldOf:
        """Return another structure's field (own frame) with the mass taken out of it."""
        return lambda at: intersection(base(at), np.float32(GAP_MM) - self.field(at), 0.8)


def canal_of(column: Column, level: str) -> FieldOf:
    """Return the bony canal's field in a vertebra's own frame."""
    pose = column.poses[level]
    return lambda at: column.canal.field(at, pose)


def foot_of(column: Column, level: str, centre: Vector, *, body: bool) -> tuple[Vector, Vector]:
    """Return where a lesion around `centre` comes into the canal, and the level direction in which it goes on."""
    m, canal = column.rows[level], canal_of(column, level)
    z = float(np.clip(centre[2], -0.25 * m.height, 0.25 * m.height)) if body else float(centre[2])
    middle = _middle(canal, m.canal_depth, z)
    start = np.array([float(np.clip(centre[0], -0.22 * m.canal_width, 0.22 * m.canal_width)), middle[1], z])
    end = start - [0.0, m.canal_depth, 0.0] if body else np.array([centre[0], centre[1], z])
    start = start if body else middle
    share = np.linspace(0.0, 1.0, 400)[:, None]
    line = start + share * (end - start)
    out = np.flatnonzero(canal(columns_of(line)) > 0)
    foot = line[out[0]] if len(out) else end
    way = start - foot
    return foot, way / np.linalg.norm(way)


def _middle(canal: FieldOf, depth_mm: float, z: float) -> Vector:
    y = np.linspace(-10.0, 60.0, 700)
    inside = y[canal(columns_of(np.stack([0.0 * y, y, 0.0 * y + z], axis=1))) < 0]
    return np.array([0.0, float(inside.mean()) if len(inside) else depth_mm, z])


def dome_mass(
    column: Column, level: str, entry: tuple[Vector, Vector], half: tuple[float, float, float], *, fluid: bool = True
) -> Mass:
    """Return a dome on the canal's wall.

    Parameters
    ----------
    entry : foot on the canal's wall and direction into it, as from `foot_of`.
    half : how far it spreads along the wall, reaches into the canal and spreads upwards, mm.
    """
    canal, body = canal_of(column, level), body_at(column, level)
    (foot, way), (wide, deep, tall) = entry, half

    def field(at: Coordinates) -> Field:
        dome = _dome(at, foot, way, half)
        free, bone = canal(at), body(at)
        # On the near side it erodes the wall it stands on; everywhere else it stays clear of bone.
        bed = np.maximum(np.minimum(free, bone), -bone - np.float32(BED_MM))
        room = np.minimum(free + np.float32(CANAL_GAP_MM), bed)
        return intersection(dome, np.asarray(room, dtype=np.float32), 0.4)

    across = np.abs(np.cross(way, [0.0, 0.0, 1.0]))
    reach = wide * across + deep * np.abs(way) + np.array([0.0, 0.0, tall]) + 1.0
    return Mass(field, foot - reach, foot + reach, foot, way, deep, fluid, FREE_SHARE if fluid else 0.0)


def _dome(at: Coordinates, foot: Vector, way: Vector, half: tuple[float, float, float]) -> Field:
    """Return the field of an ellipsoid on the wall; `half`: along the wall, into the canal, upwards."""
    x, y, z = (c - np.float32(f) for c, f in zip(at, foot, strict=True))
    a, b = float(way[0]), float(way[1])
    s, t = x * np.float32(a) + y * np.float32(b), x * np.float32(-b) + y * np.float32(a)
    u, v, w = t / np.float32(half[0]), s / np.float32(half[1]), z / np.float32(half[2])
    k0 = np.maximum(np.sqrt(u * u + v * v + w * w), np.float32(1e-3))
    k1 = np.sqrt((u / half[0]) ** 2 + (v / half[1]) ** 2 + (w / half[2]) ** 2)
    return np.asarray(k0 * (k0 - 1.0) / np.maximum(k1, 1e-4), dtype=np.float32)
