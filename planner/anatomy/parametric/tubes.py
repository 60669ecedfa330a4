"""Tubes along a curve in space: as a field, to be cut out of bone, and as a closed surface of rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.fields import Coordinates, Field, superellipse
from planner.anatomy.parametric.layout import WORLD, Pose, mean_height
from planner.anatomy.parametric.morphometry import Morphometry
from planner.geometry.mesh import Mesh
from planner.geometry.tubes import tube_mesh

Vector = NDArray[np.float64]

CANAL_FRONT_SHARE = 0.4
"""Part of the canal's depth in front of its widest line."""

_PITCH_MM = 0.5
"""Spacing of the table in which a tube's course is looked up."""

_BEYOND_MM = 80.0
"""How far a tube runs on straight beyond its last knots."""

_CAP_MM = 1.0
"""Radius over which the rims of a tube's ends are rounded."""


class Knot(NamedTuple):
    """One place on a tube's course: centre and left-right axis (LPS mm), and the section there.

    `width` is half the width, `front` and `rear` the half depths before and behind the widest line, `power` the
    section's superelliptic power behind it (2 round, less more pointed).
    """

    centre: Vector
    lateral: Vector
    width: float
    front: float
    rear: float
    power: float = 2.0


@dataclass(frozen=True, eq=False)
class Tube:
    """A tube whose egg-shaped section stands at right angles to its course.

    Attributes
    ----------
    knots : along the course, in order (down the column).
    front_power : power of the section in front.
    """

    knots: tuple[Knot, ...]
    front_power: float = 2.0

    @cached_property
    def places_mm(self) -> Vector:
        """(k,) distance of each knot along the course from the first."""
        centres = np.array([knot.centre for knot in self.knots])
        return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(centres, axis=0), axis=1))])

    @property
    def length_mm(self) -> float:
        """Length of the course between its outermost knots."""
        return float(self.places_mm[-1])

    @cached_property
    def planar(self) -> bool:
        """Whether the course stays in x = 0."""
        return all(knot.centre[0] == 0.0 and abs(knot.lateral[0]) == 1.0 for knot in self.knots)

    @cached_property
    def _table(self) -> Vector:
        """(n, 16) centre, lateral, backward, tangent, then the section's four values, from -_BEYOND_MM on."""
        from scipy.interpolate import PchipInterpolator  # noqa: PLC0415

        s = np.arange(-_BEYOND_MM, self.length_mm + _BEYOND_MM, _PITCH_MM)
        inside = np.clip(s, 0.0, self.length_mm)
        values = np.array([[*k.centre, *k.lateral, k.width, k.front, k.rear, k.power] for k in self.knots])
        fit = PchipInterpolator(self.places_mm, values)
        found, slope = fit(inside), fit.derivative()(inside)
        tangent = slope[:, :3] / np.linalg.norm(slope[:, :3], axis=1)[:, None]
        found[:, :3] += (s - inside)[:, None] * tangent
        lateral = found[:, 3:6] - (found[:, 3:6] * tangent).sum(axis=1)[:, None] * tangent
        lateral /= np.linalg.norm(lateral, axis=1)[:, None]
        # Down the column: tangent × lateral looks forward, so backward is the other way round.
        back = np.cross(lateral, tangent)
        return np.hstack([found[:, :3], lateral, back, tangent, found[:, 6:]])

    def at(self, s_mm: Vector | Field | float) -> Vector:
        """Return (…, 16) rows of the course: centre, lateral, backward, tangent, width, front, rear, power."""
        table = self._table
        where = np.clip((np.asarray(s_mm) + _BEYOND_MM) / _PITCH_MM, 0.0, len(table) - 1.001)
        low = where.astype(np.int64)
        part = (where - low)[..., None]
        return np.asarray(table[low] * (1.0 - part) + table[low + 1] * part)

    def place_of(self, point: Vector) -> float:
        """Return how far along the course the nearest centre to a (3,) point lies, mm."""
        nearest = int(np.argmin(np.linalg.norm(self._table[:, :3] - point, axis=1)))
        return float(nearest * _PITCH_MM - _BEYOND_MM)

    def crossing(self, pose: Pose, z_mm: float = 0.0) -> float:
        """Return where the course passes a height in a vertebra's frame, mm along it."""
        local = pose.to_local(self._table[:, :3])
        return float(np.argmin(np.abs(local[:, 2] - z_mm)) * _PITCH_MM - _BEYOND_MM)

    def field(
        self, at: Coordinates, pose: Pose = WORLD, *, first_mm: float | None = None, last_mm: float | None = None
    ) -> Field:
        """Return the field, mm, at open-grid coordinates of a vertebra's (or the world's) frame.

        Parameters
        ----------
        first_mm, last_mm : places of the course where the tube ends; None lets it run on.
        """
        x, y, z = pose.grid_to(WORLD, at)
        flat = self.planar and pose.planar
        s = np.float32(self.place_of(pose.origin)) - at[2] if pose != WORLD else self._by_height(z)
        for _ in range(3):
            course = self.at(s).astype(np.float32)
            along = (y - course[..., 1]) * course[..., 10] + (z - course[..., 2]) * course[..., 11]
            if not flat:
                along = along + (x - course[..., 0]) * course[..., 9]
            s = s + along
        course = self.at(s).astype(np.float32)
        dy, dz = y - course[..., 1], z - course[..., 2]
        if flat:
            u, v = x, dy * course[..., 7] + dz * course[..., 8]
        else:
            dx = x - course[..., 0]
            u = dx * course[..., 3] + dy * course[..., 4] + dz * course[..., 5]
            v = dx * course[..., 6] + dy * course[..., 7] + dz * course[..., 8]
        behind = v > 0
        half = np.where(behind, course[..., 14], course[..., 13])
        found = superellipse(
            u, v, (course[..., 12], half), np.where(behind, course[..., 15], np.float32(self.front_power))
        )
        if first_mm is not None:
            found = np.maximum(found, np.float32(first_mm) - s)
        ended = found if last_mm is None else np.maximum(found, s - np.float32(last_mm))
        return np.asarray(ended, dtype=np.float32)

    def _by_height(self, z: Field) -> Field:
        heights = self._table[:, 2]
        order = np.argsort(heights)
        s = np.arange(len(heights)) * _PITCH_MM - _BEYOND_MM
        return np.asarray(np.interp(z, heights[order], s[order]), dtype=np.float32)

    def surface(self, span_mm: tuple[float, float], *, inset_mm: float = 0.0, around: int = 48) -> Mesh:
        """Return the closed surface between two places of the course; parameters as for :meth:`rings`."""
        return tube_mesh(self.rings(span_mm, inset_mm=inset_mm, around=around))

    def rings(
        self, span_mm: tuple[float, float], *, inset_mm: float = 0.0, step_mm: float = 1.5, around: int = 48
    ) -> Vector:
        """Return (k, around, 3) points of the surface between two places of the course, ring by ring, LPS mm.

        Parameters
        ----------
        span_mm : from and to, along the course.
        inset_mm : how far inside the section the surface stays.
        step_mm : spacing of the rings at most.
        around : corners of each ring.
        """
        first, last = span_mm
        rings = max(3, int(np.ceil((last - first) / step_mm)) + 1)
        # Three rings close to each end round its rim.
        lift = _CAP_MM * (1.0 - np.cos(np.radians([0.0, 30.0, 60.0])))
        drop = _CAP_MM * (1.0 - np.sin(np.radians([0.0, 30.0, 60.0])))
        s = np.concatenate([first + lift, np.linspace(first + _CAP_MM, last - _CAP_MM, rings), last - lift[::-1]])
        shrink = np.concatenate([drop, np.zeros(rings), drop[::-1]]) + inset_mm
        course = self.at(s)
        angle = 2.0 * np.pi * (np.arange(around) + 0.5) / around
        cos, sin = np.cos(angle), np.sin(angle)
        behind = sin > 0
        width = np.maximum(course[:, 12] - shrink, 0.2)[:, None]
        depth = np.where(behind, course[:, 14:15], course[:, 13:14]) - shrink[:, None]
        power = np.where(behind, course[:, 15:16], self.front_power)
        # Points of |u/a|^n + |v/b|^n = 1 on each ray.
        radius = (np.abs(cos) ** power + np.abs(sin) ** power) ** (-1.0 / power)
        u, v = width * radius * cos, np.maximum(depth, 0.2) * radius * sin
        return np.asarray(
            course[:, None, 0:3] + u[..., None] * course[:, None, 3:6] + v[..., None] * course[:, None, 6:9]
        )


def knot(pose: Pose, centre: Sequence[float], half: Sequence[float], power: float = 2.0) -> Knot:
    """Return a knot from a centre in a vertebra's frame and half width, half depth before and behind."""
    return Knot(pose.to_world(centre), pose.turn[:, 0], half[0], half[1], half[2], power)


def canal(rows: Mapping[str, Morphometry], poses: Mapping[str, Pose]) -> Tube:
    """Return the canal: flat in front, more pointed behind the further down."""
    knots = []
    for name, m in rows.items():
        front = CANAL_FRONT_SHARE * m.canal_depth
        half = (0.5 * m.canal_width, front, m.canal_depth - front)
        # Two heights a level: the canal keeps its own direction behind each body.
        for z in (0.33 * mean_height(m), -0.33 * mean_height(m)):
            wall = 0.25 * (m.depth_upper + m.depth_lower)
            knots.append(knot(poses[name], [0.0, wall + front, z], half, 2.0 - 0.35 * m.lumbar))
    # Nearly elliptic in front: converging pedicles (L5) leave no room for corners.
    return Tube(tuple(knots), 2.1)
