"""What earlier operations left: cement within the body, and pedicle screws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.fields import Field, intersection, union
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.host import body_at, bone_at, columns_of
from planner.anatomy.parametric.irregular import Star
from planner.anatomy.parametric.places import pedicle
from planner.core.errors import InputError, Problem
from planner.geometry.mesh import Mesh

if TYPE_CHECKING:
    from planner.anatomy.parametric.column import Column
    from planner.anatomy.parametric.disease_spec import OldCement, OldScrew

Vector = NDArray[np.float64]

CEMENT_RIND_MM = 1.2
"""Bone left round cement."""
FILL_GROWTH = 1.7
"""Most a pool may grow into the room that is left, to make up for what bone takes from it."""
NECK_MM = 2.5
HEAD_MM = 14.0
HEAD_RADIUS_MM = 6.5
"""Neck and head of a polyaxial screw (assumed; common sizes)."""
AROUND = 48
"""Corners of a screw's section."""


def cement_mesh(cement: OldCement, column: Column, level: str, step_mm: float, path: str = "$.cement") -> Mesh:
    """Return the cement's surface, LPS mm; its volume is as asked.

    Raises
    ------
    InputError
        When the body does not hold as much.
    """
    from scipy.optimize import brentq  # noqa: PLC0415

    m = column.rows[level]
    sides = (1.0, -1.0) if cement.side == "both" else ({"left": 1.0, "right": -1.0, "middle": 0.0}[cement.side],)
    stars = [Star.seeded(2 * cement.seed + n, cement.irregularity) for n in range(len(sides))]
    volume = 1e3 * cement.volume_ml
    radius = float(np.cbrt(volume / sum(star.volume() for star in stars)))
    # Two pools flow together between them.
    apart = min(0.22 * m.width_upper, 0.8 * radius) if cement.side == "both" else 0.2 * m.width_upper
    front = 0.5 * depth(m) - 0.58 * depth(m)
    body = body_at(column, level)
    half_width, half_height = 0.5 * max(m.width_upper, m.width_lower), 0.55 * m.height * max(1.0, m.height_ratio)
    low = np.array([-half_width, -0.6 * depth(m), -half_height])
    grid = Grid.over(low, -low, min(step_mm, radius / 8.0))
    x, y, z = (
        (o + grid.step_mm * np.arange(n)).astype(np.float32)
        for o, n in zip(grid.origin.tolist(), grid.values.shape, strict=True)
    )
    at = x[:, None, None], y[None, :, None], z[None, None, :]
    room = body(at) + np.float32(CEMENT_RIND_MM)
    reaches = [
        star.reach((at[0] - np.float32(side * apart), at[1] - np.float32(front), at[2]))
        for star, side in zip(stars, sides, strict=True)
    ]

    made: list[Mesh] = []

    def excess(size: float) -> float:
        values: Field | None = None
        for reach, factor in reaches:
            pool = np.asarray(reach - np.float32(size) * factor, dtype=np.float32)
            values = pool if values is None else union(values, pool, 2.0)
        assert values is not None  # noqa: S101 - there is a pool at least
        grid.values[...] = intersection(values, room, 0.4)
        made.append(grid.surface() if (grid.values < 0).any() else Mesh.of(np.zeros((3, 3)), [[0, 1, 2]]))
        return float(made[-1].volume_mm3 / volume - 1.0)

    if excess(FILL_GROWTH * radius) < 0.0:
        held = made[-1].volume_mm3 / 1e3
        way_out = "give less cement, or pools on both sides"
        raise InputError(
            [
                Problem(
                    path,
                    f"{cement.volume_ml:g} mL on {cement.side}",
                    f"at most about {held:.1f} mL, which is what {level} holds there",
                    way_out,
                )
            ]
        )
    brentq(excess, 0.3 * radius, FILL_GROWTH * radius, xtol=2e-4 * radius, maxiter=30)
    best = min(made, key=lambda mesh: abs(mesh.volume_mm3 - volume))
    return Mesh.of(column.poses[level].to_world(best.vertices), best.faces)


@dataclass(frozen=True, eq=False)
class Placed:
    """A screw's place in the vertebra's own frame.

    Attributes
    ----------
    entry : (3,) where its axis enters bone behind.
    axis : (3,) unit vector to the front.
    tip : (3,) end of the shaft.
    """

    entry: Vector
    axis: Vector
    tip: Vector


def placed(screw: OldScrew, column: Column, level: str, side: str) -> Placed:
    """Return where a screw lies: along the pedicle's own axis, moved to the middle or to the side as asked."""
    m = column.rows[level]
    waist, axis = pedicle(m, side)
    medial = np.array([-1.0 if side == "left" else 1.0, 0.0, 0.0])
    medial -= (medial @ axis) * axis
    start = waist + screw.medial_mm * medial / np.linalg.norm(medial)
    back = np.arange(0.0, 45.0, 0.25)
    line = start - back[:, None] * axis
    bone = bone_at(column, level, line.min(axis=0) - 3.0, line.max(axis=0) + 3.0, 0.6)
    inside = bone(columns_of(line)) < 0
    # The first place behind the pedicle from which on there is no more bone for the length of a neck.
    run = int(NECK_MM / 0.25)
    free = np.convolve(inside, np.ones(run), mode="full")[run - 1 :][: len(inside)] == 0
    out = int(np.argmax(free)) if free.any() else len(back) - 1
    entry = line[out]
    return Placed(entry, axis, entry + screw.length_mm * axis)


def screw_mesh(screw: OldScrew, column: Column, level: str, side: str) -> Mesh:
    """Return a screw's surface, LPS mm: shaft to the crest of its thread, neck and head outside the bone."""
    at = placed(screw, column, level, side)
    r, length = 0.5 * screw.diameter_mm, screw.length_mm
    taper = min(1.5 * screw.diameter_mm, 0.3 * length)
    neck, head = -NECK_MM, -NECK_MM - HEAD_MM
    profile = [
        (head, 0.0), (head, 0.85 * HEAD_RADIUS_MM), (head + 1.0, HEAD_RADIUS_MM), (neck - 4.0, HEAD_RADIUS_MM),
        (neck - 1.0, 0.75 * HEAD_RADIUS_MM), (neck, 0.9 * r), (0.0, r), (length - taper, r),
        (length - 0.4 * taper, 0.72 * r), (length - 0.1 * taper, 0.35 * r), (length, 0.0),
    ]  # fmt: skip
    mesh = turned(profile)
    helper = np.array([0.0, 0.0, 1.0])
    across = np.cross(helper, at.axis)
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(at.axis, across), at.axis], axis=1)
    own = mesh.vertices @ frame.T + at.entry
    return Mesh.of(column.poses[level].to_world(own), mesh.faces)


def turned(profile: list[tuple[float, float]]) -> Mesh:
    """Return the closed surface that a profile of (height, radius) sweeps about z; it begins and ends on the axis."""
    rings = profile[1:-1]
    angle = 2.0 * np.pi * np.arange(AROUND) / AROUND
    points = [np.stack([r * np.cos(angle), r * np.sin(angle), np.full(AROUND, t)], axis=1) for t, r in rings]
    vertices = np.concatenate([*points, [[0.0, 0.0, profile[0][0]], [0.0, 0.0, profile[-1][0]]]])
    corner = np.arange(len(rings) * AROUND).reshape(len(rings), AROUND)
    a, b = corner[:-1], corner[1:]
    c, d = np.roll(a, -1, axis=1), np.roll(b, -1, axis=1)
    start, end = len(rings) * AROUND, len(rings) * AROUND + 1
    faces = np.concatenate(
        [
            np.stack([a, c, b], axis=-1).reshape(-1, 3),
            np.stack([c, d, b], axis=-1).reshape(-1, 3),
            np.stack([np.full(AROUND, start), np.roll(corner[0], -1), corner[0]], axis=-1),
            np.stack([np.full(AROUND, end), corner[-1], np.roll(corner[-1], -1)], axis=-1),
        ]
    )
    return Mesh.of(vertices, faces)


def screw_truth(screw: OldScrew, column: Column, level: str, side: str) -> dict[str, float]:
    """Return how a screw lies: its axis' angle, what it leaves of the pedicle, where its tip stands."""
    at = placed(screw, column, level, side)
    m = column.rows[level]
    free = 0.5 * (m.pedicle_width - screw.diameter_mm)
    name = f"screw_{level}_{side}"
    return {
        f"{name}_medial_margin_mm": free - screw.medial_mm,
        f"{name}_lateral_margin_mm": free + screw.medial_mm,
        f"{name}_tip_to_bone_surface_mm": -float(body_at(column, level)(columns_of(at.tip[None]))[0]),
    }
