"""The part of a lesion in bone: an irregular body, cut to the bone it may fill and grown to the size asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.anatomy.parametric.body import depth
from planner.anatomy.parametric.feret import feret_diameter_mm
from planner.anatomy.parametric.fields import Coordinates, Field, horn, intersection, union
from planner.anatomy.parametric.grid import Grid
from planner.anatomy.parametric.host import body_at, bone_at, columns_of, nodes
from planner.anatomy.parametric.lesion_ask import PAST_WAIST_MM, RIND_MM, WALL_LEFT_MM, Ask
from planner.anatomy.parametric.places import pedicle
from planner.core.errors import InputError
from planner.geometry.mesh import Mesh

Vector = NDArray[np.float64]

GROWTH = 1.35
"""Most a lesion may grow where bone leaves it room, to keep the size it loses where bone ends."""
LEAST_HELD = 0.2
"""Least part of a lesion's free volume that bone must hold; less is no lesion of that place."""
TONGUE_BLEND_MM = 2.0
"""Width over which a lesion and its reach into a pedicle flow together."""
STEPS_ACROSS = 30.0
"""Grid steps across a lesion, at least."""
SIZE_TOLERANCE = 0.002
"""Relative tolerance on the asked size."""


class Shape:
    """The part in bone as a function of its mean radius."""

    def __init__(self, ask: Ask, centre: Vector) -> None:
        self.ask, self.centre = ask, centre
        column, level = ask.column, ask.level
        self.body = body_at(column, level)
        tall = ask.star.surface() * ask.radius
        self.half = np.abs(tall).max(axis=0) * GROWTH + 1.0
        self.low, self.high = centre - self.half, centre + self.half
        for side in self.sides:
            ends = self.tongue_ends(side)
            self.low = np.minimum(self.low, ends.min(axis=0) - 12.0)
            self.high = np.maximum(self.high, ends.max(axis=0) + 12.0)
        self.step = min(ask.step_mm, 2.0 * ask.radius / STEPS_ACROSS)
        if ask.in_body:
            # A lesion of the body stays in the body, but for its tongues.
            low, high = np.array([-40.0, -40.0, -40.0]), np.array([40.0, 60.0, 40.0])
            self.low, self.high = np.maximum(self.low, low), np.minimum(self.high, high)
        self.bone = (
            None if ask.in_body and not self.sides else bone_at(column, level, self.low, self.high, max(self.step, 0.5))
        )
        self.radius = ask.radius

    @property
    def sides(self) -> tuple[str, ...]:
        """Pedicles it reaches into."""
        asked = self.ask.lesion.pedicles
        return ("left", "right") if asked == "both" else (asked,) if asked else ()

    def tongue_ends(self, side: str) -> Vector:
        """Return (3, 3) the way of the tongue into a pedicle."""
        m = self.ask.column.rows[self.ask.level]
        waist, axis = pedicle(m, side)
        # Past the narrowest section the lesion lies in the pedicle for everyone to see.
        bend = min(5.0, max(float((self.centre - waist) @ axis), 0.0))
        return np.stack([self.centre, waist + (bend + 0.01) * axis, waist - PAST_WAIST_MM * axis])

    def allowed(self, at: Coordinates) -> Field:
        """Return the field of the room the main part may fill."""
        ask = self.ask
        host = self.body if ask.in_body else self.bone
        assert host is not None  # noqa: S101 - sampled for every lesion outside the body
        return np.asarray(host(at) + self._rind(at), dtype=np.float32)

    def _rind(self, at: Coordinates) -> Field:
        """Return the bone to be left, less at a posterior wall that is thinned or breached."""
        left = WALL_LEFT_MM[self.ask.lesion.wall]
        if left == RIND_MM:
            return np.full(1, RIND_MM, dtype=np.float32)
        m = self.ask.column.rows[self.ask.level]
        wall, half = 0.5 * depth(m), 0.5 * m.canal_width
        rear = np.clip((at[1] - np.float32(wall - 5.0)) / np.float32(3.0), 0.0, 1.0)
        middle = np.clip((np.float32(half) - np.abs(at[0])) / np.float32(0.2 * half), 0.0, 1.0)
        high = np.clip((np.float32(0.5 * m.height - 1.0) - np.abs(at[2])) / np.float32(1.5), 0.0, 1.0)
        return np.asarray(np.float32(RIND_MM) - np.float32(RIND_MM - left) * rear * middle * high, dtype=np.float32)

    def mesh(self) -> Mesh:
        """Return the part in bone, of the asked size.

        Raises
        ------
        InputError
            When bone leaves it no room.
        """
        free = self.free()
        if not self.sides and self.outside(free.vertices) <= 0.0:
            return free
        return self.fitted()

    def free(self) -> Mesh:
        """Return the lesion as it would be with room on every side, exactly of the asked size."""
        ask = self.ask
        corner = np.abs(ask.star.surface()).max(axis=0) * ask.radius + 0.5
        grid = Grid.over(-corner, corner, self.step)
        grid.add(lambda c: self._star(c, ask.radius), -corner, corner, 0.01)
        mesh = grid.surface()
        return Mesh.of(mesh.vertices / ask.size(mesh) + self.centre, mesh.faces)

    def _star(self, at: Coordinates, radius: float) -> Field:
        reach, factor = self.ask.star.reach(at)
        return np.asarray(reach - np.float32(radius) * factor, dtype=np.float32)

    def outside(self, points: Vector) -> float:
        """Return how far points stand beyond the room, mm; negative when all lie within."""
        return float(self.allowed(columns_of(points)).max())

    def field(self, at: Coordinates, radius: float) -> Field:
        """Return the field of the part in bone at a mean radius."""
        moved = tuple(c - np.float32(o) for c, o in zip(at, self.centre, strict=True))
        main = intersection(self._star((moved[0], moved[1], moved[2]), radius), self.allowed(at), 0.3)
        for side in self.sides:
            main = union(main, self._tongue(at, side), TONGUE_BLEND_MM)
        return main

    def _tongue(self, at: Coordinates, side: str) -> Field:
        m = self.ask.column.rows[self.ask.level]
        start, bend, end = self.tongue_ends(side)
        wide = max(0.8, 0.36 * m.pedicle_width - 0.5 * RIND_MM)
        tall = max(wide, 0.3 * m.pedicle_height)
        radii = ((tall, wide), (tall, wide))
        second = horn(at, (bend.tolist(), end.tolist()), (0.0, 0.0, 1.0), radii, 2.0)
        first = second
        if np.linalg.norm(bend - start) > 0.5:
            first = horn(at, (start.tolist(), bend.tolist()), (0.0, 0.0, 1.0), radii, 2.0)
        assert self.bone is not None  # noqa: S101 - sampled whenever a pedicle is asked for
        return intersection(np.minimum(first, second), self.bone(at) + np.float32(RIND_MM), 0.3)

    def fitted(self) -> Mesh:
        """Return the part in bone, grown until it has the asked size."""
        from scipy.optimize import brentq  # noqa: PLC0415

        ask = self.ask
        grid = Grid.over(self.low, self.high, self.step)
        at = nodes(grid)
        moved = tuple(c - np.float32(o) for c, o in zip(at, self.centre, strict=True))
        reach, factor = ask.star.reach((moved[0], moved[1], moved[2]))
        room = np.broadcast_to(self.allowed(at), reach.shape)
        tongues = [self._tongue(at, side) for side in self.sides]
        last: list[tuple[float, Mesh]] = []

        def excess(radius: float) -> float:
            values = intersection(np.asarray(reach - np.float32(radius) * factor, dtype=np.float32), room, 0.3)
            for tongue in tongues:
                values = union(values, tongue, TONGUE_BLEND_MM)
            if not (values < 0).any():
                return -1.0
            grid.values[...] = values
            mesh = grid.surface()
            last.append((radius, mesh))
            return ask.size(mesh) - 1.0

        if excess(GROWTH * ask.radius) < 0.0:
            raise self._too_large(last[-1][1])
        low = 0.4 * ask.radius
        if self.sides and excess(low) > 0.0:
            part = feret_diameter_mm(last[-1][1].vertices)
            raise ask.refuse(
                "pedicles",
                f"`pedicles: {ask.lesion.pedicles}`, whose reach alone measures {part:.0f} mm from end to end",
                "a lesion large enough to reach the pedicle",
                "make it larger, move its centre nearer to the pedicle or give the pedicle as its `place`",
            )
        radius = brentq(excess, low, GROWTH * ask.radius, xtol=0.25 * SIZE_TOLERANCE * ask.radius, maxiter=30)
        self.radius = float(radius)
        mesh = min(last, key=lambda pair: abs(ask.size(pair[1]) - 1.0))[1]
        held = mesh.volume_mm3 / (ask.star.volume() * ask.radius**3)
        if held < LEAST_HELD and not self.sides:
            raise self._too_large(mesh, f"bone holds {held * 100:.0f} % of it")
        return mesh

    def _too_large(self, mesh: Mesh, why: str = "") -> InputError:
        ask = self.ask
        room = "the body" if ask.in_body else "bone"
        key = "centre_lps_mm" if ask.lesion.centre_lps_mm is not None else "place"
        where = np.round(ask.column.poses[ask.level].to_world(self.centre), 1).tolist()
        here = ask.lesion.place or f"around {where}"
        part = feret_diameter_mm(mesh.vertices) if ask.said[0] == "diameter" else mesh.volume_mm3 / 1e3
        why = why or f"{room} leaves room for about {part:.2g} {ask.said[1].split()[1]}"
        return ask.refuse(
            key, f"{here} in {ask.level}, where {why}", f"one inside {room}", "make it smaller or move its centre"
        )
